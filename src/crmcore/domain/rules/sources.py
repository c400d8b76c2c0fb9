"""Source analysis: how many leads each source brought, what became of them, and what they were worth (INTAKE-5)."""

from collections.abc import Mapping
from decimal import Context, Decimal, Inexact

from attrs import frozen

from crmcore.domain.model.ids import SourceCode
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.text import Shown

__all__ = ["SourceLine", "SourceTable"]


#: Sums are never rounded (CONV-8), whatever the host's decimal context says.
_EXACT = Context(prec=200, traps=[Inexact])


@frozen(kw_only=True, repr=False, eq=False)
class SourceLine(Shown):
    """One source: `leads` is the sum of `active`, `converted`, `finished` and `failed`.

    `source` is its code, `None` for leads without one. `finished` leads stand in the success stage without a deal of
    their own (CONV-5). `amounts` and `converted_amounts` are exact sums by currency; leads without an amount add
    nothing.

    >>> from crmcore.testing import ADMIN, TestCrm
    >>> p = TestCrm.classic()
    >>> leads = p.leads(2, source="WEB")
    >>> [(line.source, line.leads, line.amounts["EUR"]) for line in p.crm.sources(ADMIN)]
    [('WEB', 2, Decimal('3'))]
    """

    source: SourceCode | None
    leads: int
    active: int
    converted: int
    finished: int
    failed: int
    amounts: Mapping[str | None, Decimal]
    converted_amounts: Mapping[str | None, Decimal]


class SourceTable:
    """Adds leads up by source, one after the other."""

    def __init__(self) -> None:
        self._counts: dict[SourceCode | None, dict[str, int]] = {}
        self._amounts: dict[SourceCode | None, tuple[dict[str | None, Decimal], dict[str | None, Decimal]]] = {}

    def add(self, lead: Lead) -> None:
        """Count one lead."""
        counts = self._counts.setdefault(lead.source, dict.fromkeys(("active", "converted", "finished", "failed"), 0))
        became = _became(lead)
        counts[became] += 1
        every, converted = self._amounts.setdefault(lead.source, ({}, {}))
        if lead.amount is not None and lead.amount.amount is not None:
            currency, amount = lead.amount.currency, lead.amount.amount
            every[currency] = _EXACT.add(every.get(currency, Decimal(0)), amount)
            if became == "converted":
                converted[currency] = _EXACT.add(converted.get(currency, Decimal(0)), amount)

    def lines(self) -> tuple[SourceLine, ...]:
        """One line for each source, in the order of their codes; leads without a source come first."""
        return tuple(
            SourceLine(
                source=source,
                leads=sum(counts.values()),
                **counts,
                amounts=self._amounts[source][0],
                converted_amounts=self._amounts[source][1],
            )
            for source, counts in sorted(self._counts.items(), key=lambda pair: pair[0] or "")
        )


def _became(lead: Lead) -> str:
    if lead.semantics is StageSemantics.IN_PROCESS:
        return "active"
    if lead.deal_id is not None:
        return "converted"
    return "finished" if lead.semantics is StageSemantics.SUCCESS else "failed"

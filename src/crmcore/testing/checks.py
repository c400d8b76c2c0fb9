"""All laws over a whole CRM, for tests: one error that names every violation, or none.

`Crm.audit` is for products: it requires the right to change settings, and returns the violations as values.
`check` is for tests: it requires no right, and raises.
"""

from typing import TypeVar

from crmcore.application.audit import audit_store
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import ContractBroken
from crmcore.domain.model.ids import Ref
from crmcore.domain.model.outcomes import Refused
from crmcore.ports.store import Store

__all__ = ["accepted", "check"]

T = TypeVar("T")


def check(crm: Crm | Store) -> None:
    """Check all laws on a whole CRM; `crm` is a `Crm` or its store.

    Raises `ContractBroken` with the ids of the broken rules and of the records concerned; no personal data (DATA-2).

    >>> from attrs import evolve
    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> check(p.crm)
    >>> damaged = evolve(p.image(), leads={1: evolve(p.lead(), deal_id=9)})
    >>> check(TestCrm.of(damaged).store)
    Traceback (most recent call last):
    crmcore.domain.model.errors.ContractBroken: SWITCH-1: does not hold: every_active_lead_converts_exactly_once ...
    """
    violations = list(audit_store(crm._store if isinstance(crm, Crm) else crm))
    if not violations:
        return
    rules = dict.fromkeys(found.rule for found in violations)
    laws = dict.fromkeys(found.law for found in violations)
    refs = dict.fromkeys(Ref(found.kind, id) for found in violations for id in found.ids)
    raise ContractBroken(", ".join(rules), f"does not hold: {', '.join(laws)}", tuple(refs))


def accepted(answer: T | Refused) -> T:
    """Return the answer of a command that must not be refused; raises `AssertionError` with the reason of a refusal.

    `answer` is what a method of `Crm` returned. Afterwards a type checker knows that it is not a `Refused`.

    >>> accepted(p.crm.add_deal(p.manager, title="Desks"))
    1
    >>> accepted(p.crm.close_lead(p.manager, 99))
    Traceback (most recent call last):
    AssertionError: refused: Refused(reason=<Reason.UNKNOWN_RECORD: 'unknown_record'>, ...) (PERM-6)
    """
    if isinstance(answer, Refused):
        raise AssertionError(f"refused: {answer!r} ({answer.rule})")
    return answer

"""All laws over a whole CRM, for tests: one error that names everything, or silence.

`Crm.audit` is for products: it wants somebody with the settings right and answers the violations as values.
`check` is for tests: it asks nobody, and raises.
"""

from typing import TypeVar

from crmcore.auditing import audit_store
from crmcore.crm import Crm
from crmcore.domain.errors import ContractBroken
from crmcore.domain.ids import Ref
from crmcore.domain.outcomes import Refused
from crmcore.ports.store import Store

__all__ = ["accepted", "check"]

T = TypeVar("T")


def check(crm: Crm | Store) -> None:
    """Run all laws over what a store holds.

    Raises `ContractBroken` with the ids of the broken rules and of the records concerned; no personal data (DATA-2).
    """
    violations = list(audit_store(crm._store if isinstance(crm, Crm) else crm))
    if not violations:
        return
    rules = dict.fromkeys(found.rule for found in violations)
    laws = dict.fromkeys(found.law for found in violations)
    refs = dict.fromkeys(Ref(found.kind, id) for found in violations for id in found.ids)
    raise ContractBroken(", ".join(rules), f"does not hold: {', '.join(laws)}", tuple(refs))


def accepted(answer: T | Refused) -> T:
    """What a command answered that was not refused; raises `AssertionError` with the reason of a refusal."""
    if isinstance(answer, Refused):
        raise AssertionError(f"refused: {answer!r} ({answer.rule})")
    return answer

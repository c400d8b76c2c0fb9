"""All known-bad stores by name, and the families, whose members are made by the hundred."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from crmcore.testing.contracts import EventContract, PermissionsContract, PlanContract, StoreContract
from crmcore.testing.contracts.base import Contract
from crmcore.testing.faults import (
    activities,
    addresses,
    answers,
    backlogs,
    chunks,
    claims,
    columns,
    comparisons,
    conversions,
    epochs,
    halves,
    listings,
    lists,
    lossy,
    moments,
    outboxes,
    parts,
    permissions,
    plans,
    processes,
    records,
    restarts,
    unread,
    versions,
)
from crmcore.testing.faults import confirmation as confirming
from crmcore.testing.faults.base import BadStore

__all__ = ["FAMILIES", "KNOWN_BAD", "Family", "bad_named"]

_MODULES = (
    activities,
    addresses,
    answers,
    backlogs,
    chunks,
    claims,
    columns,
    comparisons,
    confirming,
    conversions,
    epochs,
    halves,
    listings,
    lists,
    moments,
    parts,
    processes,
    records,
    restarts,
    unread,
    versions,
)

#: Every known-bad store by its name: which rule it breaks and which test says so are attributes of the class.
KNOWN_BAD: Mapping[str, type[BadStore]] = {
    name: getattr(module, name)
    for name, module in sorted(
        ((name, module) for module in _MODULES for name in module.__all__), key=lambda pair: pair[0]
    )
}


@frozen
class Family:
    """Adapters with one kind of fault, made from a list: a member says `rule`, `rejected_by` and `noticed_by`."""

    contract: type[Contract]
    base: type[Any]
    members: Callable[[], Mapping[str, type[Any]]]


#: The families by the name of their base; a member is called by it and by what it breaks.
FAMILIES: Mapping[str, Family] = {
    family.base.__name__: family
    for family in (
        Family(EventContract, outboxes.BadEvents, outboxes.bad_events),
        Family(PlanContract, plans.BadPlan, plans.bad_plans),
        Family(PermissionsContract, permissions.LossyPermissions, permissions.lossy_permissions),
        Family(StoreContract, lossy.LossyStore, lossy.lossy_stores),
    )
}


def bad_named(name: str) -> type[Any]:
    """The known-bad store of this name, or the member of a family."""
    family = FAMILIES.get(name.partition("-")[0])
    return KNOWN_BAD[name] if family is None else family.members()[name]

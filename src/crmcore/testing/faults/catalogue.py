"""All known-bad stores by name, and the families, whose members are made by the hundred."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from attrs import frozen

from crmcore.testing import faults
from crmcore.testing.contracts import EventContract, PermissionsContract, PlanContract, StoreContract
from crmcore.testing.contracts.base import Contract
from crmcore.testing.faults import lossy, outboxes, permissions, plans
from crmcore.testing.faults.base import BadStore

__all__ = ["FAMILIES", "KNOWN_BAD", "Family", "bad_named"]

#: The modules of this folder without known-bad stores of their own: the families, and what all stores share.
_OTHERS = frozenset(
    {"__main__", "base", "catalogue", "rendezvous", "runner"} | {"lossy", "outboxes", "permissions", "plans"}
)


def _stores() -> Iterator[tuple[str, type[BadStore]]]:
    """The stores of all other modules by their names, so that none can be forgotten."""
    for found in iter_modules(faults.__path__):
        if found.name not in _OTHERS:
            module = import_module(f"{faults.__name__}.{found.name}")
            yield from ((name, getattr(module, name)) for name in module.__all__)


#: Every known-bad store by its name: which rule it breaks and which test says so are attributes of the class.
KNOWN_BAD: Mapping[str, type[BadStore]] = dict(sorted(_stores()))


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

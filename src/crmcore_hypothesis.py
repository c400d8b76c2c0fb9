"""What hypothesis loads when it is imported, so that `st.from_type(Lead)` works without an import of the test kit.

Hypothesis may be imported by a program that never touches crmcore, or long before it does. So this module imports
nothing: it registers the strategies when crmcore is there, and otherwise waits for the import of it. The strategies
themselves are loaded when the first of them is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["register", "setup"]

_PACKAGE = "crmcore"

#: The types that have a strategy in `crmcore.testing.strategies.types`, by module.
_TYPES = {
    "domain.activity": ("Activity",),
    "domain.commands": (
        "AddActivity",
        "AddLead",
        "AddRecord",
        "ArchivePipeline",
        "BeginSwitch",
        "CancelSwitch",
        "ChangeSettings",
        "CloseLead",
        "CompleteActivity",
        "ConvertChunk",
        "ConvertLead",
        "CopyLead",
        "DefineLeadStages",
        "DefinePipeline",
        "DeleteActivity",
        "DeleteLead",
        "EditRecord",
        "FinishSwitch",
        "ImportRecords",
        "ReopenLead",
        "ResumeSwitch",
        "RetrySwitch",
        "SwitchToClassic",
        "TakeInquiry",
        "UnbindActivity",
    ),
    "domain.company": ("Company",),
    "domain.contact": ("Contact",),
    "domain.deal": ("Deal",),
    "domain.image": ("CrmImage",),
    "domain.lead": ("Lead",),
    "domain.ledger": ("SwitchToken",),
    "domain.pipeline": ("Pipeline",),
    "domain.policy": ("ModeSwitchPolicy",),
    "domain.stages": ("LeadStages", "Stage"),
    "domain.values": (
        "Address",
        "ContactPoint",
        "ContactPoints",
        "CustomFields",
        "ExternalOrigin",
        "Money",
        "PersonName",
        "Utm",
    ),
}


def setup() -> None:
    """Register the strategies now, or as soon as crmcore is imported."""
    if _PACKAGE in sys.modules:
        register()
    else:
        sys.meta_path.insert(0, _Waiting())


def register() -> None:
    """Tell hypothesis that these types have strategies."""
    from hypothesis import strategies as st

    for module, names in _TYPES.items():
        types = import_module(f"{_PACKAGE}.{module}")
        for name in names:
            st.register_type_strategy(getattr(types, name), _strategy)


def _strategy(wanted: type) -> Any:
    """The strategy of a type, loaded when the first of them is asked for."""
    return import_module(f"{_PACKAGE}.testing.strategies.types").BY_TYPE[wanted]()


class _Waiting:
    """A finder that finds nothing by itself: it lets the others find crmcore, and has it register once loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The specification that the other finders give, with one more step after the module is executed."""
        if name != _PACKAGE:
            return None
        others = (finder.find_spec(name, path, target) for finder in list(sys.meta_path) if finder is not self)
        spec = next((found for found in others if found is not None), None)
        if spec is not None and spec.loader is not None:
            spec.loader = cast("Loader", _Registering(spec.loader, self))
        return spec


class _Registering:
    """Loads crmcore with its own loader, and registers; the loader itself may be shared, so it is left as it is.

    It has no base class: `importlib.abc` takes longer to import than everything else here.
    """

    def __init__(self, loader: Loader, waiting: _Waiting) -> None:
        self._loader = loader
        self._waiting = waiting

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """What the own loader makes."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Step aside, so that the module knows its own loader alone, and register once it is executed."""
        if self._waiting in sys.meta_path:
            sys.meta_path.remove(self._waiting)
        assert module.__spec__ is not None  # it is being loaded from one
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        register()

    def __getattr__(self, name: str) -> Any:
        """For those who look at the package without loading it."""
        return getattr(self._loader, name)

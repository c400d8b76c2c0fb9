"""What hypothesis loads when it is imported, and what `crmcore.testing` calls: the types that `st.from_type` knows.

Hypothesis may be imported by a program that never touches crmcore, so this module imports nothing and `setup` does
nothing there. Where crmcore comes first, `setup` registers the strategies; where hypothesis comes first, the import of
`crmcore.testing` does. The strategies themselves are loaded when the first of them is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

__all__ = ["register", "setup"]

_PACKAGE = "crmcore"

#: The types that have a strategy in `crmcore.testing.strategies.types`, by module; each command has one besides.
_TYPES = {
    "domain.model.activity": ("Activity",),
    "domain.model.company": ("Company",),
    "domain.model.contact": ("Contact",),
    "domain.model.deal": ("Deal",),
    "domain.model.image": ("CrmImage",),
    "domain.model.lead": ("Lead",),
    "domain.model.ledger": ("SwitchToken",),
    "domain.model.pipeline": ("Pipeline",),
    "domain.model.policy": ("ModeSwitchPolicy",),
    "domain.model.stages": ("LeadStages", "Stage"),
    "domain.model.values": (
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
    """Register the strategies if both are there; for hypothesis's entry point, and for `crmcore.testing`."""
    if _PACKAGE in sys.modules and "hypothesis" in sys.modules:
        register()


def register() -> None:
    """Tell hypothesis that these types have strategies; doing it again does no harm."""
    from hypothesis import strategies as st

    for kind in _types():
        st.register_type_strategy(kind, _strategy)


def _types() -> Iterator[type]:
    for module, names in _TYPES.items():
        types = import_module(f"{_PACKAGE}.{module}")
        yield from (getattr(types, name) for name in names)
    # Setting aside is a step that only `Crm` itself takes.
    yield from (kind for kind in import_module(f"{_PACKAGE}.domain.decisions").HANDLERS if kind.__name__ != "SetAside")


def _strategy(wanted: type) -> Any:
    """The strategy of a type, loaded when the first of them is asked for."""
    return import_module(f"{_PACKAGE}.testing.strategies.types").BY_TYPE[wanted]()

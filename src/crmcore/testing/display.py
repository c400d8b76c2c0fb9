"""Records as text with all their data, for people who read a failed test.

The library's own `repr` hides personal data, so that logs stay clean (DATA-2); this is for the data of tests.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum

from attrs import fields

from crmcore.domain.model.text import Discreet

__all__ = ["as_text"]


def as_text(value: object) -> str:
    """A record with a line for each field, blank ones too; anything else on one line."""
    if not isinstance(value, Discreet):
        return _one_line(value)
    return "\n".join([f"{type(value).__name__}(", *(f"    {part}," for part in _parts(value)), ")"])


def _parts(value: Discreet) -> list[str]:
    known = fields(type(value))
    names = [each.name for each in known if not each.inherited] + [each.name for each in known if each.inherited]
    return [f"{name}={_one_line(getattr(value, name))}" for name in names]


def _one_line(value: object) -> str:
    if isinstance(value, Discreet):
        return f"{type(value).__name__}({', '.join(_parts(value))})"
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_one_line(key)}: {_one_line(each)}" for key, each in value.items()) + "}"
    if isinstance(value, tuple):
        names = getattr(type(value), "_fields", None)
        if names is not None:
            parts = (f"{name}={_one_line(each)}" for name, each in zip(names, value, strict=True))
            return f"{type(value).__name__}({', '.join(parts)})"
        return "[" + ", ".join(map(_one_line, value)) + "]"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(_one_line, value))) + "}"
    return repr(value)

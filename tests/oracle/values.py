"""What a caller's fields become when they are stored: blanks absent, instants in UTC (CONV-4, DATA-1)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tests.oracle.refusals import Row
from tests.oracle.world import filled

__all__ = ["equal", "settle"]

_INSTANTS = ("deadline", "created_at", "completed_at")


def settle(fields: Row) -> Row:
    """The fields of a command as they are stored."""
    return {name: _settled(name, value) for name, value in fields.items()}


def _settled(name: str, value: Any) -> Any:
    if name in _INSTANTS and value is not None:
        return instant(value)
    if name == "contact_points":
        return [each for each in value or () if filled(each["value"])]
    if name == "custom":
        return {code: _custom(each) for code, each in (value or {}).items()}
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, dict):
        parts = {part: _settled(part, each) for part, each in value.items()}
        return parts if filled(parts) or name == "name" else None
    return value


def _custom(value: Row) -> Row:
    return {**value, "value": instant(value["value"])} if value["type"] == "instant" else value


def instant(text: str) -> str:
    """An instant in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


def equal(one: Any, other: Any) -> bool:
    """Whether two stored values say the same; amounts are equal as numbers."""
    if isinstance(one, dict) and isinstance(other, dict):
        return all(equal_part(name, one.get(name), other.get(name)) for name in {*one, *other})
    return bool(one == other) or not (filled(one) or filled(other))


def equal_part(name: str, one: Any, other: Any) -> bool:
    if name == "amount" and isinstance(one, str) and isinstance(other, str):
        return Decimal(one) == Decimal(other)
    return equal(one, other)

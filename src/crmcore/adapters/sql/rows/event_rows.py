"""Events as rows: the name of the class, and its fields in their order as a JSON list."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, get_args, get_type_hints

from attrs import fields

from crmcore.adapters.sql.rows.texts import DAMAGE, dump, load
from crmcore.domain.model.errors import StoreCorrupt, raise_alone
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.protocol.events import Event

__all__ = ["event_from", "event_row"]


def _values_of(kind: Any) -> Callable[[Any], Sequence[Any]]:
    names = [each.name for each in fields(kind)]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda event: [getattr(event, name) for name in names]


_CLASSES: dict[str, Any] = {each.__name__: each for each in get_args(Event)}
_GETTERS = {name: _values_of(kind) for name, kind in _CLASSES.items()}
_HINTS = {name: [get_type_hints(kind)[each.name] for each in fields(kind)] for name, kind in _CLASSES.items()}


def event_row(event: Event) -> tuple[str, str]:
    """The name and the values of an event."""
    name = type(event).__name__
    return name, dump(_GETTERS[name](event))


def event_from(name: str, values: str) -> Event:
    """The event again; raises `StoreCorrupt` for a row that is none."""
    try:
        given = load(values)
        # An event that was written before its class had another field at the end has that field's default.
        event: Event = _CLASSES[name](*map(_value, _HINTS[name], given))
    except DAMAGE:
        raise_alone(StoreCorrupt("an event in crm_event cannot be read"))
    return event


def _value(hint: Any, value: Any) -> Any:
    if hint is Ref:
        kind, id = value
        return Ref(Kind(kind), id)
    return tuple(value) if isinstance(value, list) else value

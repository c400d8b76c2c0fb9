"""Every field that can be reached from a class, values inside values included, derived from the annotations.

The contract, its seeds, the lossy stores and the tests of the formats take their fields from here. So a new field of a
record is checked everywhere at once, and no list of fields can fall behind.
"""

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from attrs import NOTHING, Factory, fields, frozen, has

__all__ = [
    "FieldPath",
    "PathStep",
    "changed",
    "differences",
    "differing",
    "field_paths",
    "fields_of",
    "found_at",
    "loss_of",
    "owners_in",
]

#: How many characters of a value are shown.
_SHOWN = 60

#: What a lossy store puts where a field has no default of its own.
_CONSTANTS: Mapping[type, Any] = {bool: False, int: 1, str: "LOST", datetime: datetime(2000, 1, 1, tzinfo=UTC)}


@frozen
class PathStep:
    """One field of one class: of an attrs class or a named tuple, or one type of value of a mapping of values."""

    owner: type
    name: str
    hint: Any

    @property
    def kinds(self) -> frozenset[Any]:
        """The types that a value of this field may have, `None` and the names of ids left out."""
        return frozenset(_kinds(self.hint))

    @property
    def has_default(self) -> bool:
        """Whether a record may be made without it."""
        return self.default is not NOTHING

    @property
    def default(self) -> Any:
        """What a record has that was made without it; attrs' `NOTHING` where none can be."""
        if has(self.owner):
            default = getattr(fields(self.owner), self.name).default
            return default.factory() if isinstance(default, Factory) else default  # type: ignore[arg-type]  # a class for `isinstance`
        return getattr(self.owner, "_field_defaults", {}).get(self.name, NOTHING)


@frozen
class FieldPath:
    """The way from a class to one field: `leads.Lead.amount.Money.currency`."""

    steps: tuple[PathStep, ...]

    @property
    def field(self) -> PathStep:
        """The field at the end of the way."""
        return self.steps[-1]

    @property
    def part(self) -> str:
        """The field of the first class that the way begins with."""
        return self.steps[0].name

    @property
    def below(self) -> "FieldPath":
        """The same way without its first step."""
        return FieldPath(self.steps[1:])

    def __str__(self) -> str:
        first, *rest = self.steps
        return ".".join([first.name, *(f"{each.owner.__name__}.{each.name}" for each in rest)])


def field_paths(root: type) -> tuple[FieldPath, ...]:
    """The way to every field of a class, of what its fields hold, and so on."""
    return tuple(_paths(root, ()))


def _paths(owner: type, before: tuple[PathStep, ...]) -> Iterator[FieldPath]:
    for field in fields_of(owner):
        path = FieldPath((*before, field))
        yield path
        for inner in owners_in(field.hint):
            yield from _paths(inner, path.steps)


@cache
def fields_of(owner: Any) -> tuple[PathStep, ...]:
    """The fields of one class."""
    if _is_mapping(owner):
        ((_, values),) = (get_args(base) for base in _bases(owner))
        return tuple(PathStep(owner, _name(each), each) for each in get_args(values))
    hints = get_type_hints(owner)
    names = [each.name for each in fields(owner)] if has(owner) else owner._fields
    return tuple(PathStep(owner, name, hints[name]) for name in names)


@cache
def _is_record(kind: Any) -> bool:
    return has(kind) or hasattr(kind, "_fields")


def _name(kind: Any) -> str:
    return str(getattr(get_origin(kind) or kind, "__name__", kind))


def _bases(owner: type) -> tuple[Any, ...]:
    """What a class is derived from, with what it holds."""
    return tuple(getattr(owner, "__orig_bases__", owner.__bases__))


@cache
def _is_mapping(owner: Any) -> bool:
    """Whether this is a class that maps codes to values of several types."""
    return isinstance(owner, type) and issubclass(owner, Mapping) and bool(get_args(_bases(owner)[0]))


def _kinds(hint: Any) -> Iterator[Any]:
    hint = getattr(hint, "__supertype__", hint)
    if get_origin(hint) in (Union, UnionType):
        for each in get_args(hint):
            yield from _kinds(each)
    elif hint is not NoneType:
        yield hint


@cache
def owners_in(hint: Any) -> tuple[type, ...]:
    """The classes with fields that stand in a type."""
    return tuple(_owners(hint))


def _owners(hint: Any) -> Iterator[type]:
    for kind in _kinds(hint):
        if get_origin(kind) is Literal:
            continue
        if get_origin(kind) is not None:
            for each in get_args(kind):
                yield from _owners(each)
        elif isinstance(kind, type) and (_is_record(kind) or _is_mapping(kind)):
            yield kind
        elif isinstance(kind, type) and issubclass(kind, tuple):
            for base in _bases(kind):
                yield from _owners(base)


def found_at(path: FieldPath, root: object) -> Iterator[tuple[Any, Any]]:
    """Every place of a field in a value: the record that it stands in, and its value there."""
    first, *rest = path.steps
    for record in _records(root, first.owner):
        for value in _values_of(record, first):
            if rest:
                yield from found_at(FieldPath(tuple(rest)), value)
            else:
                yield record, value


def _values_of(record: Any, field: PathStep) -> Iterator[Any]:
    if _is_mapping(field.owner):
        yield from (value for value in record.values() if type(value).__name__ == field.name)
    else:
        yield getattr(record, field.name)


def _records(value: Any, owner: type) -> Iterator[Any]:
    if type(value) is owner:
        yield value
    elif isinstance(value, Mapping):
        for pair in value.items():
            for each in pair:
                yield from _records(each, owner)
    elif isinstance(value, (tuple, frozenset)):
        for each in value:
            yield from _records(each, owner)


def changed(path: FieldPath, root: Any, change: Callable[[PathStep, Any, Any], Any]) -> Any:
    """The same value with something else in one of its fields: `change` is given field, record and value.

    Nothing is checked, since a store may answer anything.
    """
    owner = path.steps[0].owner
    if type(root) is owner:
        return _changed_record(path, root, change)
    if isinstance(root, Mapping):
        made: dict[Any, Any] = {}
        for key, value in root.items():
            new = changed(path, key, change)
            kept = changed(path, value, change)
            made[new] = made[new] + kept if new in made and isinstance(kept, int) else kept  # equal keys are counted
        same = len(made) == len(root) and all(key in root and root[key] is value for key, value in made.items())
        return root if same else made
    if isinstance(root, tuple):
        items = [changed(path, item, change) for item in root]
        if all(one is other for one, other in zip(items, root, strict=True)):
            return root
        return tuple.__new__(type(root), items)
    if isinstance(root, frozenset):
        return frozenset(changed(path, item, change) for item in root)
    return root


def _changed_record(path: FieldPath, record: Any, change: Callable[[PathStep, Any, Any], Any]) -> Any:
    field = path.steps[0]
    if _is_mapping(field.owner):
        kept = {code: value for code, value in record.items() if type(value).__name__ != field.name}
        return type(record)(kept)
    value = getattr(record, field.name)
    new = changed(path.below, value, change) if path.below.steps else change(field, record, value)
    if new is value:
        return record
    if isinstance(record, tuple):
        return record._replace(**{field.name: new})  # type: ignore[attr-defined]  # a named tuple
    made = copy(record)
    object.__setattr__(made, field.name, new)
    return made


def loss_of(field: PathStep, record: object, value: Any) -> Any:
    """What is there once a store has lost a value: the default, or else the same for every record.

    Of an enum without a default it is the first member that is another one.
    """
    if field.has_default:
        return field.default
    if value is None:
        return None
    if isinstance(value, Enum):
        members: type[Enum] = type(value)
        return next(each for each in members if each is not value)
    for kind, constant in _CONSTANTS.items():
        if isinstance(value, kind):
            return constant
    return type(value)() if isinstance(value, (tuple, frozenset)) else {}


def differing(found: object, expected: object, at: str = "") -> list[str]:
    """The fields in which two values differ, by their names alone, since what stands in them may be personal data."""
    return list(dict.fromkeys(name for name, _, _ in _differing(found, expected, at)))


def differences(found: object, expected: object, at: str = "") -> list[str]:
    """The fields in which two values differ, each once with both: for values that are made up, as those of a suite."""
    first = {name: (one, other) for name, one, other in reversed([*_differing(found, expected, at)])}
    return [f"{name}: {_short(one)} instead of {_short(other)}" for name, (one, other) in reversed(first.items())]


def _short(value: object) -> str:
    """A value as it fits into a line."""
    shown = repr(value)
    return (
        shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN // 2]}…{shown[-_SHOWN // 2 :]} ({len(shown)} characters)"
    )


def _differing(found: Any, expected: Any, at: str) -> Iterator[tuple[str, Any, Any]]:
    if found is expected:
        return
    kind: Any = type(expected)
    if _is_record(kind):
        if type(found) is not type(expected):
            yield at, found, expected
            return
        place = f"{at}.{type(expected).__name__}" if at else ""
        for field in fields_of(kind):
            inner = f"{place}.{field.name}" if place else field.name
            yield from _differing(getattr(found, field.name), getattr(expected, field.name), inner)
    elif isinstance(expected, Mapping) and isinstance(found, Mapping):
        if found.keys() != expected.keys():
            yield at, sorted(map(str, found.keys() - expected.keys())), sorted(map(str, expected.keys() - found.keys()))
        for key in expected.keys() & found.keys():
            yield from _differing(found[key], expected[key], at)
    elif isinstance(expected, tuple) and isinstance(found, tuple) and len(found) == len(expected):
        for one, other in zip(found, expected, strict=True):
            yield from _differing(one, other, at)
    elif not (found == expected and (isinstance(found, type(expected)) or isinstance(expected, (Mapping, frozenset)))):
        yield at, found, expected

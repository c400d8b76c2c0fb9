"""The one converter between the values of the library and JSON: the fields of a class determine its form.

Errors name the place inside the value and what is expected there, never the value (DATA-2).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache, partial
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from attrs import evolve, fields, has

from crmcore.adapters import missing_extra
from crmcore.adapters.document.values import (
    READERS,
    WRITERS,
    Json,
    at,
    bound,
    each_once,
    enum,
    is_literal,
    literal,
    mode,
    pairs,
    placed,
    reads,
    ref_id,
    refusal,
    refused,
    unnamed,
)
from crmcore.domain.laws import Violation
from crmcore.domain.model.errors import InvalidValue, raise_alone
from crmcore.domain.model.fields import ContactFields
from crmcore.domain.model.ids import Ref
from crmcore.domain.model.outcomes import LeadOutcome, Refused
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import ContactPoint, ContactPoints, CustomFields
from crmcore.domain.protocol.results import Versioned

try:
    from cattrs import AttributeValidationNote, BaseValidationError, Converter, IterableValidationNote
    from cattrs.cols import namedtuple_dict_structure_factory, namedtuple_dict_unstructure_factory
    from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn
except ImportError as failed:
    raise missing_extra(failed, "json") from failed

__all__ = ["CUSTOM", "POINTS", "structured", "take", "unstructured", "without_class"]

#: How a caller may give contact points and custom fields of a card: as any sequence, as any mapping.
POINTS = get_type_hints(ContactFields)["contact_points"]
CUSTOM = get_type_hints(ContactFields)["custom"]

#: The tuples with named parts that are written as objects.
_NAMED = (LeadOutcome, Violation)


def unstructured(value: object, given: Any = None) -> Any:
    """A value as JSON; `given` is its type where the value alone does not say it."""
    return _converter().unstructure(value, unstructure_as=given)


def structured(value: object, wanted: Any) -> Any:
    """Turn a JSON value into one of a type; raises `InvalidValue` with the place inside the value."""
    try:
        return _converter().structure(value, wanted)
    except (InvalidValue, BaseValidationError) as error:
        raise_alone(_first_fault(error))


def take(row: Json, key: str) -> Any:
    """Take a key out of an object; raises `InvalidValue` where it is missing."""
    if key not in row:
        raise InvalidValue(key, "a key of this name")
    return row.pop(key)


def without_class(error: InvalidValue) -> InvalidValue:
    """The place of an error inside a record: a check there names the class first and then the field."""
    named = error.field[:1].isupper()
    return InvalidValue(error.field.partition(".")[2], error.expected) if named else error


def _first_fault(error: BaseException) -> InvalidValue:
    """The first leaf of a tree of errors, with the way to it."""
    if isinstance(error, BaseValidationError):
        first = error.exceptions[0]
        fault = _first_fault(first)
        for note in getattr(first, "__notes__", ()):
            if isinstance(note, IterableValidationNote):
                return at(f"[{note.index}]", fault)
            if isinstance(note, AttributeValidationNote):
                return at(note.name, fault)
        return fault
    if isinstance(error, InvalidValue):
        return without_class(error)
    return InvalidValue("", "a value of the type that belongs here")


@cache
def _converter() -> Converter:
    """The converter, made when it is first needed."""
    made = Converter()
    for wanted, read in READERS.items():
        made.register_structure_hook(wanted, partial(reads, read))
    for given, write in WRITERS.items():
        made.register_unstructure_hook(given, write)
    made.register_structure_hook(StrEnum, enum)
    made.register_structure_hook_func(is_literal, literal)
    made.register_structure_hook_factory(partial(_is_of, tuple), partial(_tuple_reader, made))
    made.register_unstructure_hook_factory(partial(_is_of, tuple), partial(_tuple_writer, made))
    made.register_structure_hook_factory(
        partial(_is_of, Sequence), lambda wanted: _tuple_reader(made, _as_tuple(wanted))
    )
    made.register_unstructure_hook_factory(
        partial(_is_of, Sequence), lambda given: _tuple_writer(made, _as_tuple(given))
    )
    made.register_structure_hook_factory(partial(_is_of, frozenset), partial(_set_reader, made))
    made.register_unstructure_hook_func(partial(_is_of, frozenset), sorted)
    made.register_structure_hook_func(lambda wanted: wanted == frozenset[Ref], partial(reads, bound))
    made.register_unstructure_hook_func(lambda given: given == frozenset[Ref], pairs)
    made.register_structure_hook_func(partial(_is_of, Mapping), partial(_mapping, made))
    made.register_structure_hook_func(lambda wanted: wanted == int | str, partial(reads, ref_id))
    made.register_structure_hook_func(lambda wanted: wanted == int | Versioned[Any], partial(reads, READERS[int]))
    _register_fields(made)
    for named in _NAMED:
        read_named = _whole(named._fields, namedtuple_dict_structure_factory(named, made))
        made.register_structure_hook(named, read_named)
        made.register_unstructure_hook(named, namedtuple_dict_unstructure_factory(named, made))
    made.register_structure_hook_factory(has, partial(_record_reader, made))
    made.register_unstructure_hook_factory(has, partial(_record_writer, made))
    made.register_structure_hook(CrmMode, mode)
    made.register_unstructure_hook(CrmMode, lambda mode: mode.name.lower())
    _register_refusals(made)
    return made


def _register_refusals(made: Converter) -> None:
    """A refusal; the policy of the switch that has the key is told where there is one, and is no key elsewhere."""

    def told(value: Any, _: Any) -> Refused:
        if type(value) is not dict or "policy" not in value:
            return refused(value)
        read = refused({key: each for key, each in value.items() if key != "policy"})
        return evolve(read, policy=placed("policy", structured, value["policy"], ModeSwitchPolicy))

    def write(given: Refused) -> Json:
        policy = given.policy
        return refusal(given) if policy is None else {**refusal(given), "policy": made.unstructure(policy)}

    made.register_structure_hook(Refused, told)
    made.register_unstructure_hook(Refused, write)


def _register_fields(made: Converter) -> None:
    """What a caller gives of a record: some of its fields, in the settled form or in a looser one."""

    def points(value: Any, _: Any) -> ContactPoints:
        read: ContactPoints = unnamed(ContactPoints, made.structure(value, tuple[ContactPoint, ...]))
        return read

    def written(points: Iterable[ContactPoint]) -> list[Any]:
        return [made.unstructure(each) for each in points]

    made.register_structure_hook(ContactPoints, points)
    made.register_unstructure_hook(ContactPoints, written)
    made.register_structure_hook_func(lambda wanted: wanted == POINTS, points)
    made.register_structure_hook_func(lambda wanted: wanted == CUSTOM, partial(reads, READERS[CustomFields]))
    made.register_unstructure_hook_func(
        lambda given: given == CUSTOM, lambda custom: WRITERS[CustomFields](CustomFields(custom))
    )
    made.register_structure_hook_factory(is_typeddict, partial(_some_reader, made))


def _record_reader(made: Converter, cls: type) -> Callable[[Any, Any], Any]:
    return _whole([each.name for each in fields(cls)], make_dict_structure_fn(cls, made))


def _whole(names: Iterable[str], read: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A reader of objects that have just these keys."""
    expected = frozenset(names)

    def structure(value: Any, wanted: Any) -> Any:
        if type(value) is not dict:
            raise InvalidValue("", "an object")
        if value.keys() != expected:
            for name in sorted(expected - value.keys()):
                raise InvalidValue(name, "a key of this name")
            raise InvalidValue("", _no_keys_but(expected))
        return read(value, wanted)

    return structure


def _no_keys_but(names: Iterable[str]) -> str:
    expected = sorted(names)
    return f"no keys but {', '.join(expected)}" if expected else "no keys"


def _record_writer(made: Converter, cls: type) -> Callable[[Any], Json]:
    """Writes a record's own fields before the inherited ones, so that its id comes first."""
    write: Callable[[Any], Json] = make_dict_unstructure_fn(cls, made)
    own = [each.name for each in fields(cls) if not each.inherited]
    names = [*own, *(each.name for each in fields(cls) if each.inherited)]

    def unstructure(record: Any) -> Json:
        row = write(record)
        return {name: row[name] for name in names}

    return unstructure if len(own) < len(names) else write


def _some_reader(made: Converter, wanted: Any) -> Callable[[Any, Any], Any]:
    """A reader of objects that have some of these keys, and no others."""
    types = get_type_hints(wanted)

    def structure(value: Any, _: Any) -> Json:
        if type(value) is not dict:
            raise InvalidValue("", "an object")
        if value.keys() - types.keys():
            raise InvalidValue("", _no_keys_but(types))
        return {name: _part(made, name, each, types[name]) for name, each in value.items()}

    return structure


def _is_of(origin: object, wanted: Any) -> bool:
    found: object = get_origin(wanted)
    return found is origin


def _as_tuple(sequence: Any) -> Any:
    """What is kept in a way of its own is written and read as a tuple is."""
    return tuple[get_args(sequence)[0], ...]  # type: ignore[misc]  # a type made as we go


def _tuple_reader(made: Converter, wanted: Any) -> Callable[[Any, Any], Any]:
    """Lists become tuples; a text is no list of letters."""
    types = get_args(wanted)
    if types[-1] is ...:
        each = types[0]

        def structure(value: Any, _: Any) -> Any:
            if type(value) is not list:
                raise InvalidValue("", "a list")
            return tuple(made.structure(value, list[each]))  # type: ignore[valid-type]  # a type made as we go

        return structure

    def parts(value: Any, _: Any) -> Any:
        if type(value) is not list or len(value) != len(types):
            raise InvalidValue("", f"a list of {len(types)}")
        return tuple([_part(made, f"[{index}]", part, types[index]) for index, part in enumerate(value)])

    return parts


def _part(made: Converter, place: str, value: Any, wanted: Any) -> Any:
    """Read a part of a value, whose errors name it."""
    try:
        return made.structure(value, wanted)
    except (InvalidValue, BaseValidationError) as bad:
        raise_alone(at(place, _first_fault(bad)))


def _tuple_writer(made: Converter, given: Any) -> Callable[[Any], list[Any]]:
    types = get_args(given)
    if types[-1] is ...:
        write = made.get_unstructure_hook(types[0])
        return lambda value: [write(each) for each in value]
    writes = [made.get_unstructure_hook(each) for each in types]
    return lambda value: [write(each) for write, each in zip(writes, value, strict=True)]


def _set_reader(made: Converter, wanted: Any) -> Callable[[Any, Any], Any]:
    each = get_args(wanted)[0]
    return lambda value, _: each_once(made.structure(value, tuple[each, ...]))  # type: ignore[valid-type]  # as above


def _mapping(made: Converter, value: Any, wanted: Any) -> Any:
    """An object whose keys are data."""
    if type(value) is not dict:
        raise InvalidValue("", "an object")
    kinds = get_args(wanted)
    if kinds[1] is Any:
        return value
    return {made.structure(key, kinds[0]): made.structure(each, kinds[1]) for key, each in value.items()}

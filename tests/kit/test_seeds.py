"""The contract's seeds fill every field that a store can be given, each with a value of its own."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import pytest

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.domain.model.ids import CARDS, RECORDS, Kind
from crmcore.domain.model.image import CrmImage
from crmcore.domain.rules.authority import Role
from crmcore.testing.contracts.roles import ROLES
from crmcore.testing.contracts.seeds import SEEDS, UNFILLED
from crmcore.testing.field_paths import FieldPath, PathStep, field_paths, found_at

IMAGES = tuple(seed() for seed in SEEDS.values())

#: Every field, with everything in which it may occur.
FIELDS: Mapping[str, tuple[FieldPath, tuple[object, ...]]] = {
    **{str(path): (path, IMAGES) for path in field_paths(CrmImage)},
    **{f"role.{path}": (path, ROLES) for path in field_paths(Role)},
}

#: The values of an enum that a field can have, where these are not all of them.
OFFERED: Mapping[str, frozenset[Any]] = {
    **{f"{RECORDS[kind]}.Tombstone.kind": frozenset({kind}) for kind in (*CARDS, Kind.ACTIVITY)},
    "activities.Activity.unbound.Ref.kind": frozenset({Kind.LEAD}),
    "bindings.Ref.kind": frozenset(CARDS),
    "commands.CommandRecord.made.Ref.kind": frozenset({*CARDS, Kind.ACTIVITY}),
    "role.levels.Grant.kind": frozenset(CARDS),
}


def _members(name: str, field: PathStep) -> frozenset[Any]:
    """The values of a field that has only a few."""
    if name in OFFERED:
        return OFFERED[name]
    found: set[Any] = set()
    for kind in field.kinds:
        if get_origin(kind) is Literal:
            found |= set(get_args(kind))
        elif isinstance(kind, type) and issubclass(kind, Enum):
            found |= set(kind)
        elif kind is bool:
            found |= {True, False}
    return frozenset(found)


def _shown(value: object) -> object:
    """Yes and one are two values."""
    return type(value), value


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("name", FIELDS)
def test_a_field_has_a_value_of_its_own(name: str) -> None:
    """It is filled, is not the default, and no field beside it has the same value, so a loss or a swap is seen."""
    path, images = FIELDS[name]
    found = [pair for image in images for pair in found_at(path, image)]
    if name in UNFILLED:
        assert not any(value is not None for _, value in found), "it is filled: take it off the list"
        return
    field = path.field
    siblings = tuple(
        each.field
        for each, _ in FIELDS.values()
        if each.steps[:-1] == path.steps[:-1]
        and each.field.owner is field.owner
        and not issubclass(field.owner, Mapping)
    )
    filled = [(record, value) for record, value in found if value is not None and value != field.default]
    assert filled, "nothing fills it"
    few = _members(name, field)
    if few:
        assert {value for _, value in found if value is not None} >= few
    others = [other for other in siblings if other.name != field.name and other.kinds & field.kinds]
    if few:  # no more values than fields, so that each pair differs somewhere
        for other in others:
            assert any(_shown(value) != _shown(getattr(record, other.name)) for record, value in filled), other.name
    else:
        own = [
            record
            for record, value in filled
            if all(_shown(value) != _shown(getattr(record, other.name)) for other in others)
        ]
        assert own, "it is never alone with its value: " + ", ".join(other.name for other in others)


def test_no_field_is_excused_that_is_not_there() -> None:
    """A field that went away or was renamed leaves the list of those that nothing can fill."""
    assert UNFILLED.keys() | OFFERED.keys() <= FIELDS.keys()
    assert all(reason for reason in UNFILLED.values())


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("name", SEEDS)
def test_a_seed_is_a_crm_that_keeps_all_laws(name: str) -> None:
    """What the contract asks a store to hold could have come about."""
    assert list(audit_store(InMemoryStore(SEEDS[name]()))) == []

"""The strategies as a host calls them: plural names, options by keyword, valid by construction, small when shrunk."""

import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from attrs import NOTHING, Factory, fields, has
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from crmcore import (
    Activity,
    Address,
    Company,
    Contact,
    Deal,
    Lead,
    Pipeline,
)
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.fields import ENTITIES
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.schema import given_parts
from crmcore.domain.model.settings import CrmMode, Switching
from crmcore.domain.model.values import ContactPoint, CustomFields
from crmcore.domain.protocol.commands import Command
from crmcore.testing import TestCrm, strategies
from crmcore.testing.strategies.pools import LINES
from crmcore.testing.strategies.types import BY_TYPE

FEW = settings(max_examples=50, database=None)
SHRUNK = settings(max_examples=100, database=None)
NAMES = [name for name in strategies.__all__ if name.islower()]


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_given_by_name(name: str) -> None:
    """A call says what it asks for, and options can be added."""
    parameters = inspect.signature(getattr(strategies, name)).parameters.values()
    assert {each.kind for each in parameters} <= {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_is_refused_by_the_name_of_the_strategy(name: str) -> None:
    """The error names the strategy and its options, and says how to ask for anything else."""
    make = getattr(strategies, name)
    options = ", ".join(sorted(inspect.signature(make).parameters)) or "none"
    with pytest.raises(TypeError) as refused:
        make(titel="Desk")
    assert str(refused.value).startswith(f"{name}() has no option 'titel'; its options are: {options}.")
    assert f"{name}().filter(" in str(refused.value)
    with pytest.raises(TypeError, match=rf"^{name}\(\) has options by name only"):
        make("Desk")


@pytest.mark.parametrize("make", [strategies.deals, strategies.contacts, strategies.companies, strategies.activities])
def test_an_id_may_be_wished_for(make: Callable[..., st.SearchStrategy[Any]]) -> None:
    """Then all records have that one."""

    @FEW
    @given(make(id=77))
    def holds(record: Deal | Contact | Company | Activity) -> None:
        assert record.id == 77

    holds()


@FEW
@given(strategies.pipelines(id=4).flatmap(lambda one: st.tuples(st.just(one), strategies.deals(pipeline=one))))
def test_a_deal_stands_in_a_stage_of_the_pipeline_that_is_wished_for(drawn: tuple[Pipeline, Deal]) -> None:
    """With the meaning which that stage has."""
    pipeline, deal = drawn
    stage = pipeline.get(deal.stage)
    assert stage is not None
    assert (deal.pipeline_id, deal.semantics) == (4, stage.semantics)


@FEW
@given(strategies.activities(completed=False), strategies.activities(completed=True))
def test_activities_may_be_all_open_or_all_complete(still_open: Activity, complete: Activity) -> None:
    """An open one says nothing of when it was completed."""
    assert not still_open.completed
    assert still_open.completed_at is None
    assert complete.completed


@FEW
@given(strategies.leads(active=True), strategies.leads(active=False))
def test_leads_may_be_all_active_or_all_closed(active: Lead, closed: Lead) -> None:
    """By the meaning of their stage."""
    assert active.is_active
    assert not closed.is_active


@FEW
@given(strategies.crm_images(mode=CrmMode.CLASSIC, min_active=2, max_leads=3))
def test_a_whole_crm_has_as_many_leads_as_wished_for(image: CrmImage) -> None:
    """And keeps the laws."""
    with TestCrm.of(image) as p:
        assert 2 <= len(list(p.crm.leads(p.administrator, active=True))) <= 3


@pytest.mark.parametrize("kind", [kind for kind in BY_TYPE if kind in HANDLERS])
def test_commands_may_be_all_of_one_kind(kind: type[Command[Any]]) -> None:
    """The same strategy that `st.from_type` gives for it."""

    @FEW
    @given(strategies.commands(kind=kind))
    def holds(command: Command[Any]) -> None:
        assert type(command) is kind

    holds()


def test_records_shrink_to_small_ones() -> None:
    """A failing example has the fields that matter, and none besides."""
    deal = find(strategies.deals(), lambda deal: deal.amount is not None, settings=SHRUNK)
    assert (deal.id, deal.title, deal.comments, dict(deal.custom)) == (1, None, None, {})
    activity = find(strategies.activities(), lambda activity: activity.completed, settings=SHRUNK)
    assert (activity.id, activity.subject, activity.completed_at) == (1, None, None)


def reached(kind: Any, found: dict[type, dict[str, Any]] | None = None) -> dict[type, dict[str, Any]]:
    """The records that a value of this type may hold, with the types of their fields: what the annotations say."""
    found = {} if found is None else found
    if isinstance(kind, type) and kind not in found and (has(kind) or hasattr(kind, "_fields")):
        found[kind] = get_type_hints(kind)
        names = [each.name for each in fields(kind)] if has(kind) else kind._fields
        found[kind] = {name: found[kind][name] for name in names}
        for hint in found[kind].values():
            reached(hint, found)
    for part in (*get_args(kind), *getattr(kind, "__orig_bases__", ())):
        reached(part, found)
    return found


def parts_of(value: Any) -> Iterator[Any]:
    """A value and all that is in it."""
    left = [value]
    while left:
        value = left.pop()
        yield value
        if has(type(value)):
            left += [getattr(value, each.name) for each in fields(type(value))]
        elif isinstance(value, Mapping):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, tuple | frozenset):
            left += value


def choices_of(hint: Any) -> set[Any]:
    """The values that an annotation lists one by one: the members of an enum, or of a literal."""
    if isinstance(hint, type) and issubclass(hint, Enum) and hint is not Kind:  # most kinds are tables, not records
        return set(hint)
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    return {value for part in get_args(hint) for value in choices_of(part)}


def hashable(value: Any) -> Any:
    """The value itself, and of a plain table its keys."""
    return tuple(value) if isinstance(value, Mapping) and not isinstance(value, CustomFields) else value


def default_of(kind: type, name: str) -> set[Any]:
    """The default of a field, if it has one."""
    if not has(kind):
        return {value for each, value in kind._field_defaults.items() if each == name}  # type: ignore[attr-defined]  # a NamedTuple
    default = getattr(fields(kind), name).default
    if default is NOTHING:
        return set()
    return {hashable(default.factory() if isinstance(default, Factory) else default)}  # type: ignore[arg-type]  # a class for mypy alone


@pytest.fixture(scope="module")
def seen() -> dict[tuple[type, str], set[Any]]:
    """All values of each field of each record, in some hundred drawn CRMs."""
    values: dict[tuple[type, str], set[Any]] = defaultdict(set)
    records = reached(CrmImage)

    @settings(max_examples=500, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(strategies.crm_images(match=None, live_switch=None))
    def draws(image: CrmImage) -> None:
        for value in parts_of(image):
            for name in records.get(type(value), ()):
                values[type(value), name].add(hashable(getattr(value, name)))

    draws()
    return values


class TestVariety:
    """What a whole CRM may hold comes up: a field that was added to a record is drawn, or this says so."""

    def test_every_field_of_every_record_is_filled(self, seen: dict[tuple[type, str], set[Any]]) -> None:
        """With a value that is not its default; one that has none with two values at least."""
        records = reached(CrmImage)
        assert {Lead, Deal, Contact, Company, Activity, Pipeline, Address, LeadOutcome, Switching} <= records.keys()
        assert [
            f"{kind.__name__}.{name}"
            for kind, hints in records.items()
            for name in hints
            if not (seen[kind, name] - default_of(kind, name) if default_of(kind, name) else len(seen[kind, name]) > 1)
        ] == []

    def test_every_choice_comes_up(self, seen: dict[tuple[type, str], set[Any]]) -> None:
        """Each member of an enum, in each field that may hold it."""
        assert [
            f"{kind.__name__}.{name}: {value!r}"
            for kind, hints in reached(CrmImage).items()
            for name, hint in hints.items()
            for value in choices_of(hint) - seen[kind, name]
        ] == []

    def test_every_type_of_a_custom_value_and_every_awkward_text_comes_up(
        self, seen: dict[tuple[type, str], set[Any]]
    ) -> None:
        """The pools hold them, and none is out of reach."""
        assert {type(value) for each in seen[Lead, "custom"] for value in each.values()} == {
            str,
            int,
            Decimal,
            bool,
            date,
            datetime,
            tuple,
        }
        filled = {text for text in (*strategies.AWKWARD_LINES, *strategies.AWKWARD_EMAILS) if text.strip()}
        filled |= {text for text in strategies.AWKWARD_PHONES if text.strip()}
        assert filled <= seen[Lead, "title"] | seen[ContactPoint, "value"]
        assert {len(text) for text in seen[Lead, "comments"] if text} >= {255, 65_535}
        # Most values come from pools; these do not.
        assert {text for text in seen[Lead, "title"] if text} - set(LINES)


@pytest.mark.parametrize("kind", ENTITIES)
def test_every_field_that_may_be_given_is_drawn(kind: Kind) -> None:
    """Links, stages and pipelines are chosen by the commands, which know what there is."""
    drawn = strategies.activity_fields() if kind is Kind.ACTIVITY else strategies.card_fields(kind=kind)
    seen: set[str] = set()

    @settings(max_examples=100, database=None, derandomize=True, phases=[Phase.generate])
    @given(drawn)
    def look(given_fields: dict[str, Any]) -> None:
        seen.update(given_fields)

    look()
    assert set(given_parts(ENTITIES[kind])) - seen <= {"stage", "pipeline_id", "contact_id", "company_id"}

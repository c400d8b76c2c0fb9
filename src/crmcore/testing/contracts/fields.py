"""Every field of every record, on every way through a store: loaded, committed, overwritten, paged, read."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

import pytest
from attrs import evolve, fields_dict

from crmcore.application.images import image_of, load_image
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import RECORDS, Kind, LeadId
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.snapshot import NextLeads, Query, Snapshot
from crmcore.ports.store import Store
from crmcore.testing.contracts.base import Stores, StoreTests
from crmcore.testing.contracts.seeds import SEEDS
from crmcore.testing.field_paths import differences

__all__ = ["FieldLaws", "moved_on", "read_all"]

#: Stays with its record when records change places: it says which lead a record was made of, for ever (SWITCH-1).
_OWN = ("id", "lead_id")


class FieldLaws(StoreTests):
    """What is written is what is read, field by field, on every way; a failure shows the fields with both values."""

    @pytest.mark.rule("DATA-1", "IMPORT-1")
    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_store_gives_back_what_it_was_given(self, seed: str, crmcore_stores: Stores) -> None:
        """Every field of every record comes back as it was: decimals, instants, scripts and blanks included."""
        given = SEEDS[seed]()

        assert differences(image_of(crmcore_stores(given)), given) == []

    @pytest.mark.rule("DATA-1")
    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_snapshot_has_every_field(self, seed: str, crmcore_stores: Stores) -> None:
        """Whichever question brings a record, it brings all of it."""
        given = SEEDS[seed]()
        store = crmcore_stores(given)

        assert list(dict.fromkeys(_missing(store, given))) == []

    @pytest.mark.rule("DATA-1", "IMPORT-1")
    @pytest.mark.parametrize("seed", SEEDS)
    def test_a_commit_keeps_every_field(self, seed: str, crmcore_stores: Stores) -> None:
        """Records that come through the port are stored as they are handed over."""
        given = SEEDS[seed]()
        store = crmcore_stores(new_crm())
        load_image(store, given)

        assert differences(image_of(store), given) == []

    @pytest.mark.rule("DATA-1", "EDIT-1")
    @pytest.mark.parametrize("seed", SEEDS)
    def test_an_overwritten_record_keeps_no_field(self, seed: str, crmcore_stores: Stores) -> None:
        """Each record takes over all that the next one of its kind has, fields that are filled and that are not."""
        given = SEEDS[seed]()
        store = crmcore_stores(given)
        expected = moved_on(given)
        parts = {name: getattr(expected, name) for name in RECORDS.values()}
        store.commit(
            Changes(expects=read_all(store, given), settings=expected.settings, stages=expected.stages, **parts)
        )

        assert differences(image_of(store), expected) == []


def _questions(image: CrmImage) -> Iterator[tuple[Query, Callable[[Snapshot], Mapping[str, Any]]]]:
    """What to ask of a store, and the parts of the image that the answer must have then."""
    ids: dict[str, Any] = {name: tuple(getattr(image, name)) for kind, name in RECORDS.items() if kind != Kind.PIPELINE}
    whole = Query(settings=True, stages=True, pipelines=True, results=True, **ids)
    parts = ("settings", "stages", "pipelines", "ledger", *ids)
    yield whole, lambda found: {name: getattr(found, name) for name in parts}
    yield Query(activities=ids["activities"]), lambda found: {"bindings": found.bindings}


def _missing(store: Store, image: CrmImage) -> Iterator[str]:
    """The fields that some snapshot has otherwise than the image."""
    for query, answered in _questions(image):
        for name, part in answered(store.snapshot(query)).items():
            yield from differences(part, getattr(image, name), name)
    yield from _missing_around_leads(store, image)
    clients = Query(contacts=tuple(image.contacts), companies=tuple(image.companies), open_deals=True)
    for deals in store.snapshot(clients).client_deals.values():
        for deal in deals:
            yield from differences(deal, image.deals.get(deal.id), "client_deals")
    for key, switch in image.switches.items():
        found = store.snapshot(Query(switch_key=key, tally=switch.epoch))
        if image.settings.switching is None or switch.ended is None:  # the live one is told whatever the key
            yield from differences(found.switch, switch, "switch")
        told = [outcome for (epoch, _), outcome in image.outcomes.items() if epoch == switch.epoch]
        yield from differences(found.tally, {each: told.count(each) for each in told}, "tally")
    for key, command in image.commands.items():
        yield from differences(store.snapshot(Query(command_key=key)).command, command, "command")


def _missing_around_leads(store: Store, image: CrmImage) -> Iterator[str]:
    found = store.snapshot(Query(leads=tuple(image.leads)))
    work: dict[LeadId, list[Activity]] = {}
    for id, activity in sorted(image.activities.items()):
        for ref in image.bindings[id]:
            if isinstance(activity, Activity) and ref.kind is Kind.LEAD:
                work.setdefault(LeadId(int(ref.id)), []).append(activity)
    expected = {lead_id: tuple(each) for lead_id, each in work.items()}
    yield from differences(
        {id: each for id, each in found.lead_activities.items() if each}, expected, "lead_activities"
    )
    marks = {lead_id: outcome for (epoch, lead_id), outcome in image.outcomes.items() if epoch == image.settings.epoch}
    yield from differences(found.marks, marks, "marks")
    for lead_id, lead in store.snapshot(Query(next_leads=NextLeads(limit=100))).leads.items():
        yield from differences(lead, image.leads[lead_id], "leads")


def read_all(store: Store, image: CrmImage) -> ReadSet:
    """The versions of all that a record has."""
    ids: dict[str, Any] = {name: tuple(getattr(image, name)) for kind, name in RECORDS.items() if kind != Kind.PIPELINE}
    return store.snapshot(Query(settings=True, stages=True, pipelines=True, **ids)).read


def moved_on(image: CrmImage) -> CrmImage:
    """The same CRM after each record has taken over what the next one has."""
    parts = {name: _each_as_the_next(getattr(image, name)) for name in RECORDS.values()}
    first, *rest = image.stages.stages
    settings = evolve(image.settings, last_policy=None, match=_other(image.settings.match))
    settings = evolve(settings, repeat_inquiry=_other(image.settings.repeat_inquiry))
    return evolve(image, settings=settings, stages=evolve(image.stages, stages=(*rest, first)), **parts)


def _each_as_the_next(records: Mapping[Any, Any]) -> dict[Any, Any]:
    living = [record for record in records.values() if not isinstance(record, Tombstone)]
    moved = dict(records)
    for record, after in zip(living, living[1:] + living[:1], strict=True):
        own = {name: getattr(record, name) for name in _OWN if name in fields_dict(type(record))}
        moved[record.id] = evolve(after, **own)
    return moved


def _other(value: Any) -> Any:
    """Another member of the same enum."""
    members: type[Enum] = type(value)
    return next(each for each in members if each is not value)

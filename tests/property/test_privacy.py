"""No personal data in anything that may be logged, whatever is done with it."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.domain.model.errors import Conflict, CrmError, InvalidValue
from crmcore.domain.model.ids import Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.policy import MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.schema import Field, parts_of
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES
from crmcore.domain.model.values import (
    Address,
    ContactPoint,
    ContactPoints,
    CustomFields,
    ExternalOrigin,
    PersonName,
    PointKind,
    Utm,
)
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import AddActivity, AddLead, AddRecord, EditRecord, ImportRecords, TakeInquiry
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.testing import ADMIN, MANAGER, STRANGER, TestCrm
from crmcore.testing.strategies import policies
from crmcore.testing.wrapped import WrappedStore
from tests.property.effort import examples

#: Stands in every personal field; no code, id or name of a field contains it.
MARKER = "zq"


def marked(name: str) -> str:
    return f"{MARKER}-{name}"


def marked_card() -> dict[str, Any]:
    address = Address(full=marked("full"), street=marked("street"), city=marked("city"), country=marked("country"))
    return {
        "address": address,
        "comments": marked("comments"),
        "origin": ExternalOrigin(originator=marked("originator"), id=marked("origin id")),
        "utm": Utm(source=marked("utm"), term=marked("term")),
        "custom": CustomFields({"UF_TEXT": marked("custom"), "UF_LIST": (marked("list"),)}),
    }


def marked_points() -> ContactPoints:
    values = {
        PointKind.PHONE: f"+39 06 {MARKER} 1234567",
        PointKind.EMAIL: f"{MARKER}@example.com",
        PointKind.WEBSITE: marked("website"),
        PointKind.MESSENGER: marked("messenger"),
    }
    return ContactPoints(ContactPoint(kind=kind, value=value) for kind, value in values.items())


def marked_person() -> dict[str, Any]:
    name = PersonName(honorific=marked("dr"), first=marked("first"), middle=marked("middle"), last=marked("last"))
    return {
        **marked_card(),
        "name": name,
        "job_title": marked("job"),
        "contact_points": marked_points(),
        "source_description": marked("source"),
    }


def marked_lead() -> dict[str, Any]:
    return {
        **marked_person(),
        "title": marked("title"),
        "company_title": marked("company"),
        "stage_description": marked("stage"),
    }


@pytest.mark.rule("DATA-2")
def test_every_text_of_a_lead_is_marked() -> None:
    """A text that was added is looked for as well."""
    texts = {part.name for part in parts_of(Lead) if {Field.LINE, Field.TEXT} & set(part.marks)}
    assert texts - marked_lead().keys() == set()


class OverheardStore(WrappedStore):
    """Keeps the text of everything that goes in and out of a store, as a careless log would."""

    def __init__(self, store: InMemoryStore) -> None:
        super().__init__(store)
        self.log: list[str] = []

    def snapshot(self, query: Query) -> Snapshot:
        snapshot = self.store.snapshot(query)
        self.log += [repr(query), repr(snapshot), repr(snapshot.read)]
        return snapshot

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        self.log += [repr(changes), repr(changes.commands), repr(changes.ledger), repr(changes.leads)]
        self.log += [repr(changes.deals), repr(changes.contacts), repr(changes.companies), repr(changes.activities)]
        self.store.commit(changes, confirm)


@pytest.mark.rule("DATA-2")
class TestNoPersonalData:
    """DATA-2. No personal data appears in a `repr`, an error, a log line or an event."""

    @examples(0.1)
    @given(
        policy=policies(),
        match=st.sampled_from(MatchSetting),
        edited=st.sampled_from(sorted(marked_lead())),
        actor=st.sampled_from((ADMIN, MANAGER, STRANGER)),
    )
    def test_nowhere_from_the_first_inquiry_to_the_audit(
        self, policy: ModeSwitchPolicy, match: MatchSetting, edited: str, actor: Any
    ) -> None:
        """Commands, snapshots, changes, answers, events, errors and the whole image of a CRM full of marked texts."""
        store = OverheardStore(InMemoryStore.classic())
        world = TestCrm(store=store)
        log = store.log
        commands: list[Any] = [
            AddLead(fields=marked_lead(), key="k"),
            AddRecord(kind=Kind.COMPANY, fields={**marked_card(), "title": marked("c")}),
            AddRecord(kind=Kind.CONTACT, fields=marked_person()),
            AddRecord(kind=Kind.DEAL, fields={**marked_card(), "title": marked("d")}),
            AddActivity(
                fields={"subject": marked("subject"), "description": marked("text")},
                bound_to=frozenset({Ref(Kind.LEAD, 1)}),
            ),
            TakeInquiry(channel="call", subject=marked("call"), fields=marked_lead()),
            EditRecord(ref=Ref(Kind.LEAD, 1), version=2, fields={edited: marked_lead()[edited]}),
            ImportRecords(leads=(Lead(id=LeadId(40), stage=_NEW.code, semantics=_NEW.semantics, **_imported()),)),
        ]
        world.crm.change_settings(ADMIN, match=match)
        for command in commands:
            log.append(repr(command))
            for asking in (ADMIN, actor):
                log.append(repr(world.crm.run(asking, command)))
        log.append(repr(world.crm.preview_switch(ADMIN, policy)))
        log.append(repr(world.crm.switch_to_simple(ADMIN, key="now", policy=policy)))
        log.append(repr(world.crm.take_inquiry(ADMIN, channel="email", subject=marked("mail"), **marked_lead())))
        log += [repr(world.crm.lead(ADMIN, LeadId(1))), repr(world.crm.audit(ADMIN)), repr(world.crm.sources(ADMIN))]
        log += [repr(event) for event in world.events]
        image = image_of(store)
        log.append(repr(image))
        log += [repr(table) for table in (image.leads, image.deals, image.contacts, image.companies, image.activities)]
        assert [line for line in log if MARKER in line] == []
        assert {LeadId(1), LeadId(40)} <= image.leads.keys()

    @examples(0.1)
    @given(first=st.sampled_from(("add", "inquiry")), match=st.sampled_from(MatchSetting))
    def test_not_in_the_conflict_of_two_who_claim_one_e_mail(self, first: str, match: MatchSetting) -> None:
        """The conflict names the key of the match index without the e-mail in it."""
        world = TestCrm(store=InMemoryStore())
        world.crm.change_settings(ADMIN, match=match)
        command: Any = (
            AddLead(fields=marked_lead())
            if first == "add"
            else TakeInquiry(channel="call", subject="call", fields=marked_lead())
        )
        early, late = world.hold(ADMIN, command), world.hold(ADMIN, command)
        early.commit()
        with pytest.raises(Conflict) as caught:
            late.commit()
        conflict = caught.value
        assert any(ref.kind is Kind.MATCH_KEY for ref in conflict.stale)
        for text in (str(conflict), repr(conflict), *map(str, conflict.stale), *map(repr, conflict.stale)):
            assert MARKER not in text

    @examples(0.3)
    @given(name=st.sampled_from(sorted(marked_lead())), broken=st.sampled_from(("\x00", "\ud800", "x" * 70_000)))
    def test_not_in_the_error_of_a_bad_value(self, name: str, broken: str) -> None:
        """The error names the field and the limit, and never the value (DATA-1)."""
        fields = marked_lead()
        value = fields[name]
        with pytest.raises(CrmError) as caught:
            TestCrm(store=InMemoryStore.classic()).crm.add_lead(ADMIN, **{name: _spoilt(value, broken)})
        assert isinstance(caught.value, InvalidValue)
        assert MARKER not in f"{caught.value} {caught.value!r}"


_NEW = DEFAULT_LEAD_STAGES.entry


def _imported() -> dict[str, Any]:
    return {**marked_lead(), "title": marked("imported"), "responsible": ADMIN}


def _spoilt(value: Any, broken: str) -> Any:
    """The value with a part that DATA-1 forbids; values check themselves, so this may raise already."""
    if isinstance(value, str):
        return value + broken
    if isinstance(value, CustomFields):
        return dict.fromkeys(value, MARKER + broken)
    if isinstance(value, ContactPoints):
        return (ContactPoint(kind=PointKind.EMAIL, value=MARKER + broken),)
    field = next(each.name for each in value.__attrs_attrs__ if getattr(value, each.name))
    return evolve(value, **{field: MARKER + broken})

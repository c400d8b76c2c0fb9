"""Hidden stays hidden: no answer tells of a record that the actor may not read, but for what D-81 names (PERM-6)."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore import (
    Company,
    Contact,
    ContactPoint,
    ConvertedLead,
    CrmMode,
    Deal,
    Grant,
    ImportRecords,
    InquiryHeld,
    Kind,
    Lead,
    Level,
    MatchSetting,
    Operation,
    PointKind,
    Reason,
    Ref,
    Refused,
    RepeatInquiry,
    Role,
    UserId,
    Versioned,
)
from crmcore.domain.model.ids import CARDS, RECORDS
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.rules.authority import Rights
from crmcore.testing import TestCrm
from crmcore.testing.contracts.scene import accepted

pytestmark = pytest.mark.rule("PERM-6", "PERM-7")

ACTOR, OTHER = UserId(70), UserId(71)
#: So many records of each kind; an id that nothing has.
EACH, MISSING = 3, 99
ANN = ContactPoint(kind=PointKind.EMAIL, value="ann@example.com")
BOB = ContactPoint(kind=PointKind.EMAIL, value="bob@example.com")
LINKS = {"contact_id": Kind.CONTACT, "company_id": Kind.COMPANY, "deal_id": Kind.DEAL, "lead_id": Kind.LEAD}

roles = st.fixed_dictionaries(
    {Grant(operation, kind): st.sampled_from(Level) for operation in Operation for kind in CARDS}
).map(lambda levels: Role(name="drawn", levels=levels))


@st.composite
def worlds(draw: st.DrawFn) -> TestCrm:
    """A CRM of a few records, some of them the actor's and some open to all, that know each other now and then."""
    p = TestCrm.classic()
    who = st.sampled_from([ACTOR, OTHER])
    points = st.sampled_from([(), (ANN,), (BOB,)])

    def card() -> dict[str, Any]:
        return {"responsible": draw(who), "opened": draw(st.booleans())}

    for _ in range(EACH):
        company = p.company(contact_points=draw(points), **card())
        contact = p.contact(contact_points=draw(points), company_id=draw(st.sampled_from([None, company.id])), **card())
        client: dict[str, Any] = draw(st.sampled_from([{}, {"contact_id": contact.id}, {"company_id": company.id}]))
        lead = p.lead(contact_points=draw(points), **client, **card())
        deal = p.deal(contact_id=contact.id, **card())
        cards: list[Lead | Deal | Contact | Company] = [lead, deal, contact, company]
        bound = draw(st.lists(st.sampled_from(cards), min_size=1, max_size=4))
        p.activity(*bound)
    p.crm.change_settings(
        p.administrator, match=draw(st.sampled_from(MatchSetting)), repeat_inquiry=draw(st.sampled_from(RepeatInquiry))
    )
    if draw(st.booleans()):
        p.crm.convert_lead(p.administrator, draw(st.integers(1, EACH)))  # type: ignore[arg-type]  # the id of a lead
    if draw(st.booleans()):
        p.crm.switch_to_simple(p.administrator, key="k")
    return p


#: What the actor asks, by the kind of the record that is named; `a` is the id of an activity.
Ask = Callable[[TestCrm, Any, Any], Any]
ASKS: Mapping[Kind, tuple[Ask, ...]] = {
    Kind.LEAD: (
        lambda p, it, a: p.crm.lead(ACTOR, it),
        lambda p, it, a: p.crm.edit_lead(ACTOR, it, 1, title="Desks"),
        lambda p, it, a: p.crm.close_lead(ACTOR, it),
        lambda p, it, a: p.crm.reopen_lead(ACTOR, it),
        lambda p, it, a: p.crm.delete_lead(ACTOR, it),
        lambda p, it, a: p.crm.erasure(ACTOR, Ref(Kind.LEAD, it)),
        lambda p, it, a: p.crm.erase(ACTOR, Ref(Kind.LEAD, it)),
        lambda p, it, a: p.crm.copy_lead(ACTOR, it),
        lambda p, it, a: p.crm.convert_lead(ACTOR, it),
        lambda p, it, a: p.crm.convert_leads(ACTOR, [it])[0],
        lambda p, it, a: tuple(p.crm.deals(ACTOR, lead=it)),
    ),
    Kind.DEAL: (
        lambda p, it, a: p.crm.deal(ACTOR, it),
        lambda p, it, a: p.crm.edit_deal(ACTOR, it, 1, title="Desks"),
        lambda p, it, a: p.crm.delete_deal(ACTOR, it),
    ),
    Kind.CONTACT: (
        lambda p, it, a: p.crm.contact(ACTOR, it),
        lambda p, it, a: p.crm.edit_contact(ACTOR, it, 1, comments="Later"),
        lambda p, it, a: p.crm.delete_contact(ACTOR, it),
        lambda p, it, a: p.crm.add_deal(ACTOR, contact_id=it),
        lambda p, it, a: p.crm.add_lead(ACTOR, contact_id=it),
        lambda p, it, a: p.crm.edit_lead(ACTOR, a, 1, contact_id=it),
    ),
    Kind.COMPANY: (
        lambda p, it, a: p.crm.company(ACTOR, it),
        lambda p, it, a: p.crm.edit_company(ACTOR, it, 1, title="Example Ltd"),
        lambda p, it, a: p.crm.delete_company(ACTOR, it),
        lambda p, it, a: p.crm.add_contact(ACTOR, company_id=it),
        lambda p, it, a: p.crm.edit_deal(ACTOR, a, 1, company_id=it),
    ),
    Kind.ACTIVITY: (
        lambda p, it, a: p.crm.activity(ACTOR, it),
        lambda p, it, a: p.crm.bindings(ACTOR, it),
        lambda p, it, a: p.crm.complete_activity(ACTOR, it),
        lambda p, it, a: p.crm.delete_activity(ACTOR, it),
        lambda p, it, a: p.crm.edit_activity(ACTOR, it, 1, subject="Again"),
        lambda p, it, a: p.crm.reopen_activity(ACTOR, it),
        lambda p, it, a: p.crm.bind_activity(ACTOR, it, Ref(Kind.LEAD, a)),
        lambda p, it, a: p.crm.unbind_activity(ACTOR, it, Ref(Kind.LEAD, a)),
    ),
}
#: What is asked of a card of any kind.
OF_CARDS: tuple[Callable[[TestCrm, Ref, Any], Any], ...] = (
    lambda p, ref, a: p.crm.activities(ACTOR, of=ref),
    lambda p, ref, a: p.crm.add_activity(ACTOR, of=[ref]),
    lambda p, ref, a: p.crm.add_activity(ACTOR, of=[ref, Ref(Kind.LEAD, a)]),
    lambda p, ref, a: p.crm.unbind_activity(ACTOR, a, ref),
)


@st.composite
def asked(draw: st.DrawFn) -> tuple[Kind, Callable[[TestCrm, int], Any], int]:
    """The kind of the record that is named, what is asked of it, and another id that is named."""
    kind = draw(st.sampled_from([*CARDS, Kind.ACTIVITY]))
    other = draw(st.integers(1, EACH))
    own: list[Callable[[TestCrm, int], Any]] = [lambda p, it, ask=ask: ask(p, it, other) for ask in ASKS[kind]]  # type: ignore[misc]  # a default binds the loop
    if kind is not Kind.ACTIVITY:
        own += [lambda p, it, ask=ask: ask(p, Ref(kind, it), other) for ask in OF_CARDS]  # type: ignore[misc]  # as above
    return kind, draw(st.sampled_from(own)), other


@st.composite
def inquiries(draw: st.DrawFn) -> dict[str, Any]:
    """What arrives from outside, now and then by somebody who is known."""
    return {
        "channel": "email",
        "contact_points": [draw(st.sampled_from([ANN, BOB]))],
        "key": draw(st.sampled_from([None, "m"])),
    }


def readable(image: CrmImage, rights: Rights) -> set[Ref]:
    """What the actor may read, said without the code that decides it."""
    found = {
        Ref(kind, id)
        for kind in CARDS
        for id, record in getattr(image, RECORDS[kind]).items()
        if not isinstance(record, Tombstone)
        and (
            (level := rights.level(Operation.READ, kind, getattr(record, "pipeline_id", None))) is Level.ALL
            or (level is not Level.NONE and record.responsible == ACTOR)
            or (level is Level.OPEN and record.opened)
        )
    }
    return found | {Ref(Kind.ACTIVITY, id) for id, bound in image.bindings.items() if bound & found}


def links(image: CrmImage, refs: set[Ref]) -> Iterator[Ref]:
    """What the records that one may read lead to by themselves."""
    for ref in refs:
        if ref.kind is Kind.ACTIVITY:
            yield from image.bindings[ref.id]  # type: ignore[index]  # the id of an activity
        else:
            yield from linked(getattr(image, RECORDS[ref.kind])[ref.id])


def linked(record: Any) -> Iterator[Ref]:
    """The links of one record."""
    for name, kind in LINKS.items():
        if getattr(record, name, None) is not None:
            yield Ref(kind, getattr(record, name))


def named(answer: Any) -> Iterator[Ref]:
    """Every record of which an answer has the id."""
    match answer:
        case Refused(subject=Ref() as subject):
            yield subject
        case InquiryHeld(ref=ref, activity_id=activity):
            yield from (ref, Ref(Kind.ACTIVITY, activity))
        case ConvertedLead(row=row):
            yield Ref(Kind.LEAD, row.lead_id)
            yield from linked(row)
            yield from (Ref(Kind.ACTIVITY, id) for id in row.activity_ids)
        case Versioned(record=record):
            kind = next((kind for kind in (*CARDS, Kind.ACTIVITY) if type(record).__name__.lower() == kind), None)
            assert kind is not None
            yield Ref(kind, record.id)
            yield from linked(record)
        case tuple() | frozenset():
            for each in answer:
                yield from (each,) if isinstance(each, Ref) else named(each)


def everything(image: CrmImage) -> set[Ref]:
    """All records that there are."""
    return {Ref(kind, id) for kind in (*CARDS, Kind.ACTIVITY) for id in getattr(image, RECORDS[kind])}


def check_names(p: TestCrm, role: Role, before: CrmImage, answer: Any, said: set[Ref]) -> None:
    """An answer names what was named, what is new, what the actor may read, and what that leads to."""
    after, rights = p.image(), Rights.of([role])
    seen = readable(before, rights) | readable(after, rights)
    new = everything(after) - everything(before)
    there = {ref for ref in named(answer) if ref in everything(after)}
    told = (
        there
        - said
        - new
        - seen
        - set(links(after, readable(after, rights)))
        - set(links(before, readable(before, rights)))
    )
    assert told == set()


@given(p=worlds(), role=roles, ask=asked(), id=st.integers(1, EACH))
def test_an_answer_names_nothing_that_the_actor_may_not_read(
    p: TestCrm, role: Role, ask: tuple[Kind, Callable[[TestCrm, int], Any], int], id: int
) -> None:
    """Whatever is asked, of whichever record, with whichever rights."""
    kind, call, other = ask
    p.roles.grant(ACTOR, role)
    before = p.image()
    said = {Ref(kind, id), *(Ref(each, other) for each in (*CARDS, Kind.ACTIVITY))}
    check_names(p, role, before, call(p, id), said)


@pytest.mark.rule("INTAKE-3", "EDIT-1")
@given(p=worlds(), role=roles, inquiry=inquiries())
def test_an_inquiry_names_nothing_that_the_actor_may_not_read(p: TestCrm, role: Role, inquiry: dict[str, Any]) -> None:
    """It is attached all the same; asked again with its key it tells no more."""
    p.roles.grant(ACTOR, role)
    before = p.image()
    held = p.crm.take_inquiry(ACTOR, **inquiry)
    check_names(p, role, before, held, set())
    if inquiry["key"] is not None:
        assert p.crm.take_inquiry(ACTOR, **inquiry) == held
    if isinstance(held, InquiryHeld) and held.ref.id == 0:
        assert any(ref.kind is held.ref.kind for ref in p.image().bindings[held.activity_id])


@given(p=worlds(), role=roles, ask=asked(), id=st.integers(1, EACH))
def test_a_hidden_record_is_answered_like_a_missing_one(
    p: TestCrm, role: Role, ask: tuple[Kind, Callable[[TestCrm, int], Any], int], id: int
) -> None:
    """By the same code and rule; which record is the subject is a matter of the order of their ids."""
    kind, call, _ = ask
    image = p.image()
    if Ref(kind, id) in readable(image, Rights.of([role])):
        return
    answers = []
    for each in (id, MISSING):
        world = TestCrm.of(image)
        world.roles.grant(ACTOR, role)
        answer = call(world, each)
        answers.append((answer.reason, answer.rule) if isinstance(answer, Refused) else answer)
    assert answers[0] == answers[1]


@pytest.mark.rule("INTAKE-3", "PERM-6.4", "PERM-6.5")
@pytest.mark.parametrize("mode", CrmMode)
def test_an_inquiry_that_is_attached_to_a_hidden_record_says_so_by_the_id_0(mode: CrmMode) -> None:
    """The touch is bound to the right record; an actor who may read it gets its id."""
    p = TestCrm.classic()
    contact = p.contact(contact_points=[ANN])
    attached = p.ref(p.lead(contact_points=[ANN]) if mode is CrmMode.CLASSIC else p.deal(contact_id=contact.id))
    p.crm.change_settings(p.administrator, repeat_inquiry=RepeatInquiry.ATTACH)
    if mode is CrmMode.SIMPLE:
        p.crm.switch_to_simple(p.administrator, key="k")
    adds = {Grant(Operation.ADD, kind): Level.ALL for kind in CARDS}
    p.roles.grant(ACTOR, Role(name="adds", levels=adds))
    p.roles.grant(OTHER, Role(name="reads", levels={**adds, Grant(Operation.READ, attached.kind): Level.ALL}))
    hidden = p.crm.take_inquiry(ACTOR, channel="email", contact_points=[ANN], key="m")
    shown = p.crm.take_inquiry(OTHER, channel="email", contact_points=[ANN])

    assert isinstance(hidden, InquiryHeld)
    assert isinstance(shown, InquiryHeld)
    assert (hidden.ref, shown.ref) == (Ref(attached.kind, 0), attached)
    assert attached in p.image().bindings[hidden.activity_id]
    assert p.crm.take_inquiry(ACTOR, channel="email", contact_points=[ANN], key="m") == hidden
    p.check()


@pytest.mark.rule("SWITCH-9", "PERM-6")
def test_a_lead_that_cannot_be_read_is_no_fault_to_who_may_not_see_it() -> None:
    """In a list of leads to convert too; and a fault elsewhere is told of the lead alone."""
    p = TestCrm.classic()
    lead = p.lead(responsible=OTHER)
    p.trouble.unreadable.add(lead.id)
    converts = {Grant(operation, kind): Level.ALL for operation in Operation for kind in CARDS}
    p.roles.grant(OTHER, Role(name="all", levels=converts))
    p.roles.grant(ACTOR, Role(name="own", levels=dict.fromkeys(converts, Level.OWN)))

    for actor, reason in ((OTHER, Reason.RECORD_FAULT), (ACTOR, Reason.UNKNOWN_RECORD)):
        assert p.crm.convert_leads(actor, [lead.id]) == (Refused(reason, p.ref(lead)),)


@pytest.mark.rule("CONV-6")
def test_unbinding_a_hidden_record_tells_nothing_of_it() -> None:
    """Bound or not, alone or not, deleted or missing: permission comes before the record (PERM-7)."""
    p = TestCrm.classic()
    mine = p.lead(responsible=ACTOR)
    bound, other, gone = p.lead(responsible=OTHER), p.lead(responsible=OTHER), p.lead(responsible=ACTOR)
    shared, alone = p.activity(mine, bound, gone), p.activity(mine)
    p.crm.delete_lead(p.administrator, gone.id)
    own = {Grant(operation, Kind.LEAD): Level.OWN for operation in Operation}
    p.roles.grant(ACTOR, Role(name="own", levels=own))

    for activity in (shared, alone):
        for id in (bound.id, other.id, gone.id, MISSING):
            ref = Ref(Kind.LEAD, id)
            assert p.crm.unbind_activity(ACTOR, activity.id, ref) == Refused(Reason.UNKNOWN_RECORD, ref)
    assert p.crm.unbind_activity(ACTOR, alone.id, p.ref(mine)) == Refused(Reason.LAST_BINDING, p.ref(mine))


@pytest.mark.rule("IMPORT-1", "CONV-6")
def test_an_import_tells_nothing_of_the_lead_of_a_known_activity() -> None:
    """It says that the activity is there already and differs, and does not name the deal that the lead became."""
    p = TestCrm.classic()
    lead = p.lead(responsible=OTHER)
    call = p.activity(lead)
    accepted(p.crm.convert_lead(p.administrator, lead.id))
    p.roles.grant(ACTOR, Role(name="adds", levels={Grant(Operation.ADD, Kind.LEAD): Level.ALL}))
    again = ImportRecords(leads=(), activities=((call, frozenset({p.ref(lead)})),))

    assert p.crm.import_records(ACTOR, again) == Refused(Reason.RECORD_DIFFERS, Ref(Kind.ACTIVITY, call.id))

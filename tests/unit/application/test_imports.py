"""An import in parts: what is decided when, what is seen meanwhile, and what is left behind (IMPORT-3)."""

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    Activity,
    Conflict,
    Contact,
    Crm,
    CrmMode,
    Epoch,
    Grant,
    Imported,
    ImportRecords,
    InvalidValue,
    Kind,
    Lead,
    Level,
    Operation,
    PersonName,
    Reason,
    Ref,
    Refused,
    Role,
    StageSemantics,
    StoreBusy,
    UserId,
)
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, RoleTable
from crmcore.application.images import image_of
from crmcore.application.imports import HeldParts, StagedImport, import_parts, staged_imports
from crmcore.ports import Changes, Query, ReadSet, RecordsImported, Store, new_crm
from crmcore.testing import accepted
from crmcore.testing.wrapped import WrappedStore
from tests.hostile.values import half_built

BOSS, ADDER = UserId(1), UserId(9)
KEY = "leads of May"
BEGAN = FixedClock().now()
#: Made of plain numbers.
_Contact: Any = Contact
_Activity: Any = Activity
CONTACT = _Contact(id=72, responsible=7, name=PersonName(first="Ann"))
CALL = (_Activity(id=91, kind="call"), frozenset({Ref(Kind.LEAD, 81)}))


def _lead(**fields: Any) -> Lead:
    return Lead(**{"id": 81, "responsible": 7, "stage": "NEW", "semantics": StageSemantics.IN_PROCESS, **fields})


LEAD = _lead(contact_id=72)
PARTS = (
    ImportRecords(contacts=(CONTACT,)),
    ImportRecords(leads=(LEAD,)),
    ImportRecords(activities=(CALL,)),
)


def _crm(store: Store, roles: RoleTable | None = None) -> Crm:
    adder = Role(name="adder", levels={Grant(Operation.ADD, Kind.LEAD): Level.ALL})
    known = RoleTable({BOSS: [ADMINISTRATOR], ADDER: [adder]})
    return Crm(store=store, permissions=roles or known, plan=FixedPlan(), clock=FixedClock())


@pytest.mark.rule("IMPORT-3.2")
@pytest.mark.parametrize("wrap", [lambda store: store, WrappedStore], ids=["staged", "held"])
def test_parts_lead_to_earlier_parts(wrap: Any) -> None:
    """A lead to a contact, an activity to a lead; an equal record is skipped, whoever brought it."""
    store = wrap(InMemoryStore.classic())
    done = _crm(store).import_in_parts(BOSS, KEY, (*PARTS, PARTS[1], PARTS[2]))
    skipped = (Ref(Kind.LEAD, 81), Ref(Kind.ACTIVITY, 91))
    assert done == Imported(leads=1, activities=1, contacts=1, skipped=skipped)
    image = image_of(store)
    assert (dict(image.leads), dict(image.bindings)) == ({81: LEAD}, {91: CALL[1]})


@pytest.mark.rule("IMPORT-3", "IMPORT-1")
def test_a_lead_of_an_earlier_part_may_not_differ() -> None:
    """It is refused as one that is there would be, and nothing of the parts stays."""
    store = InMemoryStore.classic()
    before = image_of(store)
    parts = (*PARTS, ImportRecords(leads=(evolve(LEAD, title="Other"),)))
    assert _crm(store).import_in_parts(BOSS, KEY, parts) == Refused(Reason.RECORD_DIFFERS, Ref(Kind.LEAD, 81))
    assert (image_of(store), store.stagings()) == (before, ())


@pytest.mark.rule("IMPORT-3", "PERM-6")
@pytest.mark.parametrize("stage", ["NEW", "JUNK"])
def test_an_activity_needs_no_right_to_update_a_lead_that_came_before_it(stage: str) -> None:
    """As in one command: whoever may add the lead adds it with its activities, and the lead is written once."""
    store = InMemoryStore.classic()
    meaning = StageSemantics.FAILURE if stage == "JUNK" else StageSemantics.IN_PROCESS
    parts = (ImportRecords(leads=(_lead(stage=stage, semantics=meaning),)), ImportRecords(activities=(CALL,)))
    assert accepted(_crm(store).import_in_parts(ADDER, KEY, parts)).activities == 1
    assert [entry.version for entry in store.page(Kind.LEAD)] == [1]


@pytest.mark.rule("IMPORT-3.1")
def test_nothing_of_a_part_is_there_before_the_last_one() -> None:
    """Each time that a part is asked for, the CRM is as it was."""
    store = InMemoryStore.classic()
    before = image_of(store)

    def parts() -> Iterator[ImportRecords]:
        for part in PARTS:
            yield part
            assert image_of(store) == before

    assert accepted(_crm(store).import_in_parts(BOSS, KEY, parts())).leads == 1
    assert len(image_of(store).leads) == 1


@pytest.mark.rule("IMPORT-3.3")
def test_a_part_that_has_gone_stale_takes_all_with_it() -> None:
    """A contact that a lead was linked to is edited meanwhile: parts that are read once are not written."""
    store = InMemoryStore.classic()
    crm = _crm(store)
    accepted(crm.import_records(BOSS, PARTS[0]))

    def parts() -> Iterator[ImportRecords]:
        yield from PARTS[1:]
        accepted(crm.edit_contact(BOSS, CONTACT.id, 1, comments="moved"))

    with pytest.raises(StoreBusy, match=r"^what the records rest on has changed meanwhile; safe to run again$"):
        crm.import_in_parts(BOSS, KEY, parts())
    assert (dict(image_of(store).leads), store.stagings()) == ({}, ())


class _Moving:
    """Parts that can be read again, of a CRM that changes the first times that they are."""

    def __init__(self, crm: Crm, times: int) -> None:
        self.crm = crm
        self.left = times

    def __iter__(self) -> Iterator[ImportRecords]:
        yield from PARTS[1:]
        if self.left:
            self.left -= 1
            read = accepted(self.crm.contact(BOSS, CONTACT.id))
            accepted(self.crm.edit_contact(BOSS, CONTACT.id, read.version, comments=f"moved {self.left}"))


@pytest.mark.rule("IMPORT-3")
def test_parts_that_can_be_read_again_are_decided_again() -> None:
    """What changed once is read anew; what changes every time is given up."""
    crm = _crm(InMemoryStore.classic())
    accepted(crm.import_records(BOSS, PARTS[0]))
    with pytest.raises(StoreBusy, match=r"^no import went through in 5 attempts; safe to run again$"):
        crm.import_in_parts(BOSS, KEY, _Moving(crm, 99))
    assert accepted(crm.import_in_parts(BOSS, KEY, _Moving(crm, 1))).leads == 1


@pytest.mark.rule("PERM-2")
@pytest.mark.parametrize("wrap", [lambda store: store, WrappedStore], ids=["staged", "held"])
def test_who_loses_the_right_meanwhile_imports_nothing(wrap: Any) -> None:
    """The commit asks for the rights of the beginning; with parts that can be read again the refusal is answered."""
    store, roles = wrap(InMemoryStore.classic()), RoleTable({BOSS: [ADMINISTRATOR]})

    class Revoking:
        def __iter__(self) -> Iterator[ImportRecords]:
            yield PARTS[0]
            roles.revoke(BOSS)

    refusal = Refused(Reason.NOT_PERMITTED, None, "PERM-6")
    assert _crm(store, roles).import_in_parts(BOSS, KEY, Revoking()) == refusal
    assert dict(image_of(store).contacts) == {}


@pytest.mark.rule("IMPORT-3.2")
def test_a_part_leads_to_what_is_there_and_to_earlier_parts_at_once() -> None:
    """What is in neither is unknown."""
    store = InMemoryStore.classic()
    crm = _crm(store)
    accepted(crm.import_records(BOSS, PARTS[0]))
    other = evolve(CONTACT, id=73)
    leads = (LEAD, _lead(id=82, contact_id=73))
    lost = _lead(id=83, contact_id=99)
    parts = (ImportRecords(contacts=(other,)), ImportRecords(leads=(*leads, lost)))
    unknown = Refused(Reason.UNKNOWN_RECORD, Ref(Kind.CONTACT, 99))
    assert crm.import_in_parts(BOSS, KEY, parts) == unknown
    done = crm.import_in_parts(BOSS, KEY, (parts[0], ImportRecords(leads=leads)))
    assert done == Imported(leads=2, activities=0, contacts=1)


@pytest.mark.rule("EVENT-1")
def test_a_store_that_keeps_events_keeps_that_of_an_import() -> None:
    """One for all parts."""
    store = InMemoryStore.classic(events=True)
    accepted(_crm(store).import_in_parts(BOSS, KEY, PARTS))
    assert [each.event for each in store.events().entries] == [RecordsImported(1, 1, 1)]


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("are_new", [False, True])
def test_a_part_is_looked_at_again_unless_it_has_just_been_built(are_new: bool) -> None:
    """What somebody changed behind its back is a bad value."""
    ports = (InMemoryStore.classic(), RoleTable({BOSS: [ADMINISTRATOR]}), FixedPlan(), FixedClock(), BOSS, KEY)
    parts = [ImportRecords(leads=(_lead(),)), half_built(ImportRecords(), "activities", [])]
    if are_new:
        assert import_parts(*ports, parts, are_new=True)[0] == Imported(leads=1, activities=0)
    else:
        with pytest.raises(InvalidValue):
            import_parts(*ports, parts)


def _killed(crm: Crm, key: str, parts: tuple[ImportRecords, ...]) -> None:
    """Begin an import that is killed behind these parts."""

    def killed() -> Iterator[ImportRecords]:
        yield from parts
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crm.import_in_parts(BOSS, key, killed())


@pytest.mark.rule("IMPORT-3")
def test_what_is_staged_is_listed_with_what_it_has_brought() -> None:
    """In the order of the keys; a staging that somebody fills otherwise has a key alone, and one that ended nothing."""

    class Ending(InMemoryStore):
        """A store in which one import ends between the two looks."""

        def stagings(self) -> tuple[str, ...]:
            return ("ended", *super().stagings())

    store = Ending(new_crm(CrmMode.CLASSIC))
    _killed(_crm(store), "one", ())
    _killed(_crm(store), "all", (*PARTS, PARTS[1]))
    for key, notes in (("x-note", ("",)), ("x-text", ("by hand",)), ("x-part", (BEGAN.isoformat(), "1 many"))):
        for note in notes:
            store.staging(key).add(Changes(expects=store.snapshot(Query()).read), note)
    brought = Imported(leads=1, activities=1, contacts=1, skipped=(Ref(Kind.LEAD, 81),))
    assert list(staged_imports(store)) == [
        StagedImport("all", BEGAN, brought),
        StagedImport("one", BEGAN, Imported(leads=0, activities=0)),
        StagedImport("x-note"),
        StagedImport("x-part"),
        StagedImport("x-text"),
    ]
    assert list(staged_imports(WrappedStore(store))) == []


def _read(epoch: int, **versions: int) -> Changes:
    """A part that was decided in an epoch, on these versions of leads and contacts."""
    read = {Kind(kind): {1: 1, 2: version} for kind, version in versions.items()}
    return Changes(expects=ReadSet(epoch=Epoch(epoch), versions=read))


@pytest.mark.rule("IMPORT-3.3")
@pytest.mark.parametrize(
    "parts, stale",
    [
        ([_read(1, lead=1), _read(1, contact=1), _read(1, lead=1)], None),
        ([_read(1), _read(3), _read(2), _read(3)], (Ref(Kind.EPOCH, 1), Ref(Kind.EPOCH, 2))),
        (
            [_read(1, lead=1, contact=1), _read(1, lead=2), _read(1, contact=2)],
            (Ref(Kind.LEAD, 2), Ref(Kind.CONTACT, 2)),
        ),
    ],
)
def test_parts_that_were_decided_on_different_versions_are_a_conflict(
    parts: list[Changes], stale: tuple[Ref, ...] | None
) -> None:
    """It names each epoch but the last, and each record of which two versions were read."""
    held = HeldParts(InMemoryStore(), [(part, "") for part in parts])
    if stale is None:
        assert held.whole().expects.versions == {Kind.LEAD: {1: 1, 2: 1}, Kind.CONTACT: {1: 1, 2: 1}}
    else:
        with pytest.raises(Conflict) as caught:
            held.whole()
        assert caught.value.stale == stale


@pytest.mark.rule("IMPORT-3.4")
def test_an_import_goes_on_behind_the_parts_that_are_there() -> None:
    """The same key and parts again: what is staged is not decided once more, and counts."""
    store = InMemoryStore.classic()
    crm = _crm(store)

    def killed() -> Iterator[ImportRecords]:
        yield from PARTS[:2]
        yield PARTS[1]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crm.import_in_parts(BOSS, KEY, killed())
    assert store.stagings() == (KEY,)
    staged = store.staging(KEY).notes()
    # What stands in place of the parts that are there would bring something else.
    others = (ImportRecords(leads=(_lead(id=900 + number),)) for number in range(3))
    done = crm.import_in_parts(BOSS, KEY, (*others, PARTS[2]))
    assert done == Imported(leads=1, activities=1, contacts=1, skipped=(Ref(Kind.LEAD, 81),))
    assert (len(staged), store.stagings(), len(image_of(store).leads)) == (4, (), 1)


@pytest.mark.rule("IMPORT-3", "PERM-2")
def test_what_somebody_else_left_behind_is_discarded() -> None:
    """Under other rights, by another actor or in another epoch, the parts would have been decided otherwise."""
    store = InMemoryStore.classic()
    crm = _crm(store)

    def killed() -> Iterator[ImportRecords]:
        yield PARTS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crm.import_in_parts(BOSS, KEY, killed())
    assert accepted(crm.import_in_parts(ADDER, KEY, [ImportRecords(leads=(_lead(),))])).leads == 1
    assert dict(image_of(store).contacts) == {}


@pytest.mark.rule("IMPORT-3")
def test_an_import_of_nothing_leaves_nothing_behind() -> None:
    """No parts, or equal ones alone: nothing is committed, and whoever may not import is told so."""
    store = InMemoryStore.classic()
    crm = _crm(store)
    assert crm.import_in_parts(BOSS, KEY, []) == Imported(leads=0, activities=0)
    assert crm.import_in_parts(UserId(5), KEY, []) == Refused(Reason.NOT_PERMITTED, None, "PERM-6")
    assert store.stagings() == ()


@pytest.mark.rule("IMPORT-3.2")
def test_parts_that_are_held_are_those_of_whoever_changed_them_last() -> None:
    """What another one discards or adds under the same key is seen at once."""
    store = InMemoryStore.classic()
    one, other = store.staging(KEY), store.staging(KEY)
    start = store.snapshot(Query()).read
    one.add(Changes(expects=start, leads={LEAD.id: LEAD}), "")
    assert dict(other.records(Kind.LEAD, (81, 82))) == dict(one.records(Kind.LEAD, (81, 82))) == {81: LEAD}
    other.discard()
    assert dict(one.records(Kind.LEAD, (81,))) == {}
    other.add(Changes(expects=start, activities={CALL[0].id: CALL[0]}, bindings={CALL[0].id: CALL[1]}), "")
    assert (dict(one.records(Kind.LEAD, (81,))), dict(one.records(Kind.ACTIVITY, (91,)))) == ({}, {91: CALL})
    other.discard()
    other.add(Changes(expects=start, contacts={CONTACT.id: CONTACT}), "")
    assert (dict(one.records(Kind.CONTACT, (72,))), dict(one.records(Kind.ACTIVITY, (91,)))) == ({72: CONTACT}, {})


def test_an_answer_need_not_name_what_was_skipped() -> None:
    """Then it has the counts alone, and memory does not grow with what is there already."""
    store = InMemoryStore.classic()
    crm = _crm(store)
    accepted(crm.import_in_parts(BOSS, KEY, PARTS))
    done, events = import_parts(
        store, RoleTable({BOSS: [ADMINISTRATOR]}), FixedPlan(), FixedClock(), BOSS, KEY, PARTS, names_skipped=False
    )
    assert (done, events) == (Imported(leads=0, activities=0), ())

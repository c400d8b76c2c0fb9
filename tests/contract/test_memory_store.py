"""The laws of the store port, held by the in-memory store; another store is one subclass with its own `make_store`.

lines: one class with the eight laws of `Store` and what its docstring says besides, each as a plain test.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from attrs import evolve

from crmcore import ActivityId, ContactId, Deal, DealId, Kind, LeadId, ModeSwitchPolicy, Ref, StageCode, UserId
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.changes import Changes, ReadSet
from crmcore.domain.commands import (
    BeginSwitch,
    CloseLead,
    Command,
    ConvertChunk,
    ConvertLead,
    DeleteLead,
    RetrySwitch,
    SetAside,
)
from crmcore.domain.decision import Context
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.errors import Conflict
from crmcore.domain.ids import Epoch
from crmcore.domain.image import CrmImage, new_crm
from crmcore.domain.ledger import CommandRecord, SwitchToken
from crmcore.domain.matching import MatchKey
from crmcore.domain.mode import CrmMode
from crmcore.domain.outcomes import Refused
from crmcore.domain.snapshot import Query
from crmcore.domain.tombstone import Tombstone
from crmcore.domain.values import PointKind
from crmcore.ports.store import Store
from crmcore.testing.failing import FoldInterrupter
from tests.building import ADMIN, NOW, Scene, accepted, email, of

CLOSING = ModeSwitchPolicy(keep_activities=False)


class TestStoreContract:
    """What a store owes its callers (`Store`, points 1 to 8, and the rest of its docstrings)."""

    def make_store(self, image: CrmImage | None = None) -> Store:
        """A store with these records; a Classic CRM without records where none are given."""
        return InMemoryStore(image or new_crm(CrmMode.CLASSIC))

    @pytest.fixture
    def scene(self) -> Scene:
        return Scene(self.make_store())

    @pytest.fixture
    def eager_threads(self) -> Iterator[None]:
        """Threads take turns all the time, so that whatever is not guarded is seen half done."""
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        yield
        sys.setswitchinterval(before)

    # 1. A stale version changes nothing

    @pytest.mark.rule("EDIT-1", "SWITCH-7")
    def test_a_stale_version_of_a_record_that_is_written_changes_nothing(self, scene: Scene) -> None:
        """A record that moved on since it was read is a conflict that names it, and nothing is written."""
        lead_id = scene.add()
        late = decided(scene, CloseLead(lead_id=lead_id))
        scene.edit(lead_id, comments="moved on")

        self.refuses(scene, late, of(Kind.LEAD, lead_id))

    @pytest.mark.rule("SWITCH-7", "CONV-2")
    def test_a_stale_version_of_a_record_that_is_only_read_changes_nothing(self, scene: Scene) -> None:
        """What a decision read and does not write is expected too."""
        contact_id = scene.add_contact()
        lead_id = scene.add()
        expects = scene.store.snapshot(Query(leads=(lead_id,), contacts=(contact_id,))).read
        late = Changes(expects=expects, leads={lead_id: evolve(scene.lead(lead_id), comments="late")})
        accepted(scene.crm.edit_contact(ADMIN, contact_id, 1, comments="moved on"))

        self.refuses(scene, late, of(Kind.CONTACT, contact_id))

    @pytest.mark.rule("EDIT-1")
    def test_a_record_that_was_missing_and_is_there_now_is_stale(self, scene: Scene) -> None:
        """Missing is version 0: who read that there is nothing is told when there is something."""
        lead_id = scene.add()
        expects = scene.store.snapshot(Query(leads=(lead_id,), contacts=(ContactId(1),))).read
        late = Changes(expects=expects, leads={lead_id: evolve(scene.lead(lead_id), comments="late")})
        assert expects.versions[Kind.CONTACT] == {1: 0}
        scene.add_contact()

        self.refuses(scene, late, of(Kind.CONTACT, 1))

    @pytest.mark.rule("EDIT-1")
    def test_every_write_of_a_record_moves_its_version_by_one(self, scene: Scene) -> None:
        """Versions count the writes of a record."""
        lead_id = scene.add()
        versions = [scene.version(lead_id)]
        for comments in ("a", "b"):
            scene.edit(lead_id, comments=comments)
            versions.append(scene.version(lead_id))

        assert versions == [1, 2, 3]

    # 2. The ledger, switch keys and command keys are unique

    @pytest.mark.rule("SWITCH-1")
    @pytest.mark.parametrize("deleted", [False, True])
    def test_a_lead_comes_into_the_ledger_once_whoever_converts(self, scene: Scene, deleted: bool) -> None:
        """A second row for a lead is refused by the store itself, even with no version expected, and for ever."""
        lead_id = scene.add()
        late = decided(scene, ConvertLead(lead_id=lead_id))
        scene.convert(lead_id)
        if deleted:
            accepted(scene.crm.delete_lead(ADMIN, lead_id))

        self.refuses(scene, expecting_nothing(late), of(Kind.LEDGER, lead_id))

    @pytest.mark.rule("SWITCH-10")
    def test_a_switch_key_is_taken_once(self, scene: Scene) -> None:
        """Two begins that both found no switch under a key make one switch."""
        late = decided(scene, BeginSwitch(key="k"))
        accepted(scene.crm.begin_switch(ADMIN, key="k"))
        accepted(scene.crm.cancel_switch(ADMIN))
        current = evolve(late, expects=scene.store.snapshot(Query()).read)

        self.refuses(scene, current, of_key(Kind.SWITCH, "k"))

    @pytest.mark.rule("EDIT-1")
    def test_a_command_key_is_taken_once(self, scene: Scene) -> None:
        """The key of a command that creates belongs to the first that used it."""
        accepted(scene.crm.add_lead(ADMIN, key="once"))
        record = CommandRecord(key="once", fingerprint="other", made=())
        late = Changes(expects=scene.store.snapshot(Query()).read, commands={"once": record})

        self.refuses(scene, late, of_key(Kind.COMMAND, "once"))

    # 3. The epoch

    @pytest.mark.rule("SWITCH-4")
    @pytest.mark.parametrize("moves", ["begin", "cancel", "finish", "back"])
    def test_every_change_of_mode_fences_what_was_decided_before(self, scene: Scene, moves: str) -> None:
        """A commit decided under another epoch is a conflict, whatever it writes."""
        lead_id = scene.add()
        accepted(scene.crm.close_lead(ADMIN, lead_id))
        steps: dict[str, Callable[[], object]] = {
            "begin": lambda: scene.crm.begin_switch(ADMIN, key="k"),
            "cancel": lambda: scene.crm.cancel_switch(ADMIN),
            "finish": lambda: scene.crm.switch_to_simple(ADMIN, key="k"),
            "back": lambda: scene.crm.switch_to_classic(ADMIN),
        }
        before = {"begin": (), "cancel": ("begin",), "finish": ("begin",), "back": ("begin", "finish")}
        for name in before[moves]:
            accepted(steps[name]())
        read = scene.store.snapshot(Query()).read
        late = Changes(expects=read, leads={lead_id: evolve(scene.lead(lead_id), comments="late")})
        accepted(steps[moves]())

        self.refuses(scene, late, of(Kind.EPOCH, read.epoch))

    # 4. The lead is the root of its activities

    @pytest.mark.rule("CONV-6")
    @pytest.mark.parametrize("change", ["add", "complete", "unbind", "delete"])
    def test_a_change_of_an_activity_moves_every_active_lead_it_is_bound_to(self, scene: Scene, change: str) -> None:
        """Whoever read either lead of a shared activity learns that it changed; other leads stand still."""
        one, two, other = scene.add(), scene.add(), scene.add()
        shared = [of(Kind.LEAD, one), of(Kind.LEAD, two)]
        activity_id = ActivityId(0) if change == "add" else scene.add_activity(*shared)
        before = [scene.version(each) for each in (one, two, other)]
        crm = scene.crm
        steps: dict[str, Callable[[], object]] = {
            "add": lambda: crm.add_activity(ADMIN, of=shared),
            "complete": lambda: crm.complete_activity(ADMIN, activity_id),
            "unbind": lambda: crm.unbind_activity(ADMIN, activity_id, of(Kind.LEAD, one)),
            "delete": lambda: crm.delete_activity(ADMIN, activity_id),
        }
        accepted(steps[change]())

        moved = [now - then for now, then in zip(map(scene.version, (one, two, other)), before, strict=True)]
        assert moved == [1, 1, 0]

    @pytest.mark.rule("POLICY-4", "CONV-6")
    def test_completing_a_shared_activity_in_bulk_moves_the_other_lead(self, scene: Scene) -> None:
        """A conversion that completes an activity moves the active leads that share it."""
        one, two = scene.add(), scene.add()
        scene.add_activity(of(Kind.LEAD, one), of(Kind.LEAD, two))
        before = scene.version(two)
        scene.convert(one, CLOSING)

        assert scene.version(two) == before + 1

    @pytest.mark.rule("CONV-6")
    def test_an_activity_of_two_leads_reaches_both_deals(self, scene: Scene) -> None:
        """Bindings are added by union: nothing that was bound is lost."""
        one, two = scene.add(), scene.add()
        refs = {of(Kind.LEAD, one), of(Kind.LEAD, two)}
        activity_id = scene.add_activity(*refs)
        for row in (scene.convert(one), scene.convert(two)):
            assert row.contact_id is not None
            refs |= {of(Kind.DEAL, row.deal_id), of(Kind.CONTACT, row.contact_id)}

        assert scene.bound(activity_id) == refs

    @pytest.mark.rule("CONV-6")
    def test_binding_what_is_bound_adds_to_it(self, scene: Scene) -> None:
        """A change that binds an activity again neither loses nor repeats a binding."""
        one, two = scene.add(), scene.add()
        activity_id = scene.add_activity(of(Kind.LEAD, one))
        read = scene.store.snapshot(Query(activities=(activity_id,))).read
        again = frozenset({of(Kind.LEAD, one), of(Kind.LEAD, two)})
        activity = scene.activity(activity_id)
        scene.store.commit(Changes(expects=read, activities={activity_id: activity}, bindings={activity_id: again}))

        assert scene.bound(activity_id) == again
        assert [len(accepted(scene.crm.activities(ADMIN, of=ref))) for ref in sorted(again)] == [1, 1]

    # 5. No half commits

    @pytest.mark.rule("SWITCH-4")
    @pytest.mark.usefixtures("eager_threads")
    def test_a_reader_never_sees_half_a_commit(self, scene: Scene) -> None:
        """A lead is converted exactly where its ledger row and its deal are there, at whatever moment one looks."""
        ids = tuple(scene.add() for _ in range(600))
        torn: list[LeadId] = []
        start, done = Barrier(3), Event()

        def read() -> None:
            start.wait()
            while not done.is_set():
                found = scene.store.snapshot(Query(leads=ids, results=True))
                converted = {id for id, lead in found.leads.items() if lead.deal_id is not None}
                torn.extend(converted ^ found.ledger.keys())
                torn.extend(id for id in found.ledger if found.ledger[id].deal_id not in found.deals)

        readers = [Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        start.wait()
        try:
            for lead_id in ids:
                scene.convert(lead_id)
        finally:
            done.set()
            for reader in readers:
                reader.join()

        assert torn == []

    # 6. Two converters

    @pytest.mark.rule("SWITCH-1", "SWITCH-7")
    def test_of_two_conversions_of_a_lead_one_wins_and_the_other_finds_it(self, scene: Scene) -> None:
        """The second to commit gets a conflict, decides again and answers with the deal of the first."""
        lead_id = scene.add()
        first, second = (decided(scene, ConvertLead(lead_id=lead_id)) for _ in range(2))
        scene.store.commit(first)
        self.refuses(scene, second, of(Kind.LEAD, lead_id))

        again = accepted(scene.crm.convert_lead(ADMIN, lead_id))
        assert again.already
        assert again.row == first.ledger[lead_id]

    @pytest.mark.rule("SWITCH-1", "SWITCH-5")
    @pytest.mark.usefixtures("eager_threads")
    def test_workers_at_once_make_one_deal_for_each_lead(self, scene: Scene) -> None:
        """Four workers on one backlog convert each lead once."""
        for _ in range(40):
            scene.add()
        token = accepted(scene.crm.begin_switch(ADMIN, key="k"))
        assert isinstance(token, SwitchToken)
        workers = [Thread(target=scene.crm.run_switch, args=(token,), kwargs={"chunk": 3}) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert scene.counts()["deals"] == scene.counts()["ledger"] == 40
        assert scene.holds_all_laws()

    # 7. The question of the serial section

    @pytest.mark.rule("PERM-2")
    def test_the_last_question_is_asked_once_after_the_check_and_before_writing(self, scene: Scene) -> None:
        """`confirm` is asked once where nothing is stale, while nothing is written yet."""
        lead_id = scene.add()
        change = decided(scene, CloseLead(lead_id=lead_id))
        asked: list[str] = []

        def confirm() -> bool:
            asked.append("asked")
            return True

        scene.store.commit(change, confirm)
        assert asked == ["asked"]
        assert not scene.lead(lead_id).is_active

        with pytest.raises(Conflict):
            scene.store.commit(change, confirm)
        assert asked == ["asked"]

    @pytest.mark.rule("PERM-2")
    def test_a_no_in_the_serial_section_writes_nothing(self, scene: Scene) -> None:
        """What was decided upon does not hold any more: a conflict that names the rights, and no change."""
        change = decided(scene, CloseLead(lead_id=scene.add()))

        self.refuses(scene, change, of(Kind.RIGHTS, 0), confirm=lambda: False)

    @pytest.mark.rule("PERM-2")
    def test_a_question_that_fails_writes_nothing(self, scene: Scene) -> None:
        """An error of the one who is asked reaches the caller, and the store is as it was and usable."""
        lead_id = scene.add()
        change = decided(scene, CloseLead(lead_id=lead_id))
        before = scene.image()

        def confirm() -> bool:
            raise LookupError("nobody to ask")

        with pytest.raises(LookupError):
            scene.store.commit(change, confirm)
        assert scene.image() == before
        scene.store.commit(change)
        assert not scene.lead(lead_id).is_active

    # Keys, claims and marks

    @pytest.mark.rule("CONV-7", "INTAKE-3")
    def test_who_creates_changes_or_takes_away_an_address_moves_its_key(self, scene: Scene) -> None:
        """The version of a match key moves with each client that has or had it."""
        key = MatchKey(Kind.CONTACT, PointKind.EMAIL, "a@example.com")

        def version() -> int:
            return scene.store.snapshot(Query(match_keys=frozenset({key}))).read.versions[Kind.MATCH_KEY][key]

        versions = [version()]
        contact_id = scene.add_contact(contact_points=(email("A@example.com"),))
        versions.append(version())
        accepted(scene.crm.edit_contact(ADMIN, contact_id, 1, comments="same address"))
        versions.append(version())
        accepted(scene.crm.edit_contact(ADMIN, contact_id, 2, contact_points=()))
        versions.append(version())
        accepted(scene.crm.edit_contact(ADMIN, contact_id, 3, comments="no address"))

        assert versions == sorted(set(versions))
        assert version() == versions[-1]

    @pytest.mark.rule("INTAKE-1")
    def test_an_active_lead_moves_the_key_of_its_address(self, scene: Scene) -> None:
        """Whoever found no active lead under an address learns when there is one."""
        key = MatchKey(Kind.LEAD, PointKind.EMAIL, "a@example.com")
        lead_id = scene.add()
        read = scene.store.snapshot(Query(leads=(lead_id,), match_keys=frozenset({key}))).read
        late = Changes(expects=read, leads={lead_id: evolve(scene.lead(lead_id), comments="late")})
        scene.add(contact_points=(email("a@example.com"),))

        with pytest.raises(Conflict) as conflict:
            scene.store.commit(late)
        assert [ref.kind for ref in conflict.value.stale] == [Kind.MATCH_KEY]

    @pytest.mark.rule("STAGE-1")
    def test_a_stage_that_came_into_use_cannot_go(self, scene: Scene) -> None:
        """`unused_stages` is looked at in the serial section."""
        lead_id = scene.add(stage=StageCode("PROCESSED"))
        read = scene.store.snapshot(Query()).read

        self.refuses(scene, Changes(expects=read, unused_stages=frozenset({StageCode("PROCESSED")})))
        accepted(scene.crm.delete_lead(ADMIN, lead_id))
        scene.store.commit(Changes(expects=read, unused_stages=frozenset({StageCode("PROCESSED")})))

    @pytest.mark.rule("SWITCH-13")
    def test_a_begin_that_counted_other_leads_is_a_conflict(self, scene: Scene) -> None:
        """The number of leads at the beginning is that of the serial section."""
        scene.add()
        late = decided(scene, BeginSwitch(key="k"))
        scene.add()

        self.refuses(scene, late)

    @pytest.mark.rule("SWITCH-9", "SWITCH-13")
    def test_lifting_marks_leaves_other_outcomes_alone(self, scene: Scene) -> None:
        """A lead that was closed after a retry was decided keeps its outcome, in the records and in the numbers."""
        lead_id, token = self.blocked(scene)
        late = decided(scene, RetrySwitch())
        accepted(scene.crm.close_lead(ADMIN, lead_id))
        scene.store.commit(late)

        report = accepted(scene.crm.switch_status(ADMIN))
        assert (report.totals.closed, report.totals.set_aside, report.totals.remaining) == (1, 0, 0)
        assert [outcome.kind for _, outcome in scene.crm.outcomes(ADMIN, token.epoch)] == ["closed"]

    @pytest.mark.rule("SWITCH-9")
    def test_a_mark_that_appeared_is_seen_by_who_read_that_there_was_none(self, scene: Scene) -> None:
        """An outcome is version 0 or 1 of its lead under the live epoch."""
        lead_id = scene.add()
        token = accepted(scene.crm.begin_switch(ADMIN, key="k"))
        assert isinstance(token, SwitchToken)
        first, second = (decided(scene, SetAside(token=token, lead_id=lead_id, code="x")) for _ in range(2))
        scene.store.commit(first)

        self.refuses(scene, second, of(Kind.OUTCOME, lead_id))

    # Ids and pages

    @pytest.mark.rule("IMPORT-1")
    @pytest.mark.parametrize("kind", [Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY, Kind.ACTIVITY, Kind.PIPELINE])
    @pytest.mark.usefixtures("eager_threads")
    def test_ids_are_never_handed_out_twice(self, kind: Kind) -> None:
        """Eight threads that reserve at once get ranges that do not overlap."""
        store = self.make_store()
        got: list[range] = []
        threads = [
            Thread(target=lambda: got.extend(store.reserve(kind, count) for count in (1, 3, 2))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        ids = [id for each in got for id in each]
        assert len(ids) == len(set(ids)) == 8 * 6

    @pytest.mark.rule("IMPORT-1")
    def test_new_ids_are_above_every_id_that_is_there(self, scene: Scene) -> None:
        """Ids that came with records, loaded or written, are never handed out."""
        scene.add()
        deal = Deal(
            id=DealId(70),
            title="Loaded",
            pipeline_id=scene.crm.pipelines()[0].record.id,
            stage=StageCode("NEW"),
            semantics=scene.crm.pipelines()[0].record.first_stage.semantics,
            responsible=UserId(1),
        )
        store = self.make_store(evolve(scene.image(), deals={deal.id: deal}))
        assert store.reserve(Kind.DEAL, 1)[0] == 71
        store.commit(Changes(expects=store.snapshot(Query()).read, deals={DealId(90): evolve(deal, id=DealId(90))}))

        assert store.reserve(Kind.DEAL, 2)[0] > 90
        assert store.reserve(Kind.LEAD, 1)[0] == 2

    @pytest.mark.rule("DATA-3")
    def test_pages_go_through_all_records_in_order_deleted_ones_as_tombstones(self, scene: Scene) -> None:
        """Page after page every id comes once, in order, with its version."""
        ids = [scene.add() for _ in range(5)]
        accepted(scene.crm.delete_lead(ADMIN, ids[1]))
        pages, after = [], None
        while page := scene.store.page(Kind.LEAD, after, 2):
            pages.append(page)
            after = page[-1].id

        assert [len(page) for page in pages] == [2, 2, 1]
        entries = [entry for page in pages for entry in page]
        assert [entry.id for entry in entries] == ids
        assert [entry.version for entry in entries] == [1, 2, 1, 1, 1]
        assert [isinstance(entry.record, Tombstone) for entry in entries] == [False, True, False, False, False]

    @pytest.mark.rule("SWITCH-13")
    def test_outcomes_are_paged_by_epoch_and_lead(self, scene: Scene) -> None:
        """The outcomes of a switch follow each other in the order of its leads."""
        ids = [scene.add() for _ in range(3)]
        scene.switch(chunk=2)

        assert [entry.id for entry in scene.store.page(Kind.OUTCOME)] == [(Epoch(2), id) for id in ids]
        assert [entry.id[1] for entry in scene.store.page(Kind.OUTCOME, (Epoch(2), ids[0]), 1)] == [ids[1]]

    @pytest.mark.rule("SWITCH-5", "SWITCH-9")
    def test_the_next_leads_are_the_active_ones_in_order_without_the_marked(self, scene: Scene) -> None:
        """What a chunk is offered leaves out closed, deleted, converted and set-aside leads."""
        ids = [scene.add() for _ in range(6)]
        accepted(scene.crm.close_lead(ADMIN, ids[0]))
        accepted(scene.crm.delete_lead(ADMIN, ids[1]))
        scene.convert(ids[2])
        token = accepted(scene.crm.begin_switch(ADMIN, key="k"))
        assert isinstance(token, SwitchToken)
        accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=ids[3], code="x")))

        offered = HANDLERS[ConvertChunk].query(ConvertChunk(token=token, size=9))
        assert list(scene.store.snapshot(offered).leads) == ids[4:]

    # What the tests above are made of

    def refuses(self, scene: Scene, changes: Changes, *stale: Ref, confirm: Callable[[], bool] | None = None) -> None:
        """The commit is a conflict that names these records, and nothing has changed."""
        before, versions = scene.image(), all_versions(scene.store)
        with pytest.raises(Conflict) as conflict:
            scene.store.commit(changes, confirm)
        assert set(stale) <= set(conflict.value.stale)
        assert (scene.image(), all_versions(scene.store)) == (before, versions)

    def blocked(self, scene: Scene) -> tuple[LeadId, SwitchToken]:
        """A switch with one lead, which is set aside."""
        lead_id = scene.add()
        token = accepted(scene.crm.begin_switch(ADMIN, key="k"))
        assert isinstance(token, SwitchToken)
        accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=lead_id, code="x")))
        return lead_id, token


class TestInterruptedCommits:
    """Contract point 8: after a crash inside a commit, all of it is there or nothing; this crash is one of Python's."""

    @pytest.mark.rule("SWITCH-1", "SWITCH-4")
    @pytest.mark.parametrize("page_first", [False, True])
    @pytest.mark.parametrize("command", [ConvertLead, DeleteLead])
    def test_an_interrupt_inside_a_commit_leaves_all_of_it(self, command: type[Any], page_first: bool) -> None:
        """Wherever the interrupt strikes, the next reader finds the whole commit, as without it."""
        whole = self.found_after(command, None, page_first)[0]
        struck, at = True, 0
        while struck:
            found, struck = self.found_after(command, at, page_first)
            assert found == whole
            at += 1
        assert at > 5

    def found_after(self, command: type[Any], at: int | None, page_first: bool) -> tuple[Any, bool]:
        """What the readers of both kinds find after a commit, one of them first, and whether it was interrupted."""
        store = InMemoryStore.classic()
        scene = Scene(store)
        lead_id = scene.add()
        scene.add_activity(of(Kind.LEAD, lead_id))
        changes = decided(scene, command(lead_id=lead_id))
        interrupter = FoldInterrupter(store)
        interrupter.at = at
        with suppress(KeyboardInterrupt):
            store.commit(changes)
        interrupter.at = None
        readers: list[Callable[[], Any]] = [
            lambda: store.page(Kind.LEAD) + store.page(Kind.DEAL) + store.page(Kind.BINDING),
            lambda: store.snapshot(Query(leads=(lead_id,), results=True)),
        ]
        found = [read() for read in (readers if page_first else readers[::-1])]
        return found, interrupter.interrupts > 0


def decided(scene: Scene, command: Command[Any]) -> Changes:
    """What an administrator's command would write, decided now and not committed."""
    handler = HANDLERS[type(command)]
    snapshot = scene.store.snapshot(handler.query(command))
    context = Context(ADMIN, scene.roles.rights(ADMIN), scene.plan.has_classic(), NOW)
    ids = {
        kind: iter(scene.store.reserve(kind, count)) for kind, count in handler.ids(command, snapshot, context).items()
    }
    decision = handler.decide(command, snapshot, context, ids)
    assert not isinstance(decision, Refused)
    assert decision.changes is not None
    return decision.changes


def expecting_nothing(changes: Changes) -> Changes:
    """The same change, decided on nothing but the epoch."""
    return evolve(changes, expects=ReadSet(epoch=changes.expects.epoch))


def of_key(kind: Kind, key: str) -> Ref:
    return Ref(kind, key)


def all_versions(store: Store) -> dict[Kind, list[tuple[Any, int]]]:
    kinds = (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY, Kind.ACTIVITY, Kind.PIPELINE, Kind.SWITCH)
    return {kind: [(entry.id, entry.version) for entry in store.page(kind)] for kind in kinds}

"""Points 1 to 3 of the store contract: stale versions, unique keys, the epoch."""

from collections.abc import Callable

import pytest
from attrs import evolve

from crmcore.domain.model.ids import ContactId, Kind, Ref
from crmcore.domain.model.ledger import CommandRecord
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import AddLead, BeginSwitch, CloseLead, ConvertChunk, ConvertLead, ImportRecords
from crmcore.domain.protocol.snapshot import Query
from crmcore.testing.contracts.base import Needs, StoreTests, expecting_nothing, refuses
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["VersionLaws"]


class VersionLaws(StoreTests):
    """What was read and has moved on since is a conflict, and nothing is written."""

    @pytest.mark.rule("EDIT-1", "SWITCH-7")
    def test_a_stale_version_of_a_record_that_is_written_changes_nothing(self, crmcore_scene: Scene) -> None:
        """A record that moved on since it was read is a conflict that names it, and nothing is written."""
        lead_id = crmcore_scene.add()
        late = decided(crmcore_scene, CloseLead(lead_id=lead_id))
        crmcore_scene.edit(lead_id, comments="moved on")

        refuses(crmcore_scene, late, Ref(Kind.LEAD, lead_id))

    @pytest.mark.rule("SWITCH-1", "SWITCH-2", "EDIT-1")
    def test_what_other_code_has_touched_is_decided_anew(self, crmcore_scene: Scene, crmcore_needs: Needs) -> None:
        """A lead whose rows a host's other code has changed is a conflict for a chunk that had read it before."""
        crmcore_needs("touch")
        lead_id, other = crmcore_scene.add(), crmcore_scene.add()
        late = decided(crmcore_scene, ConvertChunk(token=crmcore_scene.begin(), size=10))
        before = crmcore_scene.lead(lead_id), crmcore_scene.version(other)
        self.touch(crmcore_scene.store, lead_id)

        refuses(crmcore_scene, late, Ref(Kind.LEAD, lead_id))
        assert (crmcore_scene.lead(lead_id), crmcore_scene.version(other)) == before

    @pytest.mark.rule("EDIT-1", "SWITCH-7", "CONV-2")
    def test_a_stale_version_of_a_record_that_is_only_read_changes_nothing(self, crmcore_scene: Scene) -> None:
        """What a decision read and does not write is expected too."""
        contact_id = crmcore_scene.add_contact()
        lead_id = crmcore_scene.add()
        expects = crmcore_scene.store.snapshot(Query(leads=(lead_id,), contacts=(contact_id,))).read
        late = Changes(expects=expects, leads={lead_id: evolve(crmcore_scene.lead(lead_id), comments="late")})
        accepted(crmcore_scene.crm.edit_contact(ADMIN, contact_id, 1, comments="moved on"))

        refuses(crmcore_scene, late, Ref(Kind.CONTACT, contact_id))

    @pytest.mark.rule("EDIT-1")
    def test_a_record_that_was_missing_and_is_there_now_is_stale(self, crmcore_scene: Scene) -> None:
        """A missing record has version 0: a reader that found none gets a conflict once there is one."""
        lead_id = crmcore_scene.add()
        expects = crmcore_scene.store.snapshot(Query(leads=(lead_id,), contacts=(ContactId(1),))).read
        late = Changes(expects=expects, leads={lead_id: evolve(crmcore_scene.lead(lead_id), comments="late")})
        assert expects.versions[Kind.CONTACT] == {1: 0}
        crmcore_scene.add_contact()

        refuses(crmcore_scene, late, Ref(Kind.CONTACT, 1))

    @pytest.mark.rule("IMPORT-1", "EDIT-1")
    def test_a_new_record_does_not_take_the_place_of_one_that_was_imported_under_its_id(
        self, crmcore_scene: Scene
    ) -> None:
        """What a commit writes unread must be new; an import may have brought the id since it was handed out."""
        stored = crmcore_scene.lead(crmcore_scene.add(title="imported"))
        late = decided(crmcore_scene, AddLead(fields={"title": "added"}))
        (id,) = late.leads
        accepted(crmcore_scene.crm.import_records(ADMIN, ImportRecords(leads=(evolve(stored, id=id),), activities=())))

        refuses(crmcore_scene, late, Ref(Kind.LEAD, id))

    @pytest.mark.rule("EDIT-1")
    def test_every_write_of_a_record_moves_its_version_by_one(self, crmcore_scene: Scene) -> None:
        """Versions count the writes of a record."""
        lead_id = crmcore_scene.add()
        versions = [crmcore_scene.version(lead_id)]
        for comments in ("a", "b"):
            crmcore_scene.edit(lead_id, comments=comments)
            versions.append(crmcore_scene.version(lead_id))

        assert versions == [1, 2, 3]

    @pytest.mark.rule("SWITCH-1")
    @pytest.mark.parametrize("deleted", [False, True])
    def test_a_lead_comes_into_the_ledger_once_whoever_converts(self, crmcore_scene: Scene, deleted: bool) -> None:
        """A second row for a lead is refused by the store itself, even with no version expected, and for ever."""
        lead_id = crmcore_scene.add()
        late = decided(crmcore_scene, ConvertLead(lead_id=lead_id))
        crmcore_scene.convert(lead_id)
        if deleted:
            accepted(crmcore_scene.crm.delete_lead(ADMIN, lead_id))

        refuses(crmcore_scene, expecting_nothing(late), Ref(Kind.LEDGER, lead_id))

    @pytest.mark.rule("SWITCH-10")
    def test_a_switch_key_is_taken_once(self, crmcore_scene: Scene) -> None:
        """Two begins that both found no switch under a key make one switch."""
        late = decided(crmcore_scene, BeginSwitch(key="k"))
        accepted(crmcore_scene.crm.begin_switch(ADMIN, key="k"))
        accepted(crmcore_scene.crm.cancel_switch(ADMIN))
        current = evolve(late, expects=crmcore_scene.store.snapshot(Query()).read)

        refuses(crmcore_scene, current, Ref(Kind.SWITCH, "k"))

    @pytest.mark.rule("EDIT-1")
    def test_a_command_key_is_taken_once(self, crmcore_scene: Scene) -> None:
        """The key of a command that creates belongs to the first that used it."""
        accepted(crmcore_scene.crm.add_lead(ADMIN, key="once"))
        record = CommandRecord(key="once", fingerprint="other", made=())
        late = crmcore_scene.unread(commands={"once": record})

        refuses(crmcore_scene, late, Ref(Kind.COMMAND, "once"))

    @pytest.mark.rule("SWITCH-4")
    @pytest.mark.parametrize("moves", ["begin", "cancel", "finish", "back"])
    def test_every_change_of_mode_fences_what_was_decided_before(self, crmcore_scene: Scene, moves: str) -> None:
        """A commit decided under another epoch is a conflict, whatever it writes."""
        lead_id = crmcore_scene.add()
        accepted(crmcore_scene.crm.close_lead(ADMIN, lead_id))
        steps: dict[str, Callable[[], object]] = {
            "begin": lambda: crmcore_scene.crm.begin_switch(ADMIN, key="k"),
            "cancel": lambda: crmcore_scene.crm.cancel_switch(ADMIN),
            "finish": lambda: crmcore_scene.crm.switch_to_simple(ADMIN, key="k"),
            "back": lambda: crmcore_scene.crm.switch_to_classic(ADMIN),
        }
        before = {"begin": (), "cancel": ("begin",), "finish": ("begin",), "back": ("begin", "finish")}
        for name in before[moves]:
            accepted(steps[name]())
        read = crmcore_scene.store.snapshot(Query()).read
        late = Changes(expects=read, leads={lead_id: evolve(crmcore_scene.lead(lead_id), comments="late")})
        accepted(steps[moves]())

        refuses(crmcore_scene, late, Ref(Kind.EPOCH, read.epoch))

"""Commits that wait for each other, and reads of one moment while others write."""

from contextlib import suppress
from threading import Thread
from typing import Any

import pytest
from attrs import evolve

from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import Kind, Ref, StageCode
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import AddLead, AddRecord, BeginSwitch, ConvertLead, EditRecord
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.store import ReadsAtOneTime
from crmcore.testing.contracts.base import StoreTests
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["MomentLaws"]

#: How long a commit is waited for that has no business to happen now, in seconds.
_A_MOMENT = 0.03
_EMAIL = (ContactPoint(kind=PointKind.EMAIL, type="WORK", value="ann@example.com"),)
_STAGE = StageCode("PROCESSED")


class MomentLaws(StoreTests):
    """Between the check and the write of a commit nothing else is written; reads of one moment belong together."""

    @pytest.mark.rule("PERM-2", "CONV-7")
    @pytest.mark.parametrize("first", ["the writer", "the reader"])
    @pytest.mark.parametrize("about", ["a record", "an address", "a missing record", "the stages", "the backlog"])
    @pytest.mark.usefixtures("crmcore_threads")
    def test_no_commit_happens_between_the_check_and_the_write_of_another(
        self, crmcore_scene: Scene, about: str, first: str
    ) -> None:
        """A commit that changes something and one that counts on it wait for each other, whichever comes first."""
        writes, counts_on_it = _rivals(crmcore_scene, about)
        held, other = (writes, counts_on_it) if first == "the writer" else (counts_on_it, writes)
        committed: list[str] = []

        def commit() -> None:
            with suppress(Conflict):
                crmcore_scene.store.commit(other)
                committed.append("the other one")

        rival = Thread(target=commit)

        def confirm() -> bool:
            rival.start()
            rival.join(_A_MOMENT)
            committed.append("this one")
            return True

        crmcore_scene.store.commit(held, confirm)
        rival.join()

        assert committed[0] == "this one"
        assert committed[1:] == [] or first == "the reader"

    @pytest.mark.rule("PERM-6")
    @pytest.mark.usefixtures("crmcore_threads")
    def test_reads_at_one_time_see_nothing_that_is_written_meanwhile(self, crmcore_scene: Scene) -> None:
        """Pages and snapshots that follow each other belong together, while another thread adds a lead."""
        store = crmcore_scene.store
        if not isinstance(store, ReadsAtOneTime):
            pytest.skip("the store has no `at_one_time`: an audit of it needs a CRM at rest")
        crmcore_scene.add()
        writer = Thread(target=crmcore_scene.add)
        with store.at_one_time() as reads:
            assert len(reads.page(Kind.LEAD)) == 1
            writer.start()
            writer.join(_A_MOMENT)
            backlog = reads.snapshot(Query(backlog=True)).the_backlog
            seen = (len(reads.page(Kind.LEAD)), backlog.active)
        writer.join()

        assert seen == (1, 1)
        assert len(store.page(Kind.LEAD)) == 2


def _rivals(scene: Scene, about: str) -> tuple[Changes, Changes]:
    """A change, and another commit that counts on it not being made; both decided on the CRM as it stands."""
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    lead_id, contact_id = scene.add(contact_points=_EMAIL), scene.add_contact()

    def reading(**asked: Any) -> Changes:
        """An edit of the lead by somebody who has read more than that."""
        late = evolve(scene.lead(lead_id), comments="late")
        return Changes(expects=scene.store.snapshot(Query(leads=(lead_id,), **asked)).read, leads={lead_id: late})

    if about == "a record":
        edit = EditRecord(ref=Ref(Kind.CONTACT, contact_id), version=1, fields={"comments": "edited"})
        return decided(scene, edit), reading(contacts=(contact_id,))
    if about == "an address":
        client = AddRecord(kind=Kind.CONTACT, fields={"contact_points": _EMAIL})
        return decided(scene, client), decided(scene, ConvertLead(lead_id=lead_id))
    if about == "a missing record":
        new = decided(scene, AddRecord(kind=Kind.CONTACT, fields={}))
        return new, reading(contacts=tuple(new.contacts))
    if about == "the stages":
        free = scene.unread(unused_stages=frozenset({_STAGE}))
        return decided(scene, AddLead(fields={"stage": _STAGE})), free
    return decided(scene, AddLead(fields={})), decided(scene, BeginSwitch(key="k"))

"""Point 8 of the store contract inside a commit: whichever transaction of it is cut off, nothing stands half done."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from attrs import evolve

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.domain.model.ids import CLIENTS, Kind, Ref
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import AddRecord, ConvertChunk, DeleteLead
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.matching import match_keys
from crmcore.ports.store import Store, close_store
from crmcore.testing.contracts.base import Needs, Stores, StoreTests, has_hook
from crmcore.testing.contracts.fields import read_all
from crmcore.testing.contracts.reference import different_answers
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided

__all__ = ["InterruptLaws"]

_EMAIL = (ContactPoint(kind=PointKind.EMAIL, type="WORK", value="a@example.com"),)
_KEYS = match_keys(_EMAIL, (Kind.LEAD, *CLIENTS))
#: More transactions than any commit has: a hook that never lets one through is an error of the hook.
_MOST = 100


class InterruptLaws(StoreTests):
    """All of a commit is there after a crash, or nothing; shown with the hook `interrupted`."""

    @pytest.mark.rule("SWITCH-4", "SWITCH-1", "CONV-7")
    @pytest.mark.parametrize("step", ["add a contact", "convert a chunk", "delete a lead"])
    def test_a_commit_that_is_cut_off_anywhere_is_whole_or_nothing(
        self, crmcore_stores: Stores, crmcore_needs: Needs, step: str
    ) -> None:
        """Records, match keys, bindings and marks belong to one transaction of the database."""
        crmcore_needs("interrupted")
        for n in range(1, _MOST):
            scene = Scene(crmcore_stores(new_crm(CrmMode.CLASSIC)))
            changes = _step(scene, step)
            before = InMemoryStore(scene.image())
            reached = self._crmcore_cut_off(scene.store, changes, n)
            with self._crmcore_next_process(scene.store) as left:
                from_nothing, from_all = _different(left, before), _different(left, _after(before, changes))

            assert [] in (from_nothing, from_all), f"cut off before commit {n} of the database"
            if not reached:
                assert from_all == [], "the commit came to its end"
                assert n > 1, "`interrupted` interrupts nothing"
                return
        pytest.fail("`interrupted` never lets a commit come to its end")

    def _crmcore_cut_off(self, store: Store, changes: Changes, n: int) -> bool:
        """Commit in a process that ends before commit `n` of the database; whether it came that far."""
        with self.interrupted(store, n):
            try:
                store.commit(changes)
            except (Exception, KeyboardInterrupt):
                return True
        return False

    @contextmanager
    def _crmcore_next_process(self, store: Store) -> Iterator[Store]:
        """The store as the next process finds it, or as it is where a suite has no `reopen`."""
        if not has_hook(type(self), "reopen"):
            yield store
            return
        opened = self.reopen(store)
        try:
            yield opened
        finally:
            close_store(opened)


def _step(scene: Scene, step: str) -> Changes:
    """What one command would write, of records with addresses, activities and marks."""
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    if step == "add a contact":
        return decided(scene, AddRecord(kind=Kind.CONTACT, fields={"contact_points": _EMAIL}))
    ids = [scene.add(contact_points=_EMAIL), scene.add()]
    scene.add_activity(Ref(Kind.LEAD, ids[0]), Ref(Kind.LEAD, ids[1]))
    if step == "delete a lead":
        return decided(scene, DeleteLead(lead_id=ids[0]))
    return decided(scene, ConvertChunk(token=scene.begin(), size=1))


def _after(before: InMemoryStore, changes: Changes) -> InMemoryStore:
    """The reference after the same commit over the same records."""
    image = image_of(before)
    twin = InMemoryStore(image)
    twin.commit(evolve(changes, expects=read_all(twin, image)))
    return twin


def _different(left: Store, reference: Store) -> list[str]:
    """In what two stores differ: records, links, and who is found under an address."""
    found, expected = (store.snapshot(Query(match_keys=_KEYS)).matches for store in (left, reference))
    return [*different_answers(image_of(left), image_of(reference)), *(["matches"] if found != expected else [])]

"""Stores that stage imports wrongly: seen too early, committed in pieces, or without a look at what has changed."""

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from crmcore.application.imports import HeldParts
from crmcore.application.step import Confirm
from crmcore.domain.model.ids import CLIENTS
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.events import Event
from crmcore.testing.faults.base import BadStore, epoch_of, without
from crmcore.testing.wrapped import expecting

__all__ = ["BlindStagingStore", "FirstPartLostStore", "PiecemealStagingStore", "SeenStagingStore"]


class _Staging(BadStore):
    """Holds the parts in memory, with one fault at the commit or before."""

    rule, point = "IMPORT-3", 0

    def start(self) -> None:
        """No import is staged."""
        super().start()
        self.parts: dict[str, list[tuple[Changes, str]]] = {}

    def staging(self, key: str) -> HeldParts:
        """Hold the parts in memory, as for a store that stages nothing."""
        return _Held(self, self.parts.setdefault(key, []))

    def stagings(self) -> tuple[str, ...]:
        """What is held."""
        return tuple(sorted(key for key, parts in self.parts.items() if parts))

    def added(self, part: Changes) -> Changes:
        """What is held of a part."""
        return part

    def all_of(self, held: HeldParts, events: Sequence[Event], confirm: Confirm) -> None:
        """Commit what is held."""
        HeldParts.commit(held, events, confirm)


class _Held(HeldParts):
    def __init__(self, store: _Staging, parts: list[tuple[Changes, str]]) -> None:
        super().__init__(store, parts)
        self.of = store

    def add(self, part: Changes, note: str) -> None:
        """See `Staging.add`."""
        super().add(self.of.added(part), note)

    def commit(self, events: Sequence[Event] = (), confirm: Confirm = None) -> None:
        """See `Staging.commit`."""
        self.of.all_of(self, events, confirm)


class SeenStagingStore(_Staging):
    """Writes each part among the records as soon as it comes (IMPORT-3)."""

    rejected_by = "test_nothing_of_a_part_is_seen_before_the_commit"

    def added(self, part: Changes) -> Changes:
        """Commit it, so that nothing is left to be committed."""
        self.store.commit(evolve(part, events=()))
        return Changes(expects=ReadSet(epoch=part.expects.epoch))


class PiecemealStagingStore(_Staging):
    """Commits part after part, so that the first are there when the next is refused (IMPORT-3)."""

    rejected_by = "test_parts_that_have_gone_stale_are_refused_whole"

    def all_of(self, held: HeldParts, events: Sequence[Event], confirm: Confirm) -> None:
        """Commit the clients, and then the rest."""
        whole = held.whole()
        clients = Changes(expects=epoch_of(self.store), contacts=whole.contacts, companies=whole.companies)
        self.store.commit(clients, confirm)
        rest = evolve(whole, contacts={}, companies={}, events=tuple(events))
        self.store.commit(expecting(self.store, rest, without(rest.expects, *CLIENTS)))
        held.discard()


class BlindStagingStore(_Staging):
    """Commits the parts without a look at what they were decided on (IMPORT-3)."""

    rejected_by = "test_parts_that_have_gone_stale_are_refused_whole"

    def all_of(self, held: HeldParts, events: Sequence[Event], confirm: Confirm) -> None:
        """Commit them as if everything had just been read."""
        whole = evolve(held.whole(), events=tuple(events))
        self.store.commit(expecting(self.store, whole, epoch_of(self.store)), confirm)
        held.discard()


class FirstPartLostStore(_Staging):
    """Loses the part that came first when it commits the others (IMPORT-3)."""

    rejected_by = "test_parts_become_what_one_step_would_have_written"

    def all_of(self, held: HeldParts, events: Sequence[Event], confirm: Confirm) -> None:
        """Commit without the companies, which come first."""
        whole = held.whole()
        kept: dict[str, Any] = {
            name: {id: evolve(each, company_id=None) for id, each in getattr(whole, name).items()}
            for name in ("leads", "contacts")
        }
        self.store.commit(evolve(whole, companies={}, events=tuple(events), **kept), confirm)
        held.discard()

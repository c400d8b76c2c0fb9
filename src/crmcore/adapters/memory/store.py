"""The in-memory store: atomic, versioned, thread-safe; an overlay per commit, no copy of the whole state.

A commit is checked, prepared as an overlay of absolute values, and then made visible by one assignment (`_pending`).
Folding the overlay in is idempotent; if an interrupt cuts it short, the next call repeats it. So a reader never sees
half a commit, whenever the process is interrupted (contract points 5 and 8).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from crmcore.adapters.memory.overlay import Overlay
from crmcore.adapters.memory.snapshot import read
from crmcore.adapters.memory.state import State
from crmcore.application.imports import HeldParts
from crmcore.domain.model.errors import Conflict, InvalidValue, NoEvents
from crmcore.domain.model.ids import RECORDS, Kind, Ref
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.text import NOTHING, check_key
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.outbox import EventPage, Happened
from crmcore.ports.store import Entry, Listed

__all__ = ["InMemoryStore"]


class InMemoryStore:
    """Keeps one CRM in this process; the reference for every other store.

    `InMemoryStore()` is a new, Simple CRM. `InMemoryStore(image)` is the CRM of the image, also of a damaged one: a
    record that may not be stored is a `RecordFault` wherever it is read (DATA-1). Raises `InvalidValue` for settings,
    stages and bindings that may not be stored, since no record answers for them. With `events` it
    keeps what happens, for `Crm.events`.
    """

    def __init__(self, image: CrmImage | None = None, *, events: bool = False) -> None:
        self._lock = RLock()
        self._state = State(image or new_crm(), events=events)
        self._pending: Overlay | None = None
        self._stagings: dict[str, list[tuple[Changes, str]]] = {}

    @classmethod
    def classic(cls, *, events: bool = False) -> "InMemoryStore":
        """A new CRM in Classic mode, which an import of active leads needs."""
        return cls(new_crm(CrmMode.CLASSIC), events=events)

    def snapshot(self, query: Query) -> Snapshot:
        """See `Store.snapshot`."""
        with self._lock:
            self._fold()
            return read(self._state, query)

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        """See `Store.commit`."""
        with self._lock:
            self._fold()
            stale = self._stale(changes)
            if stale:
                raise Conflict(tuple(stale))
            if confirm is not None and not confirm():
                raise Conflict((Ref(Kind.RIGHTS, 0),))
            self._pending = Overlay(self._state, changes)
            self._fold()

    def reserve(self, kind: Kind, count: int) -> range:
        """See `Store.reserve`."""
        with self._lock:
            self._fold()
            return self._state.reserve(kind, count)

    def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> tuple[Entry, ...]:
        """See `Store.page`."""
        with self._lock:
            self._fold()
            return self._state.page(kind, after, limit)

    def listed(self, listing: Listing) -> Listed:
        """See `ReadsByPage.listed`."""
        with self._lock:
            self._fold()
            return self._state.listed(listing)

    def events(self, after: str | None = None, limit: int = 1000) -> EventPage:
        """See `KeepsEvents.events`."""
        with self._lock:
            self._fold()
            kept = self._state.events
            if kept is None:
                raise NoEvents
            if after is not None and not (after.isascii() and after.isdecimal() and len(after) < 19):
                raise InvalidValue("after", "the `after` of a page of these events")
            start = int(after or 0)
            entries = tuple(Happened(at, each) for at, each in enumerate(kept[start : start + limit], start + 1))
            return EventPage(entries, str(entries[-1].id if entries else start))

    def staging(self, key: str) -> HeldParts:
        """See `StagesImports.staging`."""
        check_key("key", key)
        with self._lock:
            return HeldParts(self, self._stagings.setdefault(key, []))

    def stagings(self) -> tuple[str, ...]:
        """See `StagesImports.stagings`."""
        with self._lock:
            return tuple(sorted(key for key, parts in self._stagings.items() if parts))

    @contextmanager
    def at_one_time(self) -> Iterator["InMemoryStore"]:
        """See `ReadsAtOneTime`; other threads wait until the reader is done."""
        with self._lock:
            yield self

    def _fold(self) -> None:
        """Fold the pending commit into the tables; this is idempotent."""
        if self._pending is not None:
            self._pending.fold()
            self._pending = None

    def _stale(self, changes: Changes) -> list[Ref]:
        """The records that have changed since they were read, and the claims already taken."""
        state = self._state
        expects = changes.expects
        stale: list[Ref] = []
        if expects.epoch != state.settings.epoch:
            stale.append(Ref(Kind.EPOCH, expects.epoch))
        if Kind.MATCH_KEY in expects.versions:
            state.index_new_records()
        for kind, versions in expects.versions.items():
            stale.extend([Ref(kind, id) for id in state.moved_on(kind, versions)])
        for kind, claims in (
            (Kind.LEDGER, changes.ledger),
            (Kind.SWITCH, changes.switches.keys() - expects.versions.get(Kind.SWITCH, {}).keys()),
            (Kind.COMMAND, changes.commands.keys() - expects.versions.get(Kind.COMMAND, {}).keys()),
        ):
            table = state.tables[kind]
            stale.extend([Ref(kind, key) for key in claims if key in table])
        # What is written unread may not be there: whoever changes a record has read it.
        for kind, part in RECORDS.items():
            unread = getattr(changes, part).keys() - expects.versions.get(kind, NOTHING).keys()
            table = state.tables[kind]
            stale.extend([Ref(kind, id) for id in unread if id in table])
        stale.extend([Ref(Kind.STAGES, code) for code in state.used_of(changes.unused_stages)])
        if changes.active_leads is not None and changes.active_leads != len(state.active):
            stale.append(Ref(Kind.LEAD, 0))
        return stale

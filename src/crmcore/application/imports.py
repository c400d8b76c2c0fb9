"""An import in parts: each is decided on what is there and on what the parts before it brought; one commit is last.

The rules are those of `ImportRecords`; what the parts were decided on is checked once more by the commit (IMPORT-3).

lines: a part is decided, staged and told by what was noted of the parts before it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import add, attrgetter, is_
from typing import Any, NamedTuple

from attrs import evolve, fields

from crmcore.application.answers import snapshot_of
from crmcore.application.step import asked
from crmcore.domain.decisions import HANDLERS
from crmcore.domain.model.errors import Conflict, StoreBusy
from crmcore.domain.model.ids import RECORDS, TABLES, Kind, Ref, UserId
from crmcore.domain.model.integrity import check_given
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.text import check_id, check_type
from crmcore.domain.protocol.changes import Changes, ReadSet
from crmcore.domain.protocol.commands import ImportRecords
from crmcore.domain.protocol.decision import Context, Decision
from crmcore.domain.protocol.events import Event, RecordsImported
from crmcore.domain.protocol.results import Imported
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports.clock import Clock
from crmcore.ports.parts import StagesImports, Staging
from crmcore.ports.permissions import Permissions
from crmcore.ports.plan import Plan
from crmcore.ports.store import Joined, Store

__all__ = ["HeldParts", "StagedImport", "import_parts", "staged_imports", "staging_of"]

#: How often an import is decided anew because records changed.
ATTEMPTS = 5
#: What an answer counts, in the order of the event.
_COUNTS = tuple(each.name for each in fields(RecordsImported))
_numbers = attrgetter(*_COUNTS)
#: What a part brings, so that a later one may be linked or bound to it.
_BROUGHT = (Kind.LEAD, Kind.CONTACT, Kind.COMPANY, Kind.ACTIVITY)


def import_parts(
    store: Store,
    permissions: Permissions,
    plan: Plan,
    clock: Clock,
    actor: UserId,
    key: str,
    parts: Iterable[ImportRecords],
    *,
    are_new: bool = False,
    names_skipped: bool = True,
) -> tuple[Imported | Refused, tuple[Event, ...]]:
    """Stage each part that is not there yet, and commit all; the answer, and the events that were committed.

    Every part is decided under the rights of the beginning, which the commit asks for again (PERM-2). What was left
    behind under other rights or in another epoch is discarded, and so is everything with a refusal. `are_new` says that
    the records have just been built, so that they need no second look (DATA-1). Without `names_skipped` the answer does
    not say which records were skipped, so that memory does not grow with them.
    """
    check_id("actor", actor)
    for _ in range(ATTEMPTS):
        context, confirm = asked(permissions, plan, clock, actor, needs_right=True)
        refused = _decided(ImportRecords(), store, None, context)
        if isinstance(refused, Refused):
            return refused, ()
        staging = staging_of(store, key)
        done = _staged(staging, store, context, parts, are_new=are_new, names_skipped=names_skipped)
        if isinstance(done, Refused) or not any(done.counts):
            staging.discard()
            return done if isinstance(done, Refused) else done.answer, ()
        events = (RecordsImported(*done.counts),)
        try:
            staging.commit(events, confirm)
        except Conflict as conflict:
            if isinstance(store, Joined):
                raise  # nothing is repeated behind the back of a host that may have read what is stale
            staging.discard()
            if isinstance(parts, Iterator):
                raise StoreBusy("what the records rest on has changed meanwhile; safe to run again") from conflict
            continue
        return done.answer, events
    raise StoreBusy(f"no import went through in {ATTEMPTS} attempts; safe to run again")


def staging_of(store: Store, key: str) -> Staging:
    """The staging of this key; of a store that has none, one that is held in memory."""
    return store.staging(key) if isinstance(store, StagesImports) else HeldParts(store, [])


class StagedImport(NamedTuple):
    """An import that is staged: its key, since when, and what it has brought so far.

    Of a staging that somebody fills otherwise only the key is known.
    """

    key: str
    since: datetime | None = None
    brought: Imported | None = None


def staged_imports(store: Store) -> Iterator[StagedImport]:
    """The imports that are staged in a store, in the order of their keys: killed ones, and those that are running."""
    if not isinstance(store, StagesImports):
        return
    for key in store.stagings():
        notes = store.staging(key).notes()
        try:
            since = datetime.fromisoformat(notes[0].partition(" ")[0])
            yield StagedImport(key, since, _sum_of(notes[1:]).answer)
        except ValueError:
            yield StagedImport(key)
        except IndexError:
            continue  # it ended in between


def _staged(
    staging: Staging,
    store: Store,
    context: Context,
    parts: Iterable[ImportRecords],
    *,
    are_new: bool,
    names_skipped: bool,
) -> "_Done | Refused":
    """Stage the parts that are not there yet; what all of them store and skip, or the refusal of one."""
    start = Changes(expects=ReadSet(epoch=snapshot_of(store, Query()).settings.epoch))
    under = f"{start.expects.epoch} {context.actor} {context.plan_has_classic} {context.rights!r}"
    notes = staging.notes()
    if not notes or notes[0].partition(" ")[2] != under:
        if notes:
            staging.discard()
        notes = (f"{context.now.isoformat()} {under}",)
        staging.add(start, notes[0])
    done = _sum_of(notes[1:])
    for number, part in enumerate(parts, 1):
        check_type("parts", part, ImportRecords)
        if number < len(notes):
            continue
        if not are_new:
            check_given(part)
        decision = _decided(part, store, staging, context)
        if isinstance(decision, Refused):
            return decision
        result = decision.result if names_skipped else evolve(decision.result, skipped=())
        staging.add(decision.changes or start, _said(result))
        done.add(result)
    return done


def _decided(part: ImportRecords, store: Store, staging: Staging | None, context: Context) -> Decision:
    handler = HANDLERS[ImportRecords]
    query = handler.query(part)
    snapshot = snapshot_of(store, query)
    if staging is not None:
        snapshot = _with_parts(snapshot, query, staging)
    return handler.decide(part, snapshot, context, {})


def _with_parts(snapshot: Snapshot, query: Query, staging: Staging) -> Snapshot:
    """The snapshot with what is staged: its version is 0, since it is not there yet."""
    parts: dict[str, Any] = {}
    for kind in _BROUGHT:
        name = RECORDS[kind]
        ids = getattr(query, name)
        found = staging.records(kind, ids) if ids else {}
        if kind is Kind.ACTIVITY and found:
            parts["bindings"] = {**snapshot.bindings, **{id: bound for id, (_, bound) in found.items()}}
            found = {id: activity for id, (activity, _) in found.items()}
        if found:
            parts[name] = _Both(found, getattr(snapshot, name))
    return evolve(snapshot, **parts)


class _Both(Mapping[Any, Any]):
    """Records that are staged, before those that are there; none of them is read before somebody asks for it."""

    def __init__(self, staged: Mapping[Any, Any], there: Mapping[Any, Any]) -> None:
        self._staged = staged
        self._there = there

    def __getitem__(self, id: Any) -> Any:
        return self._staged[id] if id in self._staged else self._there[id]

    def __contains__(self, id: object) -> bool:
        return id in self._staged or id in self._there

    def __iter__(self) -> Iterator[Any]:
        return iter({**dict.fromkeys(self._there), **dict.fromkeys(self._staged)})

    def __len__(self) -> int:
        return len({*self._there, *self._staged})


class _Done:
    """What all parts together stored and skipped."""

    def __init__(self) -> None:
        self.counts = [0] * len(_COUNTS)
        self._skipped: list[Ref] = []

    def add(self, part: Imported) -> None:
        """Add what one part did."""
        self.counts = list(map(add, self.counts, _numbers(part)))
        self._skipped += part.skipped

    @property
    def answer(self) -> Imported:
        """The answer to the whole import."""
        return Imported(**dict(zip(_COUNTS, self.counts, strict=True)), skipped=tuple(self._skipped))


def _sum_of(notes: Iterable[str]) -> _Done:
    """What the parts with these notes stored and skipped."""
    done = _Done()
    for note in notes:
        done.add(_told(note))
    return done


def _said(done: Imported) -> str:
    """What one part stored and skipped, for whoever goes on with the import."""
    return " ".join([*map(str, _numbers(done)), *map(str, done.skipped)])


def _told(note: str) -> Imported:
    words = note.split()
    counts = dict(zip(_COUNTS, map(int, words), strict=False))
    refs = (each.split(":") for each in words[len(_COUNTS) :])
    return Imported(**counts, skipped=tuple(Ref(Kind(kind), int(id)) for kind, id in refs))


class HeldParts:
    """The staging of a store that has none: `parts` are held in memory, and gone with the process.

    >>> from crmcore.adapters.memory import InMemoryStore
    >>> HeldParts(InMemoryStore.classic(), []).notes()
    ()
    """

    def __init__(self, store: Store, parts: list[tuple[Changes, str]]) -> None:
        self._store = store
        self._parts = parts
        #: The parts in which records were found so far, and the records of each kind in them, by id.
        self._looked_at: list[Changes] = []
        self._records: dict[Kind, dict[Any, Any]] = {}

    def notes(self) -> tuple[str, ...]:
        """See `Staging.notes`."""
        return tuple(note for _, note in self._parts)

    def add(self, part: Changes, note: str) -> None:
        """See `Staging.add`."""
        self._parts.append((part, note))

    def records(self, kind: Kind, ids: Iterable[int]) -> Mapping[int, Any]:
        """See `Staging.records`."""
        records = self._found().get(kind, {})
        return {id: records[id] for id in ids if id in records}

    def _found(self) -> Mapping[Kind, Mapping[Any, Any]]:
        """All records by kind and id; each part is looked at once, unless somebody else has discarded it."""
        parts = [part for part, _ in self._parts]
        if len(parts) < len(self._looked_at) or not all(map(is_, self._looked_at, parts)):
            self._looked_at, self._records = [], {}
        for part in parts[len(self._looked_at) :]:
            for kind in _BROUGHT:
                self._records.setdefault(kind, {}).update(getattr(part, RECORDS[kind]))
            pairs = {id: (activity, part.bindings[id]) for id, activity in part.activities.items()}
            self._records[Kind.ACTIVITY].update(pairs)
        self._looked_at = parts
        return self._records

    def commit(self, events: Sequence[Event] = (), confirm: Callable[[], bool] | None = None) -> None:
        """See `Staging.commit`."""
        self._store.commit(evolve(self.whole(), events=tuple(events)), confirm)
        self.discard()

    def whole(self) -> Changes:
        """All parts as one step; raises `Conflict` where they were decided on different versions."""
        return _together([part for part, _ in self._parts])

    def discard(self) -> None:
        """See `Staging.discard`."""
        self._parts.clear()


def _together(parts: Sequence[Changes]) -> Changes:
    """One step that has all of these; raises `Conflict` where they were decided on different versions."""
    epochs = {part.expects.epoch for part in parts}
    versions: dict[Kind, dict[Any, int]] = {}
    stale = [Ref(Kind.EPOCH, epoch) for epoch in sorted(epochs)[:-1]]
    for part in parts:
        for kind, read in part.expects.versions.items():
            known = versions.setdefault(kind, {})
            stale += [Ref(kind, id) for id, version in read.items() if known.setdefault(id, version) != version]
    if stale:
        raise Conflict(tuple(stale))
    written: dict[str, Any] = {
        name: {id: record for part in parts for id, record in getattr(part, name).items()}
        for name in (*map(RECORDS.__getitem__, _BROUGHT), TABLES[Kind.BINDING])
    }
    return Changes(expects=ReadSet(epoch=max(epochs), versions=versions), **written)

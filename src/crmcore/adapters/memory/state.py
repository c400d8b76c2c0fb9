"""The tables of the in-memory store, their versions and indexes."""

from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import Any

from crmcore.adapters.memory.index import MatchIndex
from crmcore.adapters.memory.numbers import pack, unpack
from crmcore.domain.model.errors import StoreFull
from crmcore.domain.model.ids import MATCHED, NUMBERED, TABLES, ActivityId, Epoch, Kind, LeadId, StageCode
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.text import ID_LIMIT
from crmcore.domain.protocol.events import Event
from crmcore.domain.protocol.filters import LIST_LIMIT, Listing
from crmcore.ports.store import Entry, Listed

__all__ = ["State"]


class State:
    """Everything that one in-memory CRM holds.

    A record has version 1 until it is changed; only higher versions are stored. Bindings are tuples of packed
    references without duplicates, in both directions. A look-up first brings the match index up to date.
    """

    def __init__(self, image: CrmImage, *, events: bool = False) -> None:
        #: What happened, in order; `None` where nobody asked for it.
        self.events: list[Event] | None = [] if events else None
        self.settings = image.settings
        self.stages = image.stages
        self.tables: dict[Kind, dict[Any, Any]] = {
            kind: dict(getattr(image, name))
            for kind, name in TABLES.items()
            if kind not in (Kind.BINDING, Kind.OUTCOME)
        }
        self.versions: dict[Kind, dict[Any, int]] = {kind: {} for kind in (*self.tables, Kind.SETTINGS, Kind.STAGES)}
        self.next_ids = {kind: max(self.tables[kind], default=0) + 1 for kind in NUMBERED}
        self.bindings: dict[ActivityId, tuple[int, ...]] = {}
        self.bound: dict[int, tuple[ActivityId, ...]] = {}
        for activity_id, refs in image.bindings.items():
            self.bindings[activity_id] = tuple(pack(*ref) for ref in sorted(refs))
            for packed in self.bindings[activity_id]:
                self.bound[packed] = (*self.bound.get(packed, ()), activity_id)
        self.outcomes: dict[Epoch, dict[LeadId, LeadOutcome]] = defaultdict(dict)
        self.tallies: dict[Epoch, dict[LeadOutcome, int]] = defaultdict(dict)
        self.marked: dict[Epoch, dict[LeadId, None]] = defaultdict(dict)
        for (epoch, lead_id), outcome in sorted(image.outcomes.items()):
            self.outcomes[epoch][lead_id] = outcome
            self.tallies[epoch][outcome] = self.tallies[epoch].get(outcome, 0) + 1
            if outcome.kind is OutcomeKind.SET_ASIDE:
                self.marked[epoch][lead_id] = None
        self.active: OrderedDict[LeadId, None] = OrderedDict()
        self.activate(sorted(id for id, lead in image.leads.items() if isinstance(lead, Lead) and lead.is_active))
        self.index = MatchIndex()
        self.unindexed: dict[Kind, list[int]] = {kind: list(self.tables[kind]) for kind in MATCHED}
        self._pages: dict[Kind, list[Any]] = {}
        #: Activities that an image binds and does not have: an audit is told of them.
        self._orphans = image.bindings.keys() - image.activities.keys()

    def version(self, kind: Kind, id: Any) -> int:
        """The version of a record now; 0 where there is none."""
        if kind is Kind.MATCH_KEY:
            return self.index.version(id)
        if kind is Kind.OUTCOME:
            return int(id in self.outcomes.get(self.settings.epoch, ()))
        version = self.versions[kind].get(id)
        if version is not None:
            return version
        return int(kind in (Kind.SETTINGS, Kind.STAGES) or id in self.tables[kind])

    def moved_on(self, kind: Kind, read: Mapping[Any, int]) -> list[Any]:
        """The records that no longer have the version that was read."""
        if kind not in self.tables:
            return [id for id, version in read.items() if self.version(kind, id) != version]
        raised, table = self.versions[kind], self.tables[kind]
        return [id for id, version in read.items() if (raised.get(id) or int(id in table)) != version]

    def activate(self, ids: Iterable[LeadId]) -> None:
        """Add leads to the active ones, which stay in id order."""
        active = self.active
        last = next(reversed(active), LeadId(0))
        for id in ids:
            if id not in active:
                active[id] = None
                if id < last:
                    self.active = active = OrderedDict.fromkeys(sorted(active))
                last = next(reversed(active))

    def index_new_records(self) -> None:
        """Bring the match index up to date."""
        for kind, ids in self.unindexed.items():
            table = self.tables[kind]
            for id in ids:
                self.index.put(kind, id, table[id])
            self.unindexed[kind] = []

    def stages_in_use(self) -> frozenset[str]:
        """The lead stages that have leads."""
        return frozenset(lead.stage for lead in self.tables[Kind.LEAD].values() if isinstance(lead, Lead))

    def used_of(self, codes: frozenset[StageCode]) -> frozenset[str]:
        """Which of these lead stages are in use."""
        return codes & self.stages_in_use() if codes else frozenset()

    def reserve(self, kind: Kind, count: int) -> range:
        """New ids above every id that is there."""
        first = self.next_ids[kind]
        if first + count - 1 > ID_LIMIT:
            raise StoreFull(f"no more ids for a {kind.value}: a record with the highest possible id was imported")
        self.next_ids[kind] = first + count
        return range(first, first + count)

    def keep_ids_above(self, kind: Kind, ids: Iterable[int]) -> None:
        """Never hand out an id that was imported."""
        if kind in self.next_ids:
            self.next_ids[kind] = max(self.next_ids[kind], max(ids) + 1)

    def page(self, kind: Kind, after: Any, limit: int) -> tuple[Entry, ...]:
        """The next records of a kind in id order."""
        if kind is Kind.BINDING:
            keys = self._sorted(Kind.ACTIVITY)
            if self._orphans:
                keys = sorted({*keys, *self._orphans})
            return tuple(Entry(id, unpack(self.bindings.get(id, ())), 1) for id in _next(keys, after, limit))
        if kind is Kind.OUTCOME:
            pairs = ((epoch, id) for epoch, outcomes in self.outcomes.items() for id in outcomes)
            keys = nsmallest(limit, pairs if after is None else (pair for pair in pairs if pair > after))
            return tuple(Entry((epoch, id), self.outcomes[epoch][id], 1) for epoch, id in keys)
        table = self.tables[kind]
        return tuple(Entry(id, table[id], self.version(kind, id)) for id in _next(self._sorted(kind), after, limit))

    def listed(self, listing: Listing) -> Listed:
        """The next records that pass the filters, along the shortest list of ids that has them."""
        kind, bound = listing.kind, () if listing.of is None else (listing.of,)
        ids: list[Any]
        if kind is Kind.ACTIVITY and listing.of is not None:
            ids = sorted(self.bound.get(pack(*listing.of), ()))
        elif kind is Kind.LEAD and listing.active:
            ids = list(self.active)
        else:
            ids = self._sorted(kind)
        looked, table = _next(ids, listing.after, LIST_LIMIT + 1), self.tables[kind]
        found: list[Entry] = []
        for id in looked[:LIST_LIMIT]:
            record = table.get(id)
            if listing.takes(record, bound):
                if len(found) == listing.limit:
                    return Listed(tuple(found), found[-1].id)
                found.append(Entry(id, record, self.version(kind, id)))
        return Listed(tuple(found), looked[LIST_LIMIT - 1] if len(looked) > LIST_LIMIT else None)

    def _sorted(self, kind: Kind) -> list[Any]:
        """The ids of a kind in order; records never vanish, so a changed count is all that can change them."""
        known = self._pages.get(kind)
        if known is None or len(known) != len(self.tables[kind]):
            known = self._pages[kind] = sorted(self.tables[kind])
        return known


def _next(keys: list[Any], after: Any, limit: int) -> list[Any]:
    start = 0 if after is None else bisect_right(keys, after)
    return keys[start : start + limit]

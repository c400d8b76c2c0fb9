"""The tables of the in-memory store, their versions and indexes."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import nlargest
from itertools import islice
from operator import attrgetter
from typing import Any

from crmcore.adapters.memory.index import MatchIndex
from crmcore.adapters.memory.numbers import pack, unpack
from crmcore.adapters.memory.order import Order
from crmcore.domain.model.errors import RecordFault, StoreFull
from crmcore.domain.model.ids import MATCHED, NUMBERED, TABLES, ActivityId, Epoch, Kind, LeadId, Ref, StageCode
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.integrity import UNREADABLE, check_bindings, check_whole, is_whole
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchRecord
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

    def __init__(self, image: CrmImage, *, events: bool) -> None:
        for value in (image.settings, image.stages):
            check_whole(value)
        for refs in image.bindings.values():
            check_bindings(refs)
        #: What happened, in order; `None` where nobody asked for it.
        self.events: list[Event] | None = [] if events else None
        self.settings = image.settings
        self.stages = image.stages
        self.tables: dict[Kind, dict[Any, Any]] = {
            kind: dict(getattr(image, name))
            for kind, name in TABLES.items()
            if kind not in (Kind.BINDING, Kind.OUTCOME)
        }
        #: What came with the image and may not be stored, by kind and id, until it is written anew (DATA-1).
        self.damaged: set[tuple[Kind, Any]] = {
            (kind, id)
            for kind, records in (*self.tables.items(), (Kind.OUTCOME, image.outcomes))
            for id, record in records.items()
            if not is_whole(record)
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
        self.order = Order(self.tables, self.outcomes, self.bindings)
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
        """Bring the match index up to date; who cannot be read is found by the addresses that can be."""
        for kind, ids in self.unindexed.items():
            table = self.tables[kind]
            for id in ids:
                record = table[id]
                lost = (kind, id) in self.damaged and not is_whole(getattr(record, "contact_points", None))
                self.index.put(kind, id, None if lost else record)
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

    def check(self, kind: Kind, ids: Iterable[Any]) -> None:
        """Raise the `RecordFault` of the first of these records that cannot be read."""
        for id in ids if self.damaged else ():
            if (kind, id) in self.damaged:
                raise RecordFault(Ref(kind, id), UNREADABLE)

    def page(self, kind: Kind, after: Any, limit: int) -> tuple[Entry, ...]:
        """The next records of a kind in id order."""
        if kind is Kind.BINDING:
            ids: Iterable[Any] = self.order.all(Kind.ACTIVITY, after)
            if self._orphans:
                ids = sorted({*ids, *(id for id in self._orphans if after is None or id > after)})
            return tuple(Entry(id, unpack(self.bindings.get(id, ())), 1) for id in islice(ids, limit))
        if kind is Kind.OUTCOME:
            pairs = list(islice(self._outcomes(after), limit))
            for epoch, lead in pairs if self.damaged else ():
                if (kind, (epoch, lead)) in self.damaged:
                    raise RecordFault(Ref(kind, lead), UNREADABLE, (epoch, lead))
            return tuple(Entry((epoch, id), self.outcomes[epoch][id], 1) for epoch, id in pairs)
        table, ids = self.tables[kind], list(islice(self.order.all(kind, after), limit))
        self.check(kind, ids)
        versions = self.versions[kind]
        return tuple([Entry(id, table[id], versions.get(id, 1)) for id in ids])

    def _outcomes(self, after: tuple[Epoch, LeadId] | None) -> Iterator[tuple[Epoch, LeadId]]:
        """The epochs and leads of the outcomes in order."""
        epoch, lead = after or (0, None)
        for each in sorted(each for each in self.outcomes if each >= epoch):
            yield from ((each, id) for id in self.order.all(each, lead if each == epoch else None))

    def listed(self, listing: Listing) -> Listed:
        """The next records that pass the filters, along the order that has those of one of them."""
        kind, bound = listing.kind, () if listing.of is None else (listing.of,)
        table, last = self.tables[kind], None
        found: list[Entry] = []
        for looked, id in enumerate(self.order.passing(listing)):
            if looked == LIST_LIMIT:
                return Listed(tuple(found), last)
            last, record = id, table.get(id)
            if listing.takes(record, bound) and self._within(listing, id):
                if len(found) == listing.limit:
                    return Listed(tuple(found), found[-1].id)
                self.check(kind, (id,))
                found.append(Entry(id, record, self.version(kind, id)))
        return Listed(tuple(found), None)

    def newest_switches(self, before: int, limit: int) -> tuple[SwitchRecord, ...]:
        """The switches before the one of an epoch, or all for 0, the newest first."""
        earlier = (each for each in self.tables[Kind.SWITCH].values() if not before or each.epoch < before)
        return tuple(nlargest(limit, earlier, key=attrgetter("epoch")))

    def _within(self, listing: Listing, id: int) -> bool:
        """Whether an activity is bound to a record that passes one of the filters of `bound_to`, if there are any."""
        if not listing.bound_to:
            return True
        bound = unpack(self.bindings.get(ActivityId(id), ()))
        return any(
            each.kind is ref.kind and each.takes(self.tables[ref.kind].get(ref.id))
            for ref in bound
            for each in listing.bound_to
        )

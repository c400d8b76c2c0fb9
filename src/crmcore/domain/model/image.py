"""A whole CRM as one value: for exports and imports, and for checking broken data against the laws."""

from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from attrs import field, frozen

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, DealId, Epoch, Kind, LeadId, PipelineId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import CommandRecord, LedgerRow, SwitchRecord
from crmcore.domain.model.outcomes import LeadOutcome
from crmcore.domain.model.pipeline import Pipeline, default_pipeline
from crmcore.domain.model.settings import CrmMode, Settings
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages
from crmcore.domain.model.text import NOTHING, Discreet
from crmcore.domain.model.tombstone import Tombstone

__all__ = ["BATCH", "CrmImage", "ReadTable", "batches_of", "bound_activities", "in_batches", "in_order", "new_crm"]

K = TypeVar("K")
T = TypeVar("T")
V = TypeVar("V")

#: How many records are one batch.
BATCH = 500


@frozen(kw_only=True, repr=False, eq=False)
class CrmImage(Discreet):
    """Every record of one CRM by id; `deals` may hold anything, so that damage can be shown.

    `settings` and `stages` are those in force. `pipelines`, `leads`, `deals`, `contacts`, `companies` and `activities`
    go by id, deleted ones as a `Tombstone`; `bindings` by activity, `ledger` by lead, `outcomes` by epoch and lead,
    `switches` and `commands` by key.

    >>> sorted(CrmImage().leads)
    []
    """

    settings: Settings = field(factory=Settings)
    stages: LeadStages = DEFAULT_LEAD_STAGES
    pipelines: Mapping[PipelineId, Pipeline] = field(default=NOTHING)
    leads: Mapping[LeadId, Lead | Tombstone] = field(default=NOTHING)
    deals: Mapping[DealId, Deal | Tombstone] = field(default=NOTHING)
    contacts: Mapping[ContactId, Contact | Tombstone] = field(default=NOTHING)
    companies: Mapping[CompanyId, Company | Tombstone] = field(default=NOTHING)
    activities: Mapping[ActivityId, Activity | Tombstone] = field(default=NOTHING)
    bindings: Mapping[ActivityId, frozenset[Ref]] = field(default=NOTHING)
    ledger: Mapping[LeadId, LedgerRow] = field(default=NOTHING)
    outcomes: Mapping[tuple[Epoch, LeadId], LeadOutcome] = field(default=NOTHING)
    switches: Mapping[str, SwitchRecord] = field(default=NOTHING)
    commands: Mapping[str, CommandRecord] = field(default=NOTHING)


def new_crm(mode: CrmMode = CrmMode.SIMPLE) -> CrmImage:
    """A CRM without records, with the default stages and pipeline; Simple by default (MODE-2).

    `mode` is a `CrmMode`.

    >>> new_crm(CrmMode.CLASSIC).settings.mode.name
    'CLASSIC'
    """
    pipeline = default_pipeline()
    return CrmImage(settings=Settings(mode=mode), pipelines={pipeline.id: pipeline})


class ReadTable(Mapping[K, V]):
    """A table of an image that holds nothing: whoever goes through it reads it, in the order of ids.

    `read` yields batches: ids, and the record of each. To look for one id is to read up to it.

    >>> list(ReadTable(lambda: iter([([1, 2], ["a", "b"])])).items())
    [(1, 'a'), (2, 'b')]
    """

    def __init__(self, read: Callable[[], Iterator[tuple[Sequence[K], Sequence[V]]]]) -> None:
        self.read = read

    def __iter__(self) -> Iterator[K]:
        return (id for ids, _ in self.read() for id in ids)

    def items(self) -> ItemsView[K, V]:
        """Every id with its record, read once."""
        return _Items(self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, wanted: K) -> V:
        for id, record in self.items():
            if id == wanted:
                return record
        raise KeyError(wanted)


class _Items(ItemsView[K, V]):
    def __init__(self, table: ReadTable[K, V]) -> None:
        super().__init__(table)
        self._table = table

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return in_order(self._table)


def in_batches(things: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The same things, `size` of them at once.

    >>> [len(batch) for batch in in_batches(range(1_200))]
    [500, 500, 200]
    """
    left = iter(things)
    while batch := list(islice(left, size)):
        yield batch


def batches_of(table: Mapping[Any, V]) -> Iterator[tuple[Sequence[Any], Sequence[V]]]:
    """The ids of a table of an image in their order, some at once, and the record of each."""
    if isinstance(table, ReadTable):
        return table.read()
    return ((ids, [table[id] for id in ids]) for ids in in_batches(sorted(table)))


def in_order(table: Mapping[Any, V]) -> Iterator[tuple[Any, V]]:
    """The same one by one."""
    return (pair for batch in batches_of(table) for pair in zip(*batch, strict=True))


def bound_activities(image: CrmImage) -> Iterator[tuple[Activity | Tombstone, frozenset[Ref]]]:
    """Each activity in the order of ids with what it is bound to.

    Raises `RecordFault` for one that is bound and not there where the image is read from a store: without it the rest
    would look complete.
    """
    bindings = in_order(image.bindings)
    next_id, bound = next(bindings, _END)
    for id, activity in in_order(image.activities):
        while next_id is not None and next_id < id:
            _check_there(image, next_id)
            next_id, bound = next(bindings, _END)
        if next_id == id:
            yield activity, bound
            next_id, bound = next(bindings, _END)
        else:
            yield activity, frozenset()
    if next_id is not None:
        _check_there(image, next_id)


def _check_there(image: CrmImage, id: ActivityId) -> None:
    if isinstance(image.bindings, ReadTable):
        raise RecordFault(Ref(Kind.ACTIVITY, id), "missing")


_END: tuple[Any, frozenset[Ref]] = (None, frozenset())

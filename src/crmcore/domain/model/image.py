"""A whole CRM as one value: for exports and imports, and for checking broken data against the laws."""

from collections.abc import Callable, ItemsView, Iterator, Mapping
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

__all__ = ["CrmImage", "ReadTable", "bound_activities", "in_order", "new_crm"]

K = TypeVar("K")
V = TypeVar("V")


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

    `read` yields every id with its record. To look for one id is to read up to it.

    >>> list(ReadTable(lambda: iter([(1, "a"), (2, "b")])).items())
    [(1, 'a'), (2, 'b')]
    """

    def __init__(self, read: Callable[[], Iterator[tuple[K, V]]]) -> None:
        self.read = read

    def __iter__(self) -> Iterator[K]:
        return (id for id, _ in self.read())

    def items(self) -> ItemsView[K, V]:
        """Every id with its record, read once."""
        return _Items(self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, wanted: K) -> V:
        for id, record in self.read():
            if id == wanted:
                return record
        raise KeyError(wanted)


class _Items(ItemsView[K, V]):
    def __init__(self, table: ReadTable[K, V]) -> None:
        super().__init__(table)
        self._table = table

    def __iter__(self) -> Iterator[tuple[K, V]]:
        return self._table.read()


def in_order(table: Mapping[Any, V]) -> Iterator[tuple[Any, V]]:
    """The records of a table of an image with their ids, in the order of these."""
    if isinstance(table, ReadTable):
        return table.read()
    return ((id, table[id]) for id in sorted(table))


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

"""A whole CRM as one value: read from a store, or written into a new one, through the port of every store."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

from attrs import evolve

from crmcore.application.answers import rights_of, snapshot_of
from crmcore.application.pages import at_one_time, pages
from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.ids import TABLES, ActivityId, Epoch, Kind, LeadId, Ref, UserId
from crmcore.domain.model.image import CrmImage, ReadTable
from crmcore.domain.model.outcomes import LeadOutcome, Refused
from crmcore.domain.model.text import check_id
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.authority import may_export
from crmcore.domain.rules.binding import targets_of
from crmcore.ports.permissions import Permissions
from crmcore.ports.store import Reads, Store

__all__ = ["export_of", "image_of", "load_image", "read_image"]


def image_of(store: Store) -> CrmImage:
    """Read the whole CRM in this store as one value, as of one moment if the store `ReadsAtOneTime`.

    `store` is any store; on one that does not, nobody may write meanwhile. Raises `ContractBroken` if the store's pages
    do not advance, `RecordFault` for the first record that cannot be read and for an activity that is bound and not
    there, since an image without it would look complete, and any other `StoreError` of the store.

    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> leads = p.leads(2)
    >>> len(image_of(p.store).leads)
    2
    """
    with read_image(store) as image:
        tables: dict[str, Any] = {name: dict(getattr(image, name).items()) for name in TABLES.values()}
    for id in tables["bindings"].keys() - tables["activities"].keys():
        raise RecordFault(Ref(Kind.ACTIVITY, id), "missing")
    return evolve(image, **tables)


@contextmanager
def read_image(store: Store) -> Iterator[CrmImage]:
    """The same, holding one page at a time: each table is read by whoever goes through it, inside the block.

    `store` and what is raised are as for `image_of`; a fault of a record is raised where it is read.

    >>> with read_image(p.store) as image:
    ...     [id for id, lead in image.leads.items()]
    [1, 2]
    """
    with at_one_time(store) as reads:
        snapshot = snapshot_of(reads, Query(stages=True))
        tables: dict[str, Any] = {name: ReadTable(partial(_records, reads, kind)) for kind, name in TABLES.items()}
        yield CrmImage(settings=snapshot.settings, stages=snapshot.the_stages, **tables)


def export_of(store: Store, permissions: Permissions, actor: UserId) -> AbstractContextManager[CrmImage] | Refused:
    """The whole CRM for an actor to write down, a page at a time, or why not: see `Crm.export` and `read_image`.

    `store` and `permissions` are those of the CRM, `actor` needs the export right. Refused as `not_permitted` (PERM-6).
    Raises `InvalidValue` for an actor that is no id.

    >>> from crmcore.testing import ADMIN
    >>> with export_of(p.store, p.roles, ADMIN) as image:
    ...     len(image.leads)
    2
    """
    check_id("actor", actor)
    return may_export(rights_of(permissions, actor)) or read_image(store)


def _records(reads: Reads, kind: Kind) -> Iterator[tuple[Sequence[Any], Sequence[Any]]]:
    for page in pages(reads, kind):
        yield [entry.id for entry in page], [entry.record for entry in page]


def load_image(store: Store, image: CrmImage) -> None:
    """Write every record of an image into an empty store, so that `image_of` returns the image again.

    The first commit writes the records. One commit for each epoch then writes the outcomes of earlier switches, since a
    store records outcomes under its current epoch. If the store fails halfway, discard it.
    Nothing is checked: if the image breaks a law, the store breaks it too.

    `store` must have only the records of a new CRM; `image` is a `CrmImage`. Raises whatever the store raises.

    >>> from crmcore.adapters.memory import InMemoryStore
    >>> copy = InMemoryStore()
    >>> load_image(copy, image_of(p.store))
    >>> image_of(copy) == image_of(p.store)
    True
    """
    outcomes = _by_epoch(image.outcomes)
    epochs = (*sorted(outcomes), image.settings.epoch)
    store.commit(
        Changes(
            expects=store.snapshot(Query(pipelines=True)).read,
            settings=evolve(image.settings, epoch=epochs[0]),
            stages=image.stages,
            **{name: getattr(image, name) for kind, name in TABLES.items() if kind is not Kind.OUTCOME},
        )
    )
    _take_away(store, image)
    for epoch, following in pairwise(epochs):
        store.commit(
            Changes(
                expects=store.snapshot(Query()).read,
                settings=evolve(image.settings, epoch=following),
                outcomes=outcomes[epoch],
            )
        )


def _by_epoch(outcomes: Mapping[tuple[Epoch, LeadId], LeadOutcome]) -> dict[Epoch, dict[LeadId, LeadOutcome]]:
    found: dict[Epoch, dict[LeadId, LeadOutcome]] = {}
    for (epoch, lead_id), outcome in outcomes.items():
        found.setdefault(epoch, {})[lead_id] = outcome
    return found


def _take_away(store: Store, image: CrmImage) -> None:
    """A ledger row binds its activities; where somebody has unbound one since, it is unbound again."""
    gone: dict[ActivityId, frozenset[Ref]] = {}
    for row in image.ledger.values():
        targets = frozenset(targets_of(row))
        for id in row.activity_ids:
            gone[id] = gone.get(id, frozenset()) | (targets - image.bindings.get(id, frozenset()))
    unbound = {id: refs for id, refs in gone.items() if refs}
    if unbound:
        store.commit(Changes(expects=store.snapshot(Query()).read, unbound=unbound))

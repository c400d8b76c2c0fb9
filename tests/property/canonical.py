"""A CRM without what may differ between two ways to the same end: new ids, instants, versions, epochs.

Records that a conversion made are named by the lead they come from (SWITCH-11).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import fields

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.images import image_of
from crmcore.application.pages import pages
from crmcore.domain.model.ids import Kind, LeadId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.snapshot import Query
from crmcore.ports.store import Store

__all__ = ["PAGED", "canonical", "everything", "loaded"]

PAGED = (
    Kind.LEAD,
    Kind.DEAL,
    Kind.CONTACT,
    Kind.COMPANY,
    Kind.ACTIVITY,
    Kind.PIPELINE,
    Kind.LEDGER,
    Kind.SWITCH,
    Kind.COMMAND,
    Kind.BINDING,
    Kind.OUTCOME,
)
_TIMES = frozenset({"created_at", "completed_at", "converted_at", "deleted_at"})

Name = tuple[Any, ...]


def everything(store: Store) -> tuple[Any, ...]:
    """All records of a store with all their versions: equal means that nothing at all has changed."""
    versions = {kind: {entry.id: entry.version for page in pages(store, kind) for entry in page} for kind in PAGED}
    read = store.snapshot(Query(settings=True, stages=True)).read
    return image_of(store), versions, read


def loaded(image: CrmImage) -> InMemoryStore:
    """A store with this CRM."""
    return InMemoryStore(image)


def canonical(image: CrmImage, *, shared_clients: bool = False) -> Mapping[Name, Any]:
    """Every card, activity and ledger row by name, without new ids and instants.

    With `shared_clients`, a client is named by all leads that became deals on it, and its fields are left out: which
    lead gave them is open when matching is on.
    """
    names = _names(image, shared_clients)
    found: dict[Name, Any] = {}
    for kind, table in (
        (Kind.LEAD, image.leads),
        (Kind.DEAL, image.deals),
        (Kind.CONTACT, image.contacts),
        (Kind.COMPANY, image.companies),
        (Kind.ACTIVITY, image.activities),
    ):
        for id, record in table.items():
            name = names.get((kind, id), (kind, id))
            assert name not in found, name  # two records of one name would hide one of them
            hidden = shared_clients and name[0] == "client"
            found[name] = None if hidden else _plain(kind, record, names)
    for lead_id, row in image.ledger.items():
        plain = _plain(Kind.LEDGER, row, names)
        if shared_clients:
            del plain["not_carried"]  # what the shared client did not get depends on who gave it its fields
        found["row", lead_id] = plain
    for activity_id, refs in image.bindings.items():
        found["bindings", activity_id] = frozenset(names.get(tuple(ref), tuple(ref)) for ref in refs)
    return found


def _names(image: CrmImage, shared_clients: bool) -> dict[Name, Name]:
    names: dict[Name, Name] = {}
    for deal in image.deals.values():
        if deal.lead_id is not None:
            names[Kind.DEAL, deal.id] = ("deal of", deal.lead_id)
    clients: list[tuple[Kind, Iterable[Any], str]] = [
        (Kind.CONTACT, image.contacts.values(), "contact_id"),
        (Kind.COMPANY, image.companies.values(), "company_id"),
    ]
    for kind, records, link in clients:
        for client in records:
            if client.lead_id is None:
                continue
            if shared_clients:
                users: list[LeadId] = sorted(id for id, row in image.ledger.items() if getattr(row, link) == client.id)
                names[kind, client.id] = ("client", kind, tuple(users))
            else:
                names[kind, client.id] = (f"{kind} of", client.lead_id)
    return names


_LINKS = {"deal_id": Kind.DEAL, "contact_id": Kind.CONTACT, "company_id": Kind.COMPANY}


def _plain(kind: Kind, record: Any, names: Mapping[Name, Name]) -> dict[str, Any]:
    plain: dict[str, Any] = {"": type(record).__name__}
    for each in fields(type(record)):
        value = getattr(record, each.name)
        if each.name in _TIMES or (each.name == "id" and kind is not Kind.LEDGER):
            continue
        if each.name in _LINKS and value is not None:
            value = names.get((_LINKS[each.name], value), (_LINKS[each.name], value))
        if each.name == "unbound":
            value = frozenset(names.get(tuple(ref), tuple(ref)) for ref in value)
        plain[each.name] = value
    if isinstance(record, Tombstone):
        plain.pop("kind")
    return plain

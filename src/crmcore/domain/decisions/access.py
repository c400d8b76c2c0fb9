"""The first questions of most decisions: is the record there, may the actor see it, may the actor touch it (PERM-6)."""

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.card import Card
from crmcore.domain.model.ids import CARDS, RECORDS, ActivityId, Kind, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.protocol.decision import Context
from crmcore.domain.protocol.filters import Listing
from crmcore.domain.protocol.snapshot import Snapshot
from crmcore.domain.rules.authority import Level, Operation

__all__ = [
    "cards_of",
    "is_gone",
    "linked",
    "may_add",
    "missing_link",
    "open_activity",
    "open_card",
    "open_lead",
    "within_reach",
]

_LINKS = {"contact_id": Kind.CONTACT, "company_id": Kind.COMPANY}


def cards_of(snapshot: Snapshot, kind: Kind) -> Mapping[Any, Any]:
    """The leads, deals, contacts or companies of a snapshot."""
    cards: Mapping[Any, Any] = getattr(snapshot, RECORDS[kind])
    return cards


def open_card(snapshot: Snapshot, ref: Ref, context: Context, operation: Operation) -> Any:
    """The record, or the refusal.

    A record that is missing, deleted or not to be read by the actor answers alike: it does not exist.
    """
    record = cards_of(snapshot, ref.kind).get(ref.id)
    if record is None or isinstance(record, Tombstone):
        return Refused(Reason.UNKNOWN_RECORD, ref)
    if not context.rights.reach(Operation.READ, ref.kind, record, context.actor):
        return Refused(Reason.UNKNOWN_RECORD, ref)
    if not context.rights.reach(operation, ref.kind, record, context.actor):
        return Refused(Reason.NOT_PERMITTED, ref, "PERM-6")
    return record


def is_gone(snapshot: Snapshot, ref: Ref, context: Context, operation: Operation) -> bool:
    """Whether the record was deleted since, to an actor who has the right to this operation on some of its kind.

    A keyed command that was carried out before then answers as it did (EDIT-1), since keys come before records.
    """
    deleted = isinstance(cards_of(snapshot, ref.kind).get(ref.id), Tombstone)
    return deleted and context.rights.level(operation, ref.kind) > 0


def open_lead(snapshot: Snapshot, lead_id: int, context: Context, operation: Operation) -> Lead | Refused:
    """The lead, or the refusal."""
    found: Lead | Refused = open_card(snapshot, Ref(Kind.LEAD, lead_id), context, operation)
    return found


def open_activity(snapshot: Snapshot, id: ActivityId, context: Context) -> Activity | Refused:
    """The activity, or the refusal: it is read by who may read one of the records that it is bound to (D-12)."""
    found = snapshot.activities.get(id)
    if isinstance(found, Activity) and _reads_one_of(snapshot.bindings[id], snapshot, context):
        return found
    return Refused(Reason.UNKNOWN_RECORD, Ref(Kind.ACTIVITY, id))


def _reads_one_of(refs: Iterable[Ref], snapshot: Snapshot, context: Context) -> bool:
    answers = (open_card(snapshot, ref, context, Operation.READ) for ref in refs)
    return context.rights.administrator or any(not isinstance(answer, Refused) for answer in answers)


def within_reach(listing: Listing, context: Context) -> Listing | None:
    """The list narrowed to what the actor may read (PERM-5), as far as filters can say it; `None` if that is nothing.

    They cannot say in which pipeline a deal is: that is asked record by record. Activities are narrowed to those that
    are bound to a record within reach (D-12).
    """
    if listing.kind is Kind.ACTIVITY:
        cards = tuple(filter(None, (within_reach(Listing(kind=kind), context) for kind in CARDS)))
        if len(cards) == len(CARDS) and not any(each.responsible for each in cards):
            return listing
        return evolve(listing, bound_to=cards) if cards else None
    level = context.rights.widest(Operation.READ, listing.kind)
    if level is Level.NONE:
        return None
    if level is Level.ALL:
        return listing
    return evolve(listing, responsible=context.actor, open_to_all=level is Level.OPEN)


def may_add(context: Context, kind: Kind, record: Card) -> Refused | None:
    """The refusal of a new record that the actor may not add, if it is refused."""
    if context.rights.reach(Operation.ADD, kind, record, context.actor):
        return None
    return Refused(Reason.NOT_PERMITTED, None, "PERM-6")


def linked(fields: Mapping[str, Any], name: str) -> tuple[Any, ...]:
    """The id under a name of the fields of a command, to be read beside; none where it names none."""
    return () if fields.get(name) is None else (fields[name],)


def missing_link(fields: Mapping[str, Any], snapshot: Snapshot, context: Context) -> Refused | None:
    """The refusal of a link to a client that is missing or hidden from the actor, which is one answer (PERM-6)."""
    for name, kind in _LINKS.items():
        id = fields.get(name)
        if id is not None:
            found = open_card(snapshot, Ref(kind, id), context, Operation.READ)
            if isinstance(found, Refused):
                return found
    return None

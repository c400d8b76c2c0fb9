"""What a host does to records in its transactions, by chance, and what it notes of each: which event that makes."""

import random
from collections.abc import Callable
from typing import Any

from crmcore import ActivityId, ClientChoice, ConvertedLead, Crm, Kind, LeadId, ModeSwitchPolicy, Ref, Refused, touch
from crmcore.ports import ActivitiesCompleted, Store
from crmcore.testing.contracts.scene import ADMIN, accepted

__all__ = ["DOINGS", "Said", "about", "do_one"]

#: Which record, and the name of the event about it.
Said = tuple[Ref, str]

_CARDS = (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY)
#: What can be done to a record of each kind.
DOINGS: dict[Kind, tuple[str, ...]] = {
    Kind.LEAD: ("close", "reopen", "convert", "convert", "edit", "log", "log", "touch", "delete", "erase"),
    Kind.DEAL: ("edit", "log", "delete"),
    Kind.CONTACT: ("edit", "log", "delete", "erase"),
    Kind.COMPANY: ("edit", "log", "delete", "erase"),
    Kind.ACTIVITY: ("edit", "complete", "reopen", "bind", "bind", "unbind", "delete"),
}


def about(event: Any) -> Ref:
    """The record that an event is about."""
    if isinstance(event, ActivitiesCompleted):
        return Ref(Kind.ACTIVITY, event.activity_ids[0])
    if hasattr(event, "activity_id"):
        return Ref(Kind.ACTIVITY, event.activity_id)
    return event.ref if hasattr(event, "ref") else Ref(Kind.LEAD, event.lead_id)


def do_one(crm: Crm, store: Store, rng: random.Random, known: list[Ref], new: float = 0.2) -> list[Said]:
    """One command on one of the records that are `known`, or a new lead; what is new is known from then on.

    Nothing is said where it is refused or changes nothing.
    """
    if not known or rng.random() < new:
        known.append(Ref(Kind.LEAD, accepted(crm.add_lead(ADMIN, title=f"Lead {rng.random()}"))))
        return [(known[-1], "LeadAdded")]
    ref = rng.choice(known)
    read: dict[Kind, Callable[..., Any]] = {
        Kind.LEAD: crm.lead,
        Kind.DEAL: crm.deal,
        Kind.CONTACT: crm.contact,
        Kind.COMPANY: crm.company,
        Kind.ACTIVITY: crm.activity,
    }
    found, doing = read[ref.kind](ADMIN, ref.id), rng.choice(DOINGS[ref.kind])
    if isinstance(found, Refused):
        return []
    if ref.kind is Kind.ACTIVITY:
        return _to_activity(crm, rng, ref, found, doing, [each for each in known if each.kind in _CARDS])
    return _to_card(crm, store, rng, ref, found, doing, known)


def _to_card(
    crm: Crm, store: Store, rng: random.Random, ref: Ref, found: Any, doing: str, known: list[Ref]
) -> list[Said]:
    at: Any = ref.id
    match doing:
        case "close":
            return _said(crm.close_lead(ADMIN, at), ref, "LeadClosed") if found.record.is_active else []
        case "reopen":
            return _said(crm.reopen_lead(ADMIN, at), ref, "LeadReopened") if not found.record.is_active else []
        case "convert":
            policy = ModeSwitchPolicy(client=rng.choice(tuple(ClientChoice)))
            answer = crm.convert_lead(ADMIN, at, policy=policy)
            if not isinstance(answer, ConvertedLead) or answer.already:
                return []
            row = answer.row
            made = ((Kind.DEAL, row.deal_id), (Kind.CONTACT, row.contact_id), (Kind.COMPANY, row.company_id))
            known += [Ref(kind, id) for kind, id in made if id is not None]
            return [(ref, "LeadConverted")]
        case "edit":
            edits: dict[Kind, Any] = {Kind.LEAD: crm.edit_lead, Kind.DEAL: crm.edit_deal}
            edits |= {Kind.CONTACT: crm.edit_contact, Kind.COMPANY: crm.edit_company}
            return _edited(edits[ref.kind](ADMIN, at, found, comments=f"{rng.random()}"), ref, found)
        case "log":
            also = {each for each in rng.sample(known, min(1, len(known))) if each.kind in _CARDS}
            added = crm.add_activity(ADMIN, of={ref, *also}, subject=f"Call {rng.random()}")
            if isinstance(added, Refused):
                return []
            known.append(Ref(Kind.ACTIVITY, added))
            return [(known[-1], "ActivityAdded")]
        case "touch":
            touch(store, LeadId(at))
            return []
        case "delete":
            deletes: dict[Kind, Any] = {Kind.LEAD: crm.delete_lead, Kind.DEAL: crm.delete_deal}
            deletes |= {Kind.CONTACT: crm.delete_contact, Kind.COMPANY: crm.delete_company}
            return _said(deletes[ref.kind](ADMIN, at), ref, "LeadDeleted" if ref.kind is Kind.LEAD else "RecordDeleted")
    erased = accepted(crm.erase(ADMIN, ref))
    emptied = ((Kind.DEAL, erased.deals), (Kind.CONTACT, erased.contacts), (Kind.COMPANY, erased.companies))
    cards = [(Ref(kind, id), "RecordErased") for kind, ids in emptied for id in ids]
    cards += [(Ref(Kind.LEAD, id), "LeadDeleted") for id in erased.leads]
    return [*sorted(cards), *((Ref(Kind.ACTIVITY, id), "ActivityDeleted") for id in erased.activities)]


def _to_activity(crm: Crm, rng: random.Random, ref: Ref, found: Any, doing: str, cards: list[Ref]) -> list[Said]:
    at = ActivityId(int(ref.id))
    match doing:
        case "edit":
            return _edited(crm.edit_activity(ADMIN, at, found, subject=f"{rng.random()}"), ref, found)
        case "complete":
            return [] if found.record.completed else _said(crm.complete_activity(ADMIN, at), ref, "ActivitiesCompleted")
        case "reopen":
            return _said(crm.reopen_activity(ADMIN, at), ref, "ActivityReopened") if found.record.completed else []
        case "delete":
            return _said(crm.delete_activity(ADMIN, at), ref, "ActivityDeleted")
    bound = accepted(crm.bindings(ADMIN, at))
    if doing == "unbind":
        return _said(crm.unbind_activity(ADMIN, at, rng.choice(sorted(bound))), ref, "ActivityUnbound")
    card = rng.choice(cards) if cards else None
    return [] if card is None or card in bound else _said(crm.bind_activity(ADMIN, at, card), ref, "ActivityBound")


def _said(answer: Any, ref: Ref, said: str) -> list[Said]:
    return [] if isinstance(answer, Refused) else [(ref, said)]


def _edited(answer: Any, ref: Ref, found: Any) -> list[Said]:
    """The same again, as a process may have done that was killed, changes nothing."""
    return [] if answer == found.version else _said(answer, ref, "RecordEdited")

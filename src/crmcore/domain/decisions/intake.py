"""Decisions about inquiries: a lead in Classic, a deal and a client at once otherwise (INTAKE-1 to 3, INTAKE-6)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from attrs import evolve

from crmcore.domain.decisions.activities import moved_along
from crmcore.domain.decisions.batch import Batch, ids_for
from crmcore.domain.decisions.keyed import is_keyed, made_before, record_of
from crmcore.domain.decisions.terms import current_terms, policy_in_force
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.ids import CLIENTS, MATCHED, ActivityId, CompanyId, ContactId, Kind, LeadId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.settings import RepeatInquiry
from crmcore.domain.model.values import ContactPoints, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import Command, TakeInquiry
from crmcore.domain.protocol.decision import Accepted, Context, Decision, Handler, NewIds
from crmcore.domain.protocol.events import InquiryTaken, LeadAdded
from crmcore.domain.protocol.results import InquiryHeld
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.authority import Operation, may_convert
from crmcore.domain.rules.conversion import link_left
from crmcore.domain.rules.matching import MatchKey, match_keys
from crmcore.domain.rules.mode import Asked, Does, behaviour
from crmcore.domain.rules.touch import lost_when_attached, message_of, without_known_points

__all__ = ["HANDLERS", "decide_inquiry", "known_client"]


_R = TypeVar("_R", Deal, Contact, Company)

#: An inquiry without leads is shaped like a lead and converted like one, but no lead is stored.
_NO_LEAD = LeadId(0)
#: Before every deal.
_DAWN = datetime.min.replace(tzinfo=UTC)


class _Sender(NamedTuple):
    """One client as a sender may be known: a contact with its company, or a company alone (INTAKE-3)."""

    contact_id: ContactId | None
    company_id: CompanyId | None

    def refs(self) -> list[Ref]:
        refs = []
        if self.contact_id is not None:
            refs.append(Ref(Kind.CONTACT, self.contact_id))
        if self.company_id is not None:
            refs.append(Ref(Kind.COMPANY, self.company_id))
        return refs


def decide_inquiry(command: TakeInquiry, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what an inquiry becomes, and record the touch as an activity of it.

    Classic: attached to the sender's active lead, else a new lead, bound to the sender's client where there is one.
    Otherwise: a deal, on the sender's client or on a new one; no active lead ever exists (INTAKE-2).
    """
    in_classic = behaviour(Asked.TAKE_INQUIRY, context.state(snapshot.settings)).does is Does.KEEP_LEAD
    terms = current_terms(snapshot)
    if _became_lead(snapshot, in_classic):
        if context.rights.level(Operation.ADD, Kind.LEAD) == 0:
            return Refused(Reason.NOT_PERMITTED, None, "PERM-6")
    else:
        policy = policy_in_force(snapshot.settings)
        refused = may_convert(context.rights, policy.client, policy.pipeline)
        if refused is not None:
            return refused
    made = made_before(command, snapshot)
    if made is not None:
        return made if isinstance(made, Refused) else Accepted(_held_before(made, snapshot))
    if in_classic:
        return _in_classic(command, snapshot, context, ids)
    if isinstance(terms, Refused):
        return terms
    client = known_client(snapshot, command)
    if client is not None and snapshot.settings.repeat_inquiry is RepeatInquiry.ATTACH:
        deal = _newest_deal(client, snapshot)
        if deal is not None:
            return _attached(command, snapshot, context, ids, deal, client.refs())
    return _as_deal(command, snapshot, context, ids, client)


def _became_lead(snapshot: Snapshot, in_classic: bool) -> bool:
    """Whether the right asked is that on leads: as the mode says, or as what an earlier inquiry of this key became."""
    return in_classic if snapshot.command is None else snapshot.command.made[0].kind is Kind.LEAD


def _in_classic(command: TakeInquiry, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    active = _active_lead(snapshot, command)
    if active is not None:
        return _attached(command, snapshot, context, ids, active, ())
    client = known_client(snapshot, command) or _Sender(None, None)
    lead = _lead_of(command, snapshot, context, LeadId(next(ids[Kind.LEAD])), client)
    ref = Ref(Kind.LEAD, lead.id)
    activity = _touch(command, context, ids, message_of(lead), command.subject)
    changes = Changes(
        expects=snapshot.read,
        leads={lead.id: lead},
        activities={activity.id: activity},
        bindings={activity.id: frozenset({ref})},
        commands=record_of(command, ref, Ref(Kind.ACTIVITY, activity.id)),
    )
    events = (LeadAdded(lead.id), InquiryTaken(ref, activity.id))
    return Accepted(InquiryHeld(ref, activity.id), changes, events)


def _attached(
    command: TakeInquiry,
    snapshot: Snapshot,
    context: Context,
    ids: NewIds,
    record: Lead | Deal,
    client: Collection[Ref],
) -> Decision:
    """The touch recorded on something that is there already, and on its client; the rest is named as lost.

    The answer, and the one that the key repeats, leaves out the id of what the actor may not read (PERM-6).
    """
    ref = Ref(Kind.LEAD if isinstance(record, Lead) else Kind.DEAL, record.id)
    inquiry = _lead_of(command, snapshot, context, _NO_LEAD, _Sender(None, None))
    title = command.fields.get("title") or ""
    subject = command.subject if command.subject and command.subject.strip() else title
    lost = lost_when_attached(inquiry, title=bool(title.strip()) and title != subject)
    lost = without_known_points(lost, inquiry, _points_of(snapshot, {ref, *client}))
    activity = _touch(command, context, ids, message_of(inquiry, lost), subject)
    moved = moved_along(snapshot, client)
    if isinstance(record, Deal):
        moved["deals"] = {record.id: record}
    told = ref if context.rights.reach(Operation.READ, ref.kind, record, context.actor) else Ref(ref.kind, 0)
    changes = Changes(
        expects=snapshot.read,
        activities={activity.id: activity},
        bindings={activity.id: frozenset({ref, *client})},
        commands=record_of(command, told, Ref(Kind.ACTIVITY, activity.id), not_carried=lost),
        **moved,
    )
    return Accepted(InquiryHeld(told, activity.id, lost), changes, (InquiryTaken(ref, activity.id),))


def _as_deal(
    command: TakeInquiry, snapshot: Snapshot, context: Context, ids: NewIds, client: _Sender | None
) -> Decision:
    """A deal and a client directly: the records of a conversion, without a lead behind them (INTAKE-2)."""
    terms = current_terms(snapshot)
    assert not isinstance(terms, Refused)  # asked before
    lead = _lead_of(command, snapshot, context, _NO_LEAD, client or _Sender(None, None))
    batch = Batch(terms, context.now, ids)
    row = batch.convert(lead, ())
    deal = _without_lead(batch.deals[row.deal_id])
    ref = Ref(Kind.DEAL, deal.id)
    clients = _Sender(row.contact_id, row.company_id).refs()
    lost = without_known_points(row.not_carried, lead, _points_of(snapshot, clients))
    activity = _touch(command, context, ids, message_of(lead, lost), command.subject)
    moved = moved_along(snapshot, clients)
    changes = Changes(
        expects=snapshot.read,
        deals={deal.id: deal},
        contacts={**moved.get("contacts", {}), **{id: _without_lead(each) for id, each in batch.contacts.items()}},
        companies={**moved.get("companies", {}), **{id: _without_lead(each) for id, each in batch.companies.items()}},
        activities={activity.id: activity},
        bindings={activity.id: frozenset({ref, *clients})},
        commands=record_of(command, ref, Ref(Kind.ACTIVITY, activity.id), not_carried=lost),
    )
    return Accepted(InquiryHeld(ref, activity.id, lost), changes, (InquiryTaken(ref, activity.id),))


def _held_before(made: tuple[Ref, ...], snapshot: Snapshot) -> InquiryHeld:
    """The first answer again (EDIT-1)."""
    assert snapshot.command is not None  # it says what was made
    return InquiryHeld(made[0], ActivityId(int(made[1].id)), snapshot.command.not_carried)


def _points_of(snapshot: Snapshot, refs: Collection[Ref]) -> set[tuple[PointKind, str]]:
    """The e-mails and phones of the inquiry under which these records are found."""
    return {(key.point, key.value) for key, ids in snapshot.matches.items() for id in ids if Ref(key.kind, id) in refs}


def _without_lead(record: _R) -> _R:
    return evolve(record, lead_id=None)


def _lead_of(command: TakeInquiry, snapshot: Snapshot, context: Context, lead_id: LeadId, client: _Sender) -> Lead:
    stage = snapshot.the_stages.entry
    fields: dict[str, Any] = {"responsible": context.actor, **command.fields}
    # Blank is absent (CONV-4), and the deal of an inquiry has no lead that it could be named after.
    titles = (fields.get("title"), command.subject)
    fields["title"] = next((title for title in titles if title and title.strip()), f"Inquiry by {command.channel}")
    return Lead(
        id=lead_id,
        stage=stage.code,
        semantics=stage.semantics,
        contact_id=client.contact_id,
        company_id=client.company_id,
        created_at=context.now,
        **fields,
    )


def _touch(
    command: TakeInquiry, context: Context, ids: NewIds, description: str | None, subject: str | None
) -> Activity:
    return Activity(
        id=ActivityId(next(ids[Kind.ACTIVITY])),
        kind=command.channel,
        subject=subject,
        description=description,
        responsible=command.fields.get("responsible", context.actor),
        created_at=context.now,
    )


def _keys(command: TakeInquiry, kinds: Iterable[Kind], by: Iterable[PointKind]) -> frozenset[MatchKey]:
    return match_keys(ContactPoints(command.fields.get("contact_points") or ()), kinds, by)


def _active_lead(snapshot: Snapshot, command: TakeInquiry) -> Lead | None:
    """The sender's active lead: by e-mail (several: the lowest id), else by a phone that exactly one has."""
    found = _found(snapshot, _keys(command, (Kind.LEAD,), (PointKind.EMAIL,)))
    if not found:
        found = _found(snapshot, _keys(command, (Kind.LEAD,), (PointKind.PHONE,)))
        if len(found) != 1:
            return None
    lead = snapshot.leads[LeadId(min(int(ref.id) for ref in found))]
    assert isinstance(lead, Lead)  # a deleted one has no e-mail and no phone
    return lead


def _found(snapshot: Snapshot, keys: Iterable[MatchKey]) -> set[Ref]:
    return {Ref(key.kind, id) for key in keys for id in snapshot.matches.get(key, ())}


def known_client(snapshot: Snapshot, command: TakeInquiry) -> _Sender | None:
    """The client that an inquiry comes from (INTAKE-3).

    Equal e-mail first; of several the one with the newest open deal, else the lowest id, contacts before companies.
    Else a phone that exactly one client has. A contact and its company are one client.
    """
    kinds = CLIENTS
    senders = _senders(snapshot, _found(snapshot, _keys(command, kinds, (PointKind.EMAIL,))))
    if not senders:
        senders = _senders(snapshot, _found(snapshot, _keys(command, kinds, (PointKind.PHONE,))))
        return senders[0] if len(senders) == 1 else None

    dated = [(deal, sender) for sender in senders if (deal := _newest_deal(sender, snapshot)) is not None]
    return max(dated, key=lambda pair: _age(pair[0]))[1] if dated else senders[0]


def _senders(snapshot: Snapshot, found: set[Ref]) -> list[_Sender]:
    contacts = sorted(ContactId(int(ref.id)) for ref in found if ref.kind is Kind.CONTACT)
    senders = [_Sender(id, _company_of(snapshot, id)) for id in contacts]
    with_contact = {sender.company_id for sender in senders}
    companies = sorted(CompanyId(int(ref.id)) for ref in found if ref.kind is Kind.COMPANY)
    return senders + [_Sender(None, id) for id in companies if id not in with_contact]


def _company_of(snapshot: Snapshot, id: ContactId) -> CompanyId | None:
    """The company of a contact; a link to a deleted one counts as none (CONV-2)."""
    return link_left(Kind.COMPANY, snapshot.contacts[id].company_id, snapshot.gone)


def _newest_deal(sender: _Sender, snapshot: Snapshot) -> Deal | None:
    deals = [deal for ref in sender.refs() for deal in snapshot.client_deals.get(ref, ())]
    return max(deals, key=_age, default=None)


def _age(deal: Deal) -> tuple[datetime, int]:
    """Newer deals are greater; one without a time counts as oldest."""
    return deal.created_at or _DAWN, deal.id


def _query(command: TakeInquiry) -> Query:
    kinds = MATCHED
    return Query(
        settings=True,
        stages=True,
        pipelines=True,
        match_keys=_keys(command, kinds, (PointKind.EMAIL, PointKind.PHONE)),
        open_deals=True,
        command_key=command.key,
    )


def _new_ids(command: TakeInquiry, snapshot: Snapshot, context: Context) -> Mapping[Kind, int]:
    if behaviour(Asked.TAKE_INQUIRY, context.state(snapshot.settings)).does is Does.KEEP_LEAD:
        return {Kind.LEAD: 1, Kind.ACTIVITY: 1}
    terms = current_terms(snapshot)
    return {Kind.ACTIVITY: 1, **({} if isinstance(terms, Refused) else ids_for(terms, 1))}


HANDLERS: dict[type[Command[Any]], Handler] = {TakeInquiry: Handler(_query, decide_inquiry, _new_ids, lookup=is_keyed)}

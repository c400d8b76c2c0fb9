"""The small CRMs and the alphabets of commands that are walked over them.

An alphabet is a function from what is stored to the commands that may be given now. Whatever adds is offered until the
small number of records of its kind is reached; keys of switches are used up, so that a walk ends by itself.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from crmcore.adapters.clocks import FixedClock
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import ActivityId, ContactId, Kind, LeadId, PipelineId, Ref, StageCode, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.pipeline import DEFAULT_DEAL_STAGES, Pipeline, default_pipeline
from crmcore.domain.model.policy import DEFAULT_POLICY, ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.settings import CrmMode, Settings
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.model.values import ContactPoint, ContactPoints, PointKind
from crmcore.domain.protocol import commands
from crmcore.testing.walk.picture import Picture
from crmcore.testing.walk.walker import Offer, World

__all__ = [
    "BOTH",
    "CLOSING",
    "IN_SPARE",
    "activities",
    "archiving",
    "chained",
    "deleting",
    "edits",
    "erasing",
    "intake",
    "life",
    "mail",
    "plan_and_right",
    "small_crm",
    "steering",
    "switch",
]

Alphabet = Callable[[Picture], Iterable[Offer]]

LEADS = 3
SPARE = PipelineId(1)
CLOSING = ModeSwitchPolicy(keep_activities=False)
BOTH = ModeSwitchPolicy(client=ClientChoice.BOTH)
IN_SPARE = ModeSwitchPolicy(pipeline_id=SPARE, client=ClientChoice.BOTH)


def mail(address: str = "a@example.com") -> tuple[ContactPoint, ...]:
    """Contact points with one address."""
    return (ContactPoint(kind=PointKind.EMAIL, value=address),)


def small_crm(
    *bound: int,
    leads: int = 2,
    closed: int = 0,
    match: MatchSetting = MatchSetting.NONE,
    mails: bool = False,
    client: bool = False,
) -> CrmImage:
    """A Classic CRM with leads 1, 2 and so on, `closed` of them closed, and an activity on the leads `bound`.

    With a `client` all leads are linked to contact 1.
    """
    made = {}
    contacts = {ContactId(1): Contact(id=ContactId(1), responsible=UserId(1))} if client else {}
    for id in map(LeadId, range(1, leads + 1)):
        stage, semantics = ("JUNK", StageSemantics.FAILURE) if id <= closed else ("NEW", StageSemantics.IN_PROCESS)
        made[id] = Lead(
            id=id,
            title=f"Lead {id}",
            stage=StageCode(stage),
            semantics=semantics,
            contact_points=ContactPoints(mail() if mails else ()),
            responsible=UserId(1),
            contact_id=next(iter(contacts), None),
            created_at=FixedClock().now(),
        )
    spare = Pipeline(id=SPARE, name="Spare", stages=DEFAULT_DEAL_STAGES)
    touch = Activity(id=ActivityId(1), subject="Call back")
    return CrmImage(
        settings=Settings(mode=CrmMode.CLASSIC, match=match),
        pipelines={PipelineId(0): default_pipeline(), SPARE: spare},
        leads=made,
        contacts=contacts,
        activities={touch.id: touch} if bound else {},
        bindings={touch.id: frozenset(Ref(Kind.LEAD, id) for id in bound)} if bound else {},
    )


def chained(*alphabets: Alphabet) -> Alphabet:
    """One alphabet out of several."""

    def offers(picture: Picture) -> Iterator[Offer]:
        for each in alphabets:
            yield from each(picture)

    return offers


def switch(
    *keys: str, policy: ModeSwitchPolicy = DEFAULT_POLICY, sizes: tuple[int, ...] = (1, 2), back: bool = True
) -> Alphabet:
    """Begin under each of the keys, convert chunks and finish with every token there ever was, cancel, and back."""

    def offers(picture: Picture) -> Iterator[Offer]:
        for key in keys:
            yield Offer(f"begin {key}", commands.BeginSwitch(key=key, policy=policy))
        yield Offer("cancel", commands.CancelSwitch())
        if back:
            yield Offer("to Classic", commands.SwitchToClassic())
        for key, record in picture.records[Kind.SWITCH].items():
            token = SwitchToken(key, record.epoch)
            for size in sizes:
                yield Offer(f"chunk of {size} for {key}", commands.ConvertChunk(token=token, size=size))
            yield Offer(f"finish {key}", commands.FinishSwitch(token=token))

    return offers


def steering(picture: Picture) -> Iterator[Offer]:
    """Resume and retry."""
    yield Offer("resume", commands.ResumeSwitch())
    yield Offer("retry", commands.RetrySwitch())


def life(*names: str, leads: tuple[int, ...] = (1,), policy: ModeSwitchPolicy | None = None) -> Alphabet:
    """What happens to single leads: any of add, copy, close, reopen, delete, convert."""
    kinds: dict[str, Callable[[LeadId], Any]] = {
        "close": lambda lead: commands.CloseLead(lead_id=lead),
        "reopen": lambda lead: commands.ReopenLead(lead_id=lead),
        "delete": lambda lead: commands.DeleteLead(lead_id=lead),
        "convert": lambda lead: commands.ConvertLead(lead_id=lead, policy=policy),
    }

    def offers(picture: Picture) -> Iterator[Offer]:
        if len(picture.leads) < LEADS:
            if "add" in names:
                yield Offer("add lead", commands.AddLead(fields={"title": "New"}))
            if "copy" in names:
                yield Offer("add lead by copying 1", commands.CopyLead(lead_id=LeadId(1)))
        for id in map(LeadId, leads):
            if id in picture.leads:
                for name, command in kinds.items():
                    if name in names:
                        yield Offer(f"{name} {id}", command(id))

    return offers


def edits(*refs: Ref) -> Alphabet:
    """Edits of the comments, by callers who read the record first."""

    def offers(picture: Picture) -> Iterator[Offer]:
        for ref in refs:
            record = picture.records[ref.kind].get(ref.id)
            if record is not None and not isinstance(record, Tombstone):
                text = "b" if record.comments == "a" else "a"
                command = commands.EditRecord(ref=ref, version=1, fields={"comments": text})
                yield Offer(f"edit {ref}", command, reads=ref)

    return offers


def activities(*names: str, lead: int = 1, most: int = 2) -> Alphabet:
    """What happens to activities: any of add, complete, edit, reopen, bind to the other lead, unbind, delete."""
    ref = Ref(Kind.LEAD, LeadId(lead))

    def offers(picture: Picture) -> Iterator[Offer]:
        known = picture.records[Kind.ACTIVITY]
        if "add" in names and len(known) < most:
            yield Offer("add activity", commands.AddActivity(fields={"subject": "New"}, bound_to=frozenset({ref})))
        for rank, id in enumerate(known, 1):
            if "complete" in names:
                yield Offer(f"complete {rank}", commands.CompleteActivity(activity_id=id))
            if "edit" in names and isinstance(known[id], Activity):
                text = "b" if known[id].description == "a" else "a"
                command = commands.EditActivity(activity_id=id, version=1, fields={"description": text})
                yield Offer(f"edit activity {rank}", command, reads=Ref(Kind.ACTIVITY, id))
            if "reopen" in names:
                yield Offer(f"reopen activity {rank}", commands.ReopenActivity(activity_id=id))
            if "bind" in names:
                other = Ref(Kind.LEAD, LeadId(3 - lead))
                yield Offer(f"bind {rank} to {other.id}", commands.BindActivity(activity_id=id, ref=other))
            if "unbind" in names:
                yield Offer(f"unbind {rank}", commands.UnbindActivity(activity_id=id, ref=ref))
            if "delete" in names:
                yield Offer(f"delete activity {rank}", commands.DeleteActivity(activity_id=id))

    return offers


def deleting(*kinds: Kind, most: int = 2, loses: bool = False) -> Alphabet:
    """Deals and clients are deleted, the first of each kind, and get an activity; a deal may lose the first one."""

    def offers(picture: Picture) -> Iterator[Offer]:
        for kind in kinds:
            for id in sorted(picture.records[kind])[:1]:
                ref = Ref(kind, id)
                yield Offer(f"delete {kind} {id}", commands.DeleteRecord(ref=ref))
                if loses and kind is Kind.DEAL and picture.records[Kind.ACTIVITY]:
                    yield Offer(f"unbind 1 from {kind}", commands.UnbindActivity(activity_id=ActivityId(1), ref=ref))
                if len(picture.records[Kind.ACTIVITY]) < most:
                    yield Offer(
                        f"add activity to {kind}",
                        commands.AddActivity(fields={"subject": "New"}, bound_to=frozenset({ref})),
                    )

    return offers


def erasing(*leads: int) -> Alphabet:
    """Erasures, each of a lead and all that was made from it."""

    def offers(picture: Picture) -> Iterator[Offer]:
        for id in leads:
            made = {
                Ref(kind, record.id)
                for kind in (Kind.DEAL, Kind.CONTACT)
                for record in picture.records[kind].values()
                if record.lead_id == id
            }
            yield Offer(f"erase {id}", commands.EraseRecords(refs=frozenset({Ref(Kind.LEAD, id), *made})))

    return offers


def intake(most: int = 2, *, setting: bool = False) -> Alphabet:
    """Inquiries and leads from one address, and the setting that speaks of clients."""
    both = {"title": "New", "contact_points": mail()}

    def offers(picture: Picture) -> Iterator[Offer]:
        if len(picture.records[Kind.ACTIVITY]) < most:
            yield Offer("take inquiry", commands.TakeInquiry(channel="chat", fields=both))
        if len(picture.leads) < most:
            yield Offer("add lead with mail", commands.AddLead(fields=both))
        if setting:
            wanted = MatchSetting.NONE if picture.settings.match is MatchSetting.EMAIL else MatchSetting.EMAIL
            yield Offer(f"match by {wanted}", commands.ChangeSettings(match=wanted))

    return offers


def archiving(picture: Picture) -> Iterator[Offer]:
    """The spare pipeline is archived."""
    yield Offer("archive", commands.ArchivePipeline(pipeline_id=SPARE))


def plan_and_right(world: World) -> Iterator[tuple[str, World]]:
    """The plan is lost and bought again, the right of the second actor is taken and given back."""
    yield "the plan changes", world._replace(plan_has_classic=not world.plan_has_classic)
    yield "the right changes", world._replace(second_may=not world.second_may)

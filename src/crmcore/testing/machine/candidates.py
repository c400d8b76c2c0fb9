"""Commands that fit a CRM as it stands: about records that are there, with the versions that they have."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from crmcore.domain.model.ids import MADE, RECORDS, ActivityId, Kind, LeadId, PipelineId, Ref
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.model.pipeline import Pipeline
from crmcore.domain.model.policy import ModeSwitchPolicy
from crmcore.domain.model.stages import LeadStages
from crmcore.domain.protocol.commands import (
    AddActivity,
    AddLead,
    AddRecord,
    BeginSwitch,
    BindActivity,
    CancelSwitch,
    CloseLead,
    Command,
    CompleteActivity,
    ConvertChunk,
    ConvertLead,
    CopyLead,
    DefineLeadStages,
    DefinePipeline,
    DeleteActivity,
    DeleteLead,
    DeleteRecord,
    EditActivity,
    EditRecord,
    EraseRecords,
    FinishSwitch,
    ReopenActivity,
    ReopenLead,
    ResumeSwitch,
    RetrySwitch,
    SwitchToClassic,
    TakeInquiry,
    UnbindActivity,
)
from crmcore.domain.protocol.results import Versioned
from crmcore.testing.machine.photo import Photo
from crmcore.testing.strategies import pipelines, policies
from crmcore.testing.strategies.cache import kept

__all__ = ["chunks", "depending_on_mode", "fitting", "moves_of_lead", "setting_up"]

_CLOSING = ModeSwitchPolicy(keep_activities=False)
_KEYS = ("s1", "s2", "s3", "s4", "s5")


def fitting(photo: Photo, tokens: Sequence[SwitchToken]) -> st.SearchStrategy[Command[Any]]:
    """Commands about a lead, an activity, a client, one of these switches, or the mode."""
    image = photo.image
    found = [_about_switch(tuple(tokens)), _about_nothing()]
    if image.leads:
        found += [st.sampled_from(sorted(image.leads)).flatmap(lambda chosen: _about_lead(photo, chosen))] * 2
    if image.activities:
        found.append(st.sampled_from(sorted(image.activities)).flatmap(lambda chosen: _about_activity(photo, chosen)))
    made = [Ref(kind, int(id)) for kind in MADE for id in sorted(getattr(image, RECORDS[kind]))]
    if made:
        found.append(st.sampled_from(made).flatmap(lambda ref: _about_made(photo, ref)))
    clients = [("contact_id", int(id)) for id in sorted(image.contacts)]
    clients += [("company_id", int(id)) for id in sorted(image.companies)]
    if clients:
        found.append(st.sampled_from(clients).map(lambda link: AddRecord(kind=Kind.DEAL, fields={link[0]: link[1]})))
    return st.one_of(found)


@kept
def _about_switch(tokens: tuple[SwitchToken, ...]) -> st.SearchStrategy[Command[Any]]:
    token = st.sampled_from(tokens)
    return st.one_of(
        st.builds(BeginSwitch, key=st.sampled_from(_KEYS), policy=policies()),
        st.builds(ConvertChunk, token=token, size=st.integers(1, 3)),
        st.builds(FinishSwitch, token=token),
        st.sampled_from((CancelSwitch(), RetrySwitch(), ResumeSwitch(), SwitchToClassic())),
    )


@kept
def _about_nothing() -> st.SearchStrategy[Command[Any]]:
    """What needs no record that is there."""
    return st.sampled_from((AddLead(fields={}, key="k1"), TakeInquiry(channel="email", fields={}, key="k2")))


@kept
def chunks(token: SwitchToken) -> st.SearchStrategy[ConvertChunk]:
    """A chunk of one switch, of one to three leads."""
    return st.builds(ConvertChunk, token=st.just(token), size=st.integers(1, 3))


def moves_of_lead(lead_id: LeadId) -> list[Command[Any]]:
    """Commands after which a lead is another one, or in another state."""
    return [
        ConvertLead(lead_id=lead_id),
        ConvertLead(lead_id=lead_id, policy=_CLOSING),
        CloseLead(lead_id=lead_id),
        ReopenLead(lead_id=lead_id),
        AddActivity(fields={}, bound_to=frozenset({Ref(Kind.LEAD, lead_id)})),
        DeleteLead(lead_id=lead_id),
    ]


def depending_on_mode(photo: Photo, token: SwitchToken) -> st.SearchStrategy[Command[Any]]:
    """Commands that mean something else in another mode, or under another epoch."""
    asked: list[Command[Any]] = [AddLead(fields={}), TakeInquiry(channel="chat", fields={})]
    asked += [ConvertChunk(token=token, size=3)] * 3 + [FinishSwitch(token=token)]
    for lead_id in sorted(photo.image.leads)[:3]:
        asked += [ReopenLead(lead_id=lead_id), CloseLead(lead_id=lead_id), CopyLead(lead_id=lead_id)]
    return st.sampled_from(asked)


def _about_lead(photo: Photo, lead_id: LeadId) -> st.SearchStrategy[Command[Any]]:
    version = photo.version(Kind.LEAD, lead_id)
    ref = Ref(Kind.LEAD, lead_id)
    edits: list[dict[str, Any]] = [{"comments": "seen"}]
    record = photo.image.leads[lead_id]
    as_read: list[Command[Any]] = []
    if isinstance(record, Lead) and record.comments != "as read":  # read before its activities came
        as_read = [EditRecord(ref=ref, version=Versioned(record, 1), fields={"comments": "as read"})]
    edits += [{"stage": stage.code} for stage in photo.image.stages.stages]
    return st.sampled_from(
        (
            *moves_of_lead(lead_id),
            CopyLead(lead_id=lead_id, key="k3"),
            AddActivity(fields={}, bound_to=frozenset(Ref(Kind.LEAD, id) for id in photo.image.leads)),
            *(EditRecord(ref=ref, version=version, fields=fields) for fields in edits),
            *as_read,
            EraseRecords(refs=frozenset({ref, *(link for link in _links(record) if link.id in photo.image.contacts)})),
        )
    )


def _links(card: Any) -> list[Ref]:
    contact = getattr(card, "contact_id", None)
    return [] if contact is None else [Ref(Kind.CONTACT, contact)]


def _about_made(photo: Photo, ref: Ref) -> st.SearchStrategy[Command[Any]]:
    """A deal or client is edited, erased with what is linked to it, gets an activity, or is deleted."""
    record = getattr(photo.image, RECORDS[ref.kind])[ref.id]
    asked: list[Command[Any]] = [DeleteRecord(ref=ref), AddActivity(fields={}, bound_to=frozenset({ref}))]
    asked.append(EditRecord(ref=ref, version=photo.version(ref.kind, ref.id), fields={"comments": "seen"}))
    asked.append(EraseRecords(refs=frozenset({ref, *_links(record)})))
    return st.sampled_from(asked)


def _about_activity(photo: Photo, id: ActivityId) -> st.SearchStrategy[Command[Any]]:
    refs = sorted(photo.image.bindings.get(id, ()))
    asked: list[Command[Any]] = [UnbindActivity(activity_id=id, ref=ref) for ref in refs]
    asked += [BindActivity(activity_id=id, ref=Ref(Kind.LEAD, each)) for each in sorted(photo.image.leads)[:3]]
    asked += [BindActivity(activity_id=id, ref=Ref(Kind.CONTACT, each)) for each in sorted(photo.image.contacts)[:1]]
    asked += [CompleteActivity(activity_id=id), ReopenActivity(activity_id=id), DeleteActivity(activity_id=id)]
    version = photo.version(Kind.ACTIVITY, id)
    return st.sampled_from((*asked, EditActivity(activity_id=id, version=version, fields={"subject": "again"})))


def setting_up(photo: Photo) -> st.SearchStrategy[Command[Any]]:
    """The catalogue of lead stages in another order, a pipeline changed, or a new one."""
    version = photo.version(Kind.STAGES, 0)
    stages = st.permutations(photo.image.stages.stages).map(
        lambda made: DefineLeadStages(stages=LeadStages(stages=tuple(made)), version=version)
    )
    ids = st.one_of(st.integers(0, 3).map(PipelineId), st.sampled_from(sorted(photo.image.pipelines)))
    return st.one_of(stages, ids.flatmap(lambda chosen: _pipelines(photo, chosen)))


def _pipelines(photo: Photo, id: PipelineId) -> st.SearchStrategy[Command[Any]]:
    known = photo.image.pipelines.get(id)
    made: st.SearchStrategy[Pipeline] = pipelines(id=id)
    if known is not None:
        archived = known.archived
        made = st.permutations(known.stages).map(
            lambda stages: Pipeline(id=id, name="renamed", stages=tuple(stages), archived=archived)
        )
    version = photo.version(Kind.PIPELINE, id)
    return made.map(lambda pipeline: DefinePipeline(pipeline=pipeline, version=version))

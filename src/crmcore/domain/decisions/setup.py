"""Decisions about how the CRM is set up: lead stages, pipelines, settings (STAGE-1, POLICY-2)."""

from typing import Any

from attrs import evolve

from crmcore.domain.decisions.terms import policy_in_force
from crmcore.domain.model.ids import DEFAULT_PIPELINE, Kind, Ref
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.policy import DEFAULT_POLICY
from crmcore.domain.model.stages import first_changed_meaning
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import ArchivePipeline, ChangeSettings, Command, DefineLeadStages, DefinePipeline
from crmcore.domain.protocol.decision import Accepted, Context, Decision, Handler, NewIds
from crmcore.domain.protocol.events import PipelineArchived, PipelineDefined, SettingsChanged, StagesDefined
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.authority import may_settings

__all__ = [
    "HANDLERS",
    "decide_archive_pipeline",
    "decide_change_settings",
    "decide_pipeline",
    "decide_stages",
]

_STAGES = Ref(Kind.STAGES, 0)


def decide_stages(command: DefineLeadStages, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what new lead stages change: names and order freely, meanings never, stages in use stay (STAGE-1).

    The one in which a live switch leaves its leads is in use from its begin on: that is a new epoch, so whoever comes
    second decides again.
    """
    refused = may_settings(context.rights, "PERM-6")
    if refused is not None:
        return refused
    if snapshot.version(Kind.STAGES, 0) != command.version:
        return Refused(Reason.STALE_VERSION, _STAGES)
    changed = first_changed_meaning(snapshot.the_stages.stages, command.stages.stages)
    if changed is not None:
        return Refused(Reason.STAGE_MEANING_FIXED, Ref(Kind.STAGES, changed))
    kept = {stage.code for stage in command.stages.stages}
    removed = [stage for stage in snapshot.the_stages.stages if stage.code not in kept]
    live = snapshot.settings.switching
    wanted = snapshot.stages_in_use if live is None else {*snapshot.stages_in_use, live.terms.lead_stage}
    for stage in removed:
        if stage.code in wanted:
            return Refused(Reason.STAGE_IN_USE, Ref(Kind.STAGES, stage.code))
    return Accepted(
        command.version + 1,
        Changes(
            expects=snapshot.read,
            stages=command.stages,
            unused_stages=frozenset(stage.code for stage in removed),
        ),
        (StagesDefined(),),
    )


def decide_pipeline(command: DefinePipeline, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what a new or changed pipeline changes; it is archived by its own command (STAGE-1, POLICY-2)."""
    refused = may_settings(context.rights, "PERM-6")
    if refused is not None:
        return refused
    ref = Ref(Kind.PIPELINE, command.pipeline.id)
    if snapshot.version(Kind.PIPELINE, command.pipeline.id) != command.version:
        return Refused(Reason.STALE_VERSION, ref)
    before = snapshot.pipelines.get(command.pipeline.id)
    if before is not None:
        changed = first_changed_meaning(before.stages, command.pipeline.stages)
        if changed is not None:
            return Refused(Reason.STAGE_MEANING_FIXED, ref)
        if {stage.code for stage in before.stages} - {stage.code for stage in command.pipeline.stages}:
            return Refused(Reason.STAGE_IN_USE, ref)
    archived = before is not None and before.archived
    if command.pipeline.archived != archived:
        return Refused(Reason.PIPELINE_IN_USE, ref)
    # A pipeline that is not there yet was not read, so its absence is expected here: of two that define it one wins.
    read = snapshot.read.versions
    versions = {**read, Kind.PIPELINE: {**read[Kind.PIPELINE], command.pipeline.id: command.version}}
    return Accepted(
        command.version + 1,
        Changes(
            expects=evolve(snapshot.read, versions=versions),
            pipelines={command.pipeline.id: command.pipeline},
        ),
        (PipelineDefined(command.pipeline.id),),
    )


def decide_archive_pipeline(command: ArchivePipeline, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what archiving changes: refused for the default, a live switch's and the policy in force's pipeline."""
    refused = may_settings(context.rights, "PERM-6")
    if refused is not None:
        return refused
    ref = Ref(Kind.PIPELINE, command.pipeline_id)
    pipeline = snapshot.pipelines.get(command.pipeline_id)
    if pipeline is None:
        return Refused(Reason.UNKNOWN_PIPELINE, ref)
    if pipeline.archived:
        return Accepted(pipeline.id)
    last = snapshot.settings.last_policy or DEFAULT_POLICY  # in force again when a live switch is cancelled
    if pipeline.id in (DEFAULT_PIPELINE, policy_in_force(snapshot.settings).pipeline, last.pipeline):
        return Refused(Reason.PIPELINE_IN_USE, ref)
    return Accepted(
        pipeline.id,
        Changes(expects=snapshot.read, pipelines={pipeline.id: evolve(pipeline, archived=True)}),
        (PipelineArchived(pipeline.id),),
    )


def decide_change_settings(command: ChangeSettings, snapshot: Snapshot, context: Context, ids: NewIds) -> Decision:
    """Decide what new settings change; a live switch keeps the ones that it froze (SWITCH-4)."""
    refused = may_settings(context.rights, "PERM-6")
    if refused is not None:
        return refused
    before = snapshot.settings
    after = evolve(
        before,
        match=before.match if command.match is None else command.match,
        repeat_inquiry=before.repeat_inquiry if command.repeat_inquiry is None else command.repeat_inquiry,
    )
    fields = tuple(name for name in ("match", "repeat_inquiry") if getattr(before, name) != getattr(after, name))
    if not fields:
        return Accepted(after)
    return Accepted(after, Changes(expects=snapshot.read, settings=after), (SettingsChanged(fields),))


HANDLERS: dict[type[Command[Any]], Handler] = {
    DefineLeadStages: Handler(lambda command: Query(stages=True, stages_in_use=True), decide_stages),
    DefinePipeline: Handler(lambda command: Query(pipelines=True), decide_pipeline),
    ArchivePipeline: Handler(lambda command: Query(settings=True, pipelines=True), decide_archive_pipeline),
    ChangeSettings: Handler(lambda command: Query(settings=True), decide_change_settings),
}

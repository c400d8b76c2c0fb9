"""Settling a policy against one CRM: which terms a conversion outside a chunk is made under (POLICY-2, POLICY-6)."""

from crmcore.domain.model.ids import Kind, PipelineId, Ref
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.policy import DEFAULT_POLICY, ConversionTerms, ModeSwitchPolicy
from crmcore.domain.model.settings import Settings
from crmcore.domain.protocol.snapshot import Snapshot

__all__ = ["current_terms", "policy_in_force", "settle"]


def policy_in_force(settings: Settings) -> ModeSwitchPolicy:
    """The policy for conversions that name none: the live switch's, else the last finished one's, else the default."""
    if settings.switching is not None:
        return settings.switching.terms.policy
    return settings.last_policy or DEFAULT_POLICY


def settle(snapshot: Snapshot, policy: ModeSwitchPolicy) -> ConversionTerms | Refused:
    """The terms of a policy: its pipeline must exist and not be archived (POLICY-2)."""
    pipeline = snapshot.pipelines.get(PipelineId(policy.pipeline))
    if pipeline is None or pipeline.archived:
        return Refused(Reason.UNKNOWN_PIPELINE, Ref(Kind.PIPELINE, policy.pipeline))
    return ConversionTerms(
        client=policy.client,
        pipeline_id=pipeline.id,
        deal_stage=pipeline.first_stage.code,
        lead_stage=snapshot.the_stages.success.code,
        keep_activities=policy.keep_activities,
        match=snapshot.settings.match_in_force,
    )


def current_terms(snapshot: Snapshot, policy: ModeSwitchPolicy | None = None) -> ConversionTerms | Refused:
    """The terms of a conversion that is no chunk: the named policy's, else those of POLICY-6."""
    if policy is not None:
        return settle(snapshot, policy)
    if snapshot.settings.switching is not None:
        return snapshot.settings.switching.terms
    return settle(snapshot, policy_in_force(snapshot.settings))

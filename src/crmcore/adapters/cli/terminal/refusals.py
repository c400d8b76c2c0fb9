"""What a refusal means, for people at a terminal; programs go by the code."""

from crmcore.domain.model.outcomes import Reason

__all__ = ["in_words"]

_WORDS = {
    Reason.NOT_PERMITTED: "the actor has no right to this",
    Reason.PLAN_WITHOUT_CLASSIC: "the plan has no Classic mode",
    Reason.SWITCH_IN_PROGRESS: "another switch is live: resume or cancel it first",
    Reason.KEY_CONFLICT: "this key was used for something else: choose another one",
    Reason.NOT_SWITCHING: "no switch is live",
    Reason.STALE_SWITCH: "that switch is not live any more",
    Reason.UNKNOWN_PIPELINE: "there is no such pipeline, or it is archived",
    Reason.UNKNOWN_STAGE: "there is no such stage, or it means something else",
    Reason.PIPELINE_IN_USE: "the pipeline is needed by a switch, or is the default one",
    Reason.STAGE_IN_USE: "leads stand in this stage",
    Reason.STAGE_MEANING_FIXED: "a stage keeps its meaning",
    Reason.ALREADY_CONVERTED: "the lead is converted already",
    Reason.LEAD_CLOSED: "the lead is closed",
    Reason.CONVERT_INSTEAD: "a lead comes to success by its conversion only",
    Reason.REOPEN_REFUSED: "closed leads are reopened in Classic only",
    Reason.STALE_VERSION: "somebody else has changed the record",
    Reason.UNKNOWN_RECORD: "there is no such record, or the actor may not see it",
    Reason.RECORD_DIFFERS: "the record is there with other content",
    Reason.RECORD_FAULT: "the store cannot read or write the record",
    Reason.CLASSIC_ONLY: "active leads can be imported in Classic only",
    Reason.NOT_BOUND: "the activity is not bound to that",
    Reason.LAST_BINDING: "an activity keeps one binding at least",
}
#: Where a narrower rule says no, it says more than the reason.
_BY_RULE = {
    "PERM-3": "the actor has no right to add what would be made",
    "PERM-8": "only administrators do this, and the last administrator stays one",
}


def in_words(reason: Reason, rule: str) -> str:
    """A sentence without its full stop."""
    return _BY_RULE.get(rule) or _WORDS[reason]

"""What a refusal means, for people at a terminal; programs use the code."""

from crmcore.domain.model.outcomes import Reason

__all__ = ["in_words"]

_WORDS = {
    Reason.NOT_PERMITTED: "the actor does not have the right to do this",
    Reason.PLAN_WITHOUT_CLASSIC: "the plan does not include Classic mode",
    Reason.SWITCH_IN_PROGRESS: "another switch is live: resume or cancel it first",
    Reason.KEY_CONFLICT: "this key was used for something else: choose another one",
    Reason.NOT_SWITCHING: "no switch is live",
    Reason.STALE_SWITCH: "that switch is no longer live",
    Reason.UNKNOWN_PIPELINE: "the pipeline does not exist, or it is archived",
    Reason.UNKNOWN_STAGE: "the stage does not exist, or has another meaning",
    Reason.PIPELINE_IN_USE: "a switch uses the pipeline, or it is the default one",
    Reason.STAGE_IN_USE: "there are leads in this stage",
    Reason.STAGE_MEANING_FIXED: "the meaning of a stage cannot change",
    Reason.ALREADY_CONVERTED: "the lead is already converted",
    Reason.LEAD_CLOSED: "the lead is closed",
    Reason.CONVERT_INSTEAD: "only a conversion moves a lead to the success stage",
    Reason.REOPEN_REFUSED: "closed leads can be reopened only in Classic mode",
    Reason.STALE_VERSION: "the record has been changed in the meantime",
    Reason.UNKNOWN_RECORD: "the record does not exist, or the actor may not see it",
    Reason.RECORD_DIFFERS: "a record with this id exists and has different content",
    Reason.RECORD_FAULT: "the store cannot read or write the record",
    Reason.CLASSIC_ONLY: "active leads can be imported only in Classic mode",
    Reason.NOT_BOUND: "the activity is not bound to that record",
    Reason.LAST_BINDING: "an activity must keep at least one binding",
}
#: Where the rule says more than the reason.
_BY_RULE = {
    "PERM-3": "the actor does not have the right to add the new records",
    "PERM-8": "only administrators may do this, and the last administrator cannot be removed",
}


def in_words(reason: Reason, rule: str) -> str:
    """A sentence without its full stop."""
    return _BY_RULE.get(rule) or _WORDS[reason]

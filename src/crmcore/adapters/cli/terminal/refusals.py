"""What a refusal means, for people at a terminal: the words of the page; programs use the code."""

from crmcore.domain.model.outcomes import Reason, Refused

__all__ = ["in_words"]


def in_words(reason: Reason, rule: str) -> str:
    """The English sentence as the end of a line: without its capital and its full stop.

    >>> in_words(Reason.LEAD_CLOSED, "SWITCH-2")
    'the lead is closed'
    """
    from crmcore.adapters.words import language  # a refusal is rare, and its words come from a file

    said = language("en").refusal(Refused(reason, why=rule))
    return said[:1].lower() + said[1:].removesuffix(".")

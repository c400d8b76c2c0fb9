"""A refusal in words."""

import pytest

from crmcore.adapters.cli.terminal.refusals import in_words
from crmcore.domain.model.outcomes import Reason


def test_every_reason_has_words_of_its_own() -> None:
    """No two say the same."""
    said = [in_words(reason, reason.rule) for reason in Reason]
    assert len(set(said)) == len(Reason)


@pytest.mark.rule("PERM-8")
def test_a_narrower_rule_says_more_than_its_reason() -> None:
    """Who would take the last administrator's role away has the right to, and must hear of another thing."""
    assert "last administrator" in in_words(Reason.NOT_PERMITTED, "PERM-8")

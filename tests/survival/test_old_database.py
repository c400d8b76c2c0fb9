"""A database that the code of 0e2a284 has filled is upgraded, resumed and audited; in full with `CRMCORE_DEEP=1`."""

import pytest

from tests.survival.conftest import DEEP
from tests.survival.old_database import OLD, code_of, upgraded
from tests.survival.servers import Server

LEADS = 10_000

pytestmark = pytest.mark.rule("MATCH-4", "SWITCH-5", "SWITCH-9", "SWITCH-13")


def _told(url: str, schema: str | None = None) -> tuple[str, ...]:
    with code_of(OLD) as code:
        if code is None:
            pytest.skip(f"needs the history of the repository: this clone has no commit {OLD}")
        return upgraded(code, url, LEADS, schema).violations


@pytest.mark.skipif(not DEEP, reason="takes minutes: make deep")
def test_a_file_of_before_is_upgraded_resumed_and_audited(url: str) -> None:
    """Its switch goes on where it was, set-aside leads are retried, damaged ones are given up, every law holds."""
    assert _told(url) == ()


@pytest.mark.skipif(not DEEP, reason="takes minutes: make deep")
def test_a_database_of_before_is_upgraded_resumed_and_audited(server: Server) -> None:
    """The same on a server."""
    assert _told(server.url, "old_database") == ()


def test_a_clone_without_the_commit_has_nothing_to_run() -> None:
    """It says so, and fails nothing."""
    with code_of("0" * 40) as code:
        assert code is None

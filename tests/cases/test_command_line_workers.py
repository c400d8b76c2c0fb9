"""`--workers N`: several processes convert one switch on a store."""

import signal
from pathlib import Path

import pytest

from crmcore.adapters.cli import main
from crmcore.application.crm import Crm
from crmcore.domain.model.ledger import SwitchToken
from crmcore.domain.protocol.results import SwitchReport
from crmcore.sample import leads_file
from crmcore.testing import accepted
from tests.cases.test_command_line_on_a_store import Office

pytestmark = pytest.mark.slow  # each line of these starts an interpreter


@pytest.fixture
def office(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Office:
    """A file with the leads of the sample."""
    return Office(tmp_path, capsys).filled()


@pytest.mark.rule("SWITCH-1", "SWITCH-5")
def test_two_processes_switch_a_store(office: Office) -> None:
    """The document is that of one process, and every law holds."""
    document = office.json("switch", "--workers", "2", "--chunk", "5")

    assert (document["result"], document["totals"]["converted"], document["created"]["deals"]) == ("switched", 28, 28)
    assert [row["outcome"] for row in document["leads"]] == ["converted"] * 28
    assert office("audit").code == 0


@pytest.mark.rule("SWITCH-5")
def test_ctrl_c_ends_the_chunks_under_way_and_says_how_to_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 130; what was converted is whole, and `resume` goes on, with several processes again."""
    report = Crm.switch_report

    pressed: list[int] = []

    def press_once(crm: Crm, token: SwitchToken) -> SwitchReport:
        found = accepted(report(crm, token))
        if found.totals.converted and not pressed:
            pressed.append(found.totals.converted)
            signal.raise_signal(signal.SIGINT)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Crm, "switch_report", press_once)
        ran = office("switch", "--workers", "2", "--chunk", "5", "--json")
    assert (ran.code, ran.out) == (130, "")
    assert f"crmcore resume --store {office.path}" in ran.err
    assert office.json("status")["totals"]["converted"] in range(5, 28)
    assert office.json("resume", "--workers", "2")["totals"]["converted"] == 28


@pytest.mark.parametrize("command", ["switch", "resume", "retry"])
def test_less_than_one_process_is_a_wrong_call(office: Office, command: str) -> None:
    """Exit 2, naming the option; nothing has begun."""
    document = office.json(command, "--workers", "0")

    assert document["exit_code"] == 2
    assert [error["field"] for error in document["errors"]] == ["--workers"]
    assert office.json("status")["mode"]["after"] == "classic"


def test_a_switch_in_memory_takes_no_workers(capsys: pytest.CaptureFixture[str]) -> None:
    """What lives in one process cannot be shared with others: exit 2, naming the option."""
    code = main(["switch", str(leads_file()), "--workers", "2", "--json"])

    assert code == 2
    assert '"--workers"' in capsys.readouterr().out

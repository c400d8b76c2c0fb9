"""`crmcore spec`: the families, one rule with its evidence, and its tests run or seen to fail."""

import json
import os
from pathlib import Path

import pytest

from crmcore.adapters.cli import main
from crmcore.adapters.cli.commands.spec import clone, run_tests, tell_families, tell_rule
from crmcore.adapters.cli.work.document import Result
from crmcore.adapters.cli.work.spec_documents import Spec
from crmcore.adapters.spec import read_trace

TRACE = read_trace()


def test_the_families_are_counted() -> None:
    """Each with its rules and sentences, and how many of these a change proves."""
    report = tell_families(TRACE)
    assert {each.family for each in report.families} >= {"MODE", "SWITCH", "CLI", "CSV"}
    assert sum(each.sentences for each in report.families) == sum(len(rule.sentences) for rule in TRACE.rules)
    assert all(each.rules <= each.sentences and each.proved <= each.sentences for each in report.families)


def test_a_rule_is_shown_with_what_breaks_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Its statements, its sentences, the change and the test of each, and the code."""
    assert main(["spec", "switch-2"]) == 0
    shown = " ".join(capsys.readouterr().err.split())
    assert "SWITCH-2 [S16]" in shown
    assert "S16: Going from Classic to Simple" in shown
    assert "SWITCH-2.1 A lead whose stage means success or failure stays as it is" in shown
    assert "broken by closed-in-chunk" in shown
    assert "crmcore spec SWITCH-2 --run" in shown


def test_a_sentence_is_shown_alone_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """With the rule that it belongs to."""
    assert main(["spec", "SWITCH-2.1", "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["format"] == "crmcore.spec/1"
    [rule] = row["rules"]
    assert (rule["id"], [each["id"] for each in rule["sentences"]]) == ("SWITCH-2", ["SWITCH-2.1"])


def test_the_families_are_shown_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """With their sum."""
    assert main(["spec"]) == 0
    assert "SWITCH" in (shown := capsys.readouterr().err)
    assert f"all {len(TRACE.rules)} " in " ".join(shown.split())


@pytest.mark.parametrize(
    "words, field", [(["XX-1"], "ID"), (["SWITCH-2.99"], "ID"), (["--run"], "ID"), (["--break"], "ID")]
)
def test_an_id_that_is_none_is_a_wrong_call(words: list[str], field: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and the families are named."""
    assert main(["spec", *words, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["errors"][0]["field"] == field


@pytest.mark.parametrize("broken", [False, True])
def test_without_a_clone_there_is_nothing_to_run(broken: bool) -> None:
    """The package has the trace and not the tests."""
    report = run_tests(tell_rule(TRACE, "SWITCH-2"), None, broken=broken)
    assert report.result is Result.BAD_INPUT
    assert report.errors[0].code == "no_clone"


def test_what_nothing_proves_has_no_test_to_run(tmp_path: Path) -> None:
    """An empty run would look like a proof."""
    assert run_tests(Spec(result=Result.DONE, exit_code=0), tmp_path, broken=False).errors[0].code == "no_evidence"


@pytest.mark.slow
@pytest.mark.skipif("CRMCORE_DEEP" not in os.environ, reason="takes minutes: make deep")
def test_the_tests_of_a_sentence_pass_and_fail_with_its_change(capfd: pytest.CaptureFixture[str]) -> None:
    """As they are, and in a copy; the clone itself stays as it is."""
    report = tell_rule(TRACE, "MODE-2")
    assert run_tests(report, clone(), broken=False).exit_code == 0
    assert " passed" in capfd.readouterr().err
    assert run_tests(report, clone(), broken=True).exit_code == 0
    shown = capfd.readouterr().err
    assert "a new CRM is in Classic" in shown
    assert " failed" in shown

"""`crmcore spec explore`: the size of the walks, and the story of a weakened design."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.cli.app import run
from crmcore.adapters.cli.commands.explore import measured, walk_over
from crmcore.testing.walk import FAULTS
from tests.printed import printed

FAULT = "pipeline archivable under a switch"


def _told(capsys: pytest.CaptureFixture[str], *options: str, code: int = 0) -> dict[str, Any]:
    assert run(["spec", "explore", *options, "--json"]) == code
    return printed(capsys.readouterr().out)


def test_a_walk_is_told_with_its_size_and_what_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    """States, transitions, stores, processor time and memory; a walk that was stopped says so."""
    told = _told(capsys, "--walk", "rights and plan", "--states", "100")
    (walk,) = told["walks"]
    assert walk["name"] == "rights and plan"
    assert not walk["ended"]
    assert 100 <= walk["states"] == told["states"] < told["transitions"]
    assert float(told["cpu_seconds"]) > 0
    assert told["memory_mb"] > 10
    assert told["result"] == "done"


def test_the_walks_follow_each_other_until_so_many_states_were_visited(capsys: pytest.CaptureFixture[str]) -> None:
    """The small ones first, each to its end as far as the number allows; people get a table."""
    shown: list[str] = []
    report = walk_over(None, 1100, lambda what, done, total: shown.append(f"{what} {done} of {total}"))
    first, second = report.walks
    assert first.ended
    assert not second.ended
    assert (first.states + second.states, first.stores + second.stores) == (report.states, report.stores)
    assert shown == [f"{first.name} 0 of 1100", f"{second.name} {first.states} of 1100"]
    assert run(["spec", "explore", "--walk", "rights and plan", "--states", "50"]) == 0
    heard = capsys.readouterr()
    assert heard.out == ""
    assert "rights and plan" in heard.err
    assert "CPU seconds" in heard.err


def test_a_law_that_breaks_ends_the_walk_with_its_story() -> None:
    """Were the real code like a weakened design, the command would end with 5 and tell how."""
    fault = next(each for each in FAULTS if each.name == FAULT)
    report = walk_over([fault.walk], 1000, lambda what, done, total: None, fault.design)
    assert (report.result, report.exit_code) == ("broken", 5)
    (law,) = report.broken
    assert (law.rule, law.record, law.part) == ("POLICY-2", 'pipeline "Spare"', "archive state")
    assert report.story[-1].text.startswith('That breaks POLICY-2, "the pipeline in force is not archived"')


def test_a_weakened_design_is_told_as_a_story(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Who does what, what each commit changed, which law breaks, the sentence of the rule, and a script."""
    file = tmp_path / "story.py"
    told = _told(capsys, "--fault", FAULT, "--script", str(file))
    assert [each["actor"] for each in told["story"]] == [None, "Anna", "Anna", None]
    assert told["story"][2]["changes"] == [
        {
            "kind": "pipeline",
            "id": 1,
            "record": 'pipeline "Spare"',
            "field": "archived",
            "before": "no",
            "after": "yes",
        }
    ]
    assert (told["fault"], told["rule"]) == (FAULT, "POLICY-2.4")
    assert told["sentence"].startswith("The default pipeline cannot be archived")
    assert told["files"] == [str(file)]
    assert file.read_text(encoding="utf-8") == told["script"]

    assert run(["spec", "explore", "--fault", FAULT]) == 0
    heard = capsys.readouterr()
    assert heard.out == ""
    assert '3. Anna archives pipeline "Spare": pipeline "Spare" archived no → yes.' in heard.err
    assert "POLICY-2.4: The default pipeline cannot be archived" in heard.err


@pytest.mark.parametrize(
    "options, field, message",
    [
        (("--walk", "none"), "--walk", "expected one of: a switch and new leads; "),
        (("--fault", "none"), "--fault", "expected one of: no lead version in the read set; "),
        (("--states", "0"), "--states", "expected a number above zero"),
        (("--script", "new.py"), "--script", "requires --fault"),
        (("--fault", FAULT, "--walk", "rights and plan"), "--walk", "--walk and --fault exclude each other"),
        (("--fault", FAULT, "--states", "5"), "--states", "--states and --fault exclude each other"),
        (("--fault", FAULT, "--script", __file__), "--script", "expected the name of a new file"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else "",
)
def test_a_wrong_call_is_told_by_its_option(
    options: tuple[str, ...], field: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, with the option and what would have been right."""
    told = _told(capsys, *options, code=2)
    (error,) = told["errors"]
    assert error["field"] == field
    assert error["message"].startswith(message)


def test_a_script_that_cannot_be_written_is_a_failure_of_the_store(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Exit 4: the same line may succeed once the folder is there."""
    told = _told(capsys, "--fault", FAULT, "--script", str(tmp_path / "missing" / "story.py"), code=4)
    assert told["errors"][0]["message"] == "No such file or directory"


def test_where_the_system_does_not_tell_the_memory_is_null(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, which has no module for it."""
    monkeypatch.setitem(sys.modules, "resource", None)
    assert measured(lambda: walk_over([], 1, lambda what, done, total: None)).memory_mb is None


@pytest.mark.slow
def test_exploring_needs_no_test_tool() -> None:
    """From the wheel with the extra `cli`: neither pytest nor hypothesis is loaded."""
    script = (
        "import sys; from crmcore.adapters.cli.app import run; "
        f"code = run(['spec', 'explore', '--fault', {FAULT!r}]); "
        "sys.exit(code or any(name in sys.modules for name in ('pytest', 'hypothesis')))"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0

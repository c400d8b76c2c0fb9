"""Programs in any language: what is made of one that does not answer, and the toy in JavaScript."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from crmcore.testing.vectors import ProgramFailed, run_vectors, running, vectors

ROOT = Path(__file__).resolve().parents[4] / "vectors"

node = pytest.mark.skipif(shutil.which("node") is None, reason="no node here: it runs the vectors in JavaScript")


def _python(code: str) -> str:
    return f'{sys.executable} -c "{code}"'


@pytest.mark.parametrize(
    "code, said",
    [
        ("print('no')", r"expected one JSON object on a line, got no \(character 1\)"),
        ("print('[1, 2')", r"expected one JSON object on a line, got \[1, 2 \(character 6\)"),
        ("print([])", r"expected one JSON object on a line, got \[\]"),
        ("print()", r"expected one JSON object on a line, got an empty line \(character 1\)"),
        ("print('[' * 99999)", r"expected one JSON object on a line, got \[{100}"),
        ("print('9' * 5000)", "expected one JSON object on a line, got 9{100}"),
        ("print('x' * 10**7)", "said more than 10,000,000 characters on one line"),
        ("import os; os.write(1, bytes([255, 10])); input(); input()", "said what is no UTF-8"),
        ("import os, time; os.close(1); time.sleep(60)", "closed its standard output"),
        ("input(); raise SystemExit(3)", "ended with code 3"),
        ("print(chr(123) + chr(125))", "expected the answer to mode.cancel.simple, got that to None"),
        ("import time; time.sleep(60)", "said nothing within 0 seconds"),
    ],
)
def test_a_program_that_does_not_answer_is_told_of(code: str, said: str) -> None:
    """The vector fails with the reason and, where there is one, the place; and nobody waits for ever."""
    patience = 0.2 if "sleep" in code else 60.0
    with running(_python(code), patience=patience) as program, pytest.raises(ProgramFailed, match=f"^{said}$"):
        program({"id": "mode.cancel.simple"})


def test_a_program_that_does_not_read_is_not_waited_for() -> None:
    """It is asked more than a pipe holds."""
    code, asked = "import time; time.sleep(60)", {"id": "mode.cancel.simple", "more": "x" * 1_000_000}
    with running(_python(code), patience=0.2) as program, pytest.raises(ProgramFailed, match=r"^said nothing"):
        program(asked)


@pytest.mark.parametrize(
    "said, fault",
    [
        ({}, "answers: expected a list, got no such key"),
        ({"answers": {}}, "answers: expected a list, got something else"),
        ({"answers": [{}]}, "state: expected the name of a state, got no such key"),
        ({"skipped": None}, "skipped: expected no such key beside answers, state, changed"),
        ({"format": "crmcore.vectors/1"}, "answers: expected a list, got no such key"),
        ({"colour": "oak"}, "colour: expected no such key beside answers, state, changed"),
        ({"answers": [], "state": "simple", "changed": {}}, "answers: expected 1, one for each step, got 0"),
        (
            {"answers": [7], "state": "simple", "changed": {}},
            "step 0: expected null, or an object with its name under 'answer'",
        ),
        (
            {"answers": [None], "state": "simple", "changed": {"persons": []}},
            "changed: expected the lists of a document, got 'persons'",
        ),
        ({"answers": [None], "state": "simple", "changed": {"leads": {}}}, "leads: expected a list of rows"),
        ({"answers": [None], "state": "simple", "changed": {"leads": [{}]}}, "leads[0]: expected a row with 'id'"),
    ],
)
def test_a_line_of_another_form_is_told_of_by_its_place(said: dict[str, object], fault: str) -> None:
    """Before anything is compared."""
    [vector] = vectors(ids=["mode.cancel.simple"])
    [verdict] = run_vectors([vector], play=lambda asked: {"id": asked["id"], **said}).verdicts
    assert (verdict.result, verdict.said) == ("failed", fault)


def test_what_a_program_said_counts_though_it_has_ended() -> None:
    """It does not read what it is asked, which is more than a pipe holds."""
    said = "^expected one JSON object on a line, got no"
    with running(_python("print('no')")) as program, pytest.raises(ProgramFailed, match=said):
        program({"id": "mode.cancel.simple", "more": "x" * 1_000_000})


def test_a_program_that_ends_each_time_is_left_alone() -> None:
    """Thousands of vectors do not start it thousands of times."""
    chosen = vectors(family="policy")[:5]
    with running("false") as program:
        said = [each.said for each in run_vectors(chosen, play=program).verdicts]
    assert said[-1] == "no answer: ProgramFailed: was started 3 times and ended each time"


def test_a_program_that_is_not_there_is_told_of() -> None:
    """The reason is that of the system."""
    with running("there-is-no-such-program") as program, pytest.raises(ProgramFailed, match=r"^cannot be started: "):
        program({"id": "mode.cancel.simple"})


@pytest.mark.slow
@node
def test_a_toy_in_another_language_passes_the_vectors_of_modes_and_rights() -> None:
    """A second implementation, in files of under 150 lines, answers what it has and passes all of it."""
    with running(f"node {ROOT / 'toy.js'}") as program:
        families = [each for family in ("mode", "rights") for each in vectors(family=family)]
        report = run_vectors(families, play=program, needs=["rights"])
    assert [f"{each.id}: {each.said}" for each in report.failed] == []
    assert report.families["mode"]["passed"] >= 300
    assert report.families["rights"]["passed"] >= 400
    assert all(len(path.read_text().splitlines()) < 150 for path in ROOT.glob("*.js"))


@pytest.mark.slow
@node
def test_a_runner_in_another_language_says_the_same(tmp_path: Path) -> None:
    """Whoever has no Python asks the vectors too, and a toy that is wrong fails there as well."""
    done = subprocess.run(["node", ROOT / "run.js", "mode", "rights"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.partition(" passed")[0].partition(":")[0] for line in done.stdout.splitlines()] == ["mode", "rights"]
    assert " 0 failed" in done.stdout

    shutil.copy(ROOT / "world.js", tmp_path)
    toy = (ROOT / "toy.js").read_text(encoding="utf-8")
    wrong = toy.replace('no("lead_closed", "SWITCH-2"', 'no("lead_closed", "CONV-9"')
    assert wrong != toy
    (tmp_path / "toy.js").write_text(wrong, encoding="utf-8")
    done = subprocess.run(
        ["node", ROOT / "run.js", "--program", tmp_path / "toy.js", "mode"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout.startswith("mode.convert-closed.classic: expected ")


#: A program that says less or more than it must, by the state that the vector is named after.
_STRANGE = """
const { answer, has } = require(process.env.TOY);
const rows = (said) => Object.values(said.changed).filter(Array.isArray).flat();
const strange = {
  switching: (said) => rows(said).forEach((row) => { row.colour = null; }),
  blocked: (said) => rows(said).forEach((row) => { for (const key in row) if (row[key] === null) delete row[key]; }),
  simple: (said) => said.answers.pop(),
  classic: (said) => said.answers.push(null),
};
const told = (asked) => {
  const said = answer(asked);
  if (!said.skipped) strange[asked.id.split(".").pop()]?.(said);
  return said;
};
module.exports = { has, answer: told };
"""


@pytest.mark.slow
@node
def test_a_runner_in_another_language_is_as_strict(tmp_path: Path) -> None:
    """It too fails a key that became empty and was left out, one that nothing has, and a wrong count of answers."""
    (tmp_path / "strange.js").write_text(_STRANGE, encoding="utf-8")
    done = subprocess.run(
        ["node", ROOT / "run.js", "--program", tmp_path / "strange.js", "mode"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TOY": str(ROOT / "toy.js")},
    )
    assert (done.returncode, done.stderr) == (1, "")
    told = dict(line.partition(": ")[::2] for line in done.stdout.splitlines())
    assert told["mode.close-lead.switching"].endswith("got an unknown key that is empty")
    assert '"kind":"closed","code":null}' in told["mode.close-repeat.blocked"].partition(", got ")[0]
    assert '"kind":"closed"}' in told["mode.close-repeat.blocked"].partition(", got ")[2]
    assert told["mode.to-classic.simple"].endswith('got {"answers":[]}')
    assert told["mode.to-classic.classic"].endswith("null]}")

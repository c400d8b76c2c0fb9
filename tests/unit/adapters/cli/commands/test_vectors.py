"""`crmcore vectors`: which vectors are asked, of whom, and how it ends."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from crmcore.adapters.cli import main
from crmcore.adapters.cli.work.documents import load_document
from crmcore.adapters.cli.work.spec_documents import Vectors

#: Two vectors that take no time; the second needs `keys`.
TWO = "mode.cancel.simple,mode.add-lead-again.classic"


def _run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """The exit code, and the document."""
    code = main(["vectors", *words, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert isinstance(load_document(found), Vectors)
    assert found["exit_code"] == code
    return code, found


@pytest.mark.parametrize("store", ["memory", "sqlite"])
def test_it_says_how_many_passed(capsys: pytest.CaptureFixture[str], store: str) -> None:
    """This library passes, wherever it keeps its records, and the database is gone afterwards."""
    code, found = _run(capsys, "--id", TWO, "--store", store)
    assert code == 0
    assert found["families"] == [{"family": "mode", "passed": 2, "failed": 0, "skipped": 0}]


def test_a_file_that_is_named_stays(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Each vector has a portal of its own in it; a file that is there already is somebody's."""
    place = f"sqlite:///{tmp_path / 'vectors.db'}"
    assert _run(capsys, "--id", TWO, "--store", place)[0] == 0
    code, found = _run(capsys, "--id", TWO, "--store", place)
    assert code == 2
    assert [(each["field"], each["message"]) for each in found["errors"]] == [
        ("--store", "expected the name of a file that is not there yet")
    ]


def test_it_says_what_was_skipped_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    """An implementation that has nothing is asked for what needs nothing."""
    code, found = _run(capsys, "--id", TWO, "--needs", "nothing")
    assert code == 0
    assert found["families"] == [{"family": "mode", "passed": 1, "failed": 0, "skipped": 1}]
    assert found["skipped"] == [{"reason": "needs keys", "vectors": 1}]


def test_a_program_that_answers_otherwise_fails(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The first difference is told, and the exit code is that of a law that does not hold."""
    program = tmp_path / "mine.py"
    program.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    asked = json.loads(line)\n"
        "    said = {'answers': [{'answer': 'no_change'}] * len(asked['when']), 'state': 'simple', 'changed': {}}\n"
        "    print(json.dumps({'id': asked['id'], **said}), flush=True)\n"
    )
    code, found = _run(capsys, "--id", "mode.cancel.simple", "--command", f"{sys.executable} {program}")
    assert code == 5
    assert found["result"] == "broken"
    assert found["failed"] == [
        {
            "id": "mode.cancel.simple",
            "message": 'step 0, cancel_switch by 1: expected {"answer": "refused", "code": "not_switching", "rule": '
            '"MODE-6"}, got {"answer": "no_change"}',
        }
    ]


@pytest.mark.parametrize(
    "words, field, message",
    [
        (["--family", "modes"], "--family", "no family 'modes': there are conversion, "),
        (["--id", "mode.nothing"], "--id", "no vector mode.nothing"),
        (["--needs", "everything"], "--needs", "expected nothing or some of activities, "),
        (["--command", "there-is-no-such-program"], "--command", "expected the command line of a program that can be"),
        (["--command", "'"], "--command", "expected the command line of a program that can be started"),
        (["--command", "cat", "--store", "memory"], "--command", "excludes --store: a program keeps its own records"),
        (["--store", "sqlite:///"], "--store", "expected a file, since a database in memory ends with its connection"),
        (["--store", "disk"], "--store", "expected sqlite:///FILE or postgresql://HOST/DATABASE"),
    ],
)
def test_a_wrong_call_says_which_option(
    capsys: pytest.CaptureFixture[str], words: list[str], field: str, message: str
) -> None:
    """Nothing is asked of anybody."""
    code, found = _run(capsys, *words)
    (fault,) = found["errors"]
    assert (code, fault["field"]) == (2, field)
    assert fault["message"].startswith(message)
    assert found["families"] == []


def test_people_see_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """Without `--json` the numbers stand on standard error."""
    assert main(["vectors", "--id", TWO, "--needs", "nothing"]) == 0
    out, said = capsys.readouterr()
    assert out == ""
    assert "needs keys" in said
    assert "mode" in said

"""The changes that break a rule: each applies, names a sentence and a test, and is seen by that test."""

from pathlib import Path

import pytest
from tools.kills import Kill, digest_of, moved, record_problems, survivors, write_kills
from tools.rules import leaves_of
from tools.spec_changes import ROOT, Change, changes_in, misfits

RULES = ["MODE-1.1"]
GOOD = Change(
    "two", "MODE-1.1", "modes.py", "MODES = 2", "MODES = 3", "there is a third mode", "test_modes.py::test_two"
)
TESTS = """import pytest
from modes import MODES, end


@pytest.mark.rule("MODE-1.1")
def test_two():
    assert MODES == 2


@pytest.mark.rule("MODE-1.1")
def test_red():
    assert 0


@pytest.mark.rule("MODE-1.1")
def test_end():
    assert end() is None


def test_unmarked():
    assert MODES == 2


@pytest.mark.rule("MODE-1.1", "A-1", "A-2", "A-3", "A-4", "A-5")
def test_of_six():
    assert MODES == 2


@pytest.mark.skip
@pytest.mark.rule("MODE-1.1")
def test_skipped():
    assert MODES == 2
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A library of a few lines, with its tests."""
    root = tmp_path / "small"
    (root / "src").mkdir(parents=True)
    (root / "tests" / "spec").mkdir(parents=True)
    code = "MODES = 2\nSTATES = 5\n\n\ndef end():\n    while False:\n        pass\n"
    (root / "modes.py").write_text(code, encoding="utf-8")
    (root / "test_modes.py").write_text(TESTS, encoding="utf-8")
    (root / "conftest.py").write_text("", encoding="utf-8")
    (root / "pytest.ini").write_text("[pytest]\nmarkers =\n    rule\n", encoding="utf-8")
    return root


@pytest.mark.slow
def test_every_change_applies_and_has_its_rule_and_test() -> None:
    """And every sentence of the rules has one."""
    changes, leaves = changes_in(), [leaf.id for leaf in leaves_of(ROOT / "docs" / "spec")]
    assert list(misfits(changes, leaves, ROOT)) == []
    assert len(changes) >= 150
    families = {leaf.partition("-")[0] for leaf in leaves}
    assert all(sum(change.rule.startswith(f"{family}-") for change in changes) >= 2 for family in families)


@pytest.mark.parametrize(
    "change, said",
    [
        (GOOD._replace(old="MODES = 4"), "two: what it changes stands 0 times in modes.py"),
        (GOOD._replace(old=" = "), "two: what it changes stands 2 times in modes.py"),
        (GOOD._replace(file="gone.py"), "two: what it changes stands 0 times in gone.py"),
        (GOOD._replace(new="MODES = 2"), "two: changes nothing"),
        (GOOD._replace(test="test_modes.py::test_three"), "two: there is no test test_modes.py::test_three"),
        (GOOD._replace(test="test_gone.py::test_two"), "two: there is no test test_gone.py::test_two"),
        (GOOD._replace(test="test_modes.py"), "two: there is no test test_modes.py"),
        (
            GOOD._replace(test="test_modes.py::test_unmarked"),
            "two: test_modes.py::test_unmarked does not name MODE-1.1",
        ),
        (GOOD._replace(test="test_modes.py::test_skipped"), "two: test_modes.py::test_skipped is skipped always"),
        (
            GOOD._replace(test="test_modes.py::test_of_six"),
            "two: test_modes.py::test_of_six names more than 5 rules, and is evidence for none",
        ),
    ],
)
def test_a_change_that_does_not_fit_is_said(repository: Path, change: Change, said: str) -> None:
    """Before anything is run."""
    assert list(misfits([GOOD], RULES, repository)) == []
    assert list(misfits([change], RULES, repository)) == [said]
    assert list(misfits([GOOD, GOOD], RULES, repository)) == ["two: two changes have this id"]


@pytest.mark.parametrize(
    "rules, said",
    [
        ([], "two: docs/spec has no sentence MODE-1.1"),
        ([*RULES, "MODE-2"], "tests/spec/changes.toml: no change breaks MODE-2"),
    ],
)
def test_a_sentence_without_a_change_is_said(repository: Path, rules: list[str], said: str) -> None:
    """And so is a change of no sentence; there is no list of excuses."""
    assert list(misfits([GOOD], rules, repository)) == [said]


@pytest.mark.slow
def test_a_change_that_its_test_does_not_see_lives(repository: Path) -> None:
    """And so does one whose test fails anyway; one without an end is seen by the time, with all that it has started.

    The repository itself stays as it is.
    """
    other = GOOD._replace(id="five", old="STATES = 5", new="STATES = 6")
    red = GOOD._replace(id="red", test="test_modes.py::test_red")
    endless = GOOD._replace(id="endless", old="while False", new="while True", test="test_modes.py::test_end")
    before = (repository / "modes.py").read_text(encoding="utf-8")
    assert survivors([endless, GOOD, other, red], repository, workers=1, limit=1.0) == {
        "endless": "time",
        "two": "failed",
        "five": "lives: its test passes with it",
        "red": "lives: its test fails without it",
    }
    # Two changes of one test need one server, whatever the number of workers.
    assert survivors([GOOD, GOOD._replace(id="again")], repository, limit=1.0) == {"two": "failed", "again": "failed"}
    assert (repository / "modes.py").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("modes.py", "MODES = 2", "MODES = 2  # two"),
        (
            "test_modes.py",
            "    assert MODES == 2\n\n\n@pytest.mark.rule",
            "    assert MODES > 1\n\n\n@pytest.mark.rule",
        ),
    ],
)
def test_what_a_kill_rests_on_makes_it_move(repository: Path, file: str, old: str, new: str) -> None:
    """The sentence, the change, the code around it and the test; nothing else, and no mark."""
    write_kills({"two": Kill("failed", digest_of(GOOD, "There are two.", repository))}, repository)
    path = repository / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("STATES = 5", "STATES = 7").replace('"A-5"', '"A-6"'), encoding="utf-8")
    assert _moved(repository) == []
    assert _moved(repository, "There are three.") == [GOOD]
    assert _moved(repository, change=GOOD._replace(new="MODES = 4")) != []
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert _moved(repository) == [GOOD]


def test_a_test_that_another_one_hides_makes_a_kill_move(repository: Path) -> None:
    """Of two functions with one name Python keeps the last, and pytest runs that one."""
    write_kills({"two": Kill("failed", digest_of(GOOD, "There are two.", repository))}, repository)
    hidden = f"{TESTS}\n\ndef test_two():\n    assert MODES\n"
    (repository / "test_modes.py").write_text(hidden, encoding="utf-8")
    assert _moved(repository) == [GOOD]


def test_a_change_that_nobody_has_tried_is_said(repository: Path) -> None:
    """And so is the line of one that is not there any more."""
    write_kills({"two": Kill("failed", "0"), "gone": Kill("failed", "0")}, repository)
    run = "run `python -m tools.spec_changes --moved --write`"
    assert list(record_problems([GOOD, GOOD._replace(id="new")], repository)) == [
        f"tests/spec/kills.toml: new was never tried; {run}",
        f"tests/spec/kills.toml: there is no change gone; {run}",
    ]


def _moved(root: Path, text: str = "There are two.", change: Change = GOOD) -> list[Change]:
    return moved([change], {"MODE-1.1": text}, root)

"""The changes that break a rule: each applies, names a rule and a test, and is seen by that test."""

from pathlib import Path

import pytest
from tools.rules import rules_of
from tools.spec_changes import ROOT, Change, changes_in, misfits, survivors

RULES = ["MODE-1"]
GOOD = Change("two", "MODE-1", "modes.py", "MODES = 2", "MODES = 3", "there is a third mode", "test_modes.py::test_two")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A library of one line, with one test."""
    (tmp_path / "modes.py").write_text("MODES = 2\nSTATES = 5\n", encoding="utf-8")
    test = "from modes import MODES\n\n\ndef test_two():\n    assert MODES == 2\n\n\ndef test_red():\n    assert 0\n"
    (tmp_path / "test_modes.py").write_text(test, encoding="utf-8")
    (tmp_path / "conftest.py").write_text("", encoding="utf-8")
    return tmp_path


def test_every_change_applies_and_has_its_rule_and_test() -> None:
    """So that `make deep` tries them all; eight of them lived once."""
    changes = changes_in()
    assert list(misfits(changes, [rule.id for rule in rules_of(ROOT / "docs" / "spec")])) == []
    assert len(changes) >= 38


@pytest.mark.parametrize(
    "change, said",
    [
        (GOOD._replace(old="MODES = 4"), "two: what it changes stands 0 times in modes.py"),
        (GOOD._replace(old=" = "), "two: what it changes stands 2 times in modes.py"),
        (GOOD._replace(rule="MODE-9"), "two: docs/spec has no rule MODE-9"),
        (GOOD._replace(test="test_modes.py::test_three"), "two: there is no test test_modes.py::test_three"),
        (GOOD._replace(test="test_gone.py::test_two"), "two: there is no test test_gone.py::test_two"),
        (GOOD._replace(test="test_modes.py"), "two: there is no test test_modes.py"),
    ],
)
def test_a_change_that_does_not_fit_is_said(repository: Path, change: Change, said: str) -> None:
    """Before anything is run."""
    assert list(misfits([GOOD], RULES, repository)) == []
    assert list(misfits([change], RULES, repository)) == [said]
    assert list(misfits([GOOD, GOOD], RULES, repository)) == ["two: two changes have this id"]


@pytest.mark.slow
def test_a_change_that_its_test_does_not_see_survives(repository: Path) -> None:
    """And so does one whose test fails anyway; the repository itself stays as it is."""
    other = GOOD._replace(id="five", old="STATES = 5", new="STATES = 6")
    red = GOOD._replace(id="red", test="test_modes.py::test_red")
    before = (repository / "modes.py").read_text(encoding="utf-8")
    assert [(change.id, how) for change, how in survivors([GOOD, other, red], repository)] == [
        ("five", "its test passes with it"),
        ("red", "its test fails without it"),
    ]
    assert (repository / "modes.py").read_text(encoding="utf-8") == before

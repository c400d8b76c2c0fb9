"""`make test` leaves out repetitions only: the same behaviour at further places."""

import tomllib
from pathlib import Path

import pytest

from crmcore.testing.walk.designs import FAULTS
from tests.matrix import MATRIX, NARROWED, matrix
from tests.walk.test_walk import USUAL

ROOT = Path(__file__).resolve().parent.parent.parent


def test_a_further_place_carries_the_mark() -> None:
    """Whether a place is one value or several."""
    usual, further = matrix([("web", 1280), ("app", 390)], [("web", 1280)])
    assert usual == ("web", 1280)
    assert (further.values, [mark.name for mark in further.marks]) == (("app", 390), [MATRIX])
    (alone,) = matrix(["app", "web"], ["web"])[:1]
    assert alone.values == ("app",)


@pytest.mark.parametrize("usual", [[], ["desk"], ["web", "desk"]])
def test_no_behaviour_is_left_out_wholly(usual: list[str]) -> None:
    """At least one place is tried in `make test`, and it is one of the places."""
    with pytest.raises(ValueError, match="the usual places"):
        matrix(["web", "app"], usual)


def test_the_mark_is_given_in_one_way_only() -> None:
    """By `matrix`, which leaves a usual place to every behaviour."""
    spelled = f"mark.{MATRIX}"
    paths = [path for folder in ("tests", "docs", "src") for path in (ROOT / folder).rglob("*.py")]
    found = {path.relative_to(ROOT).as_posix() for path in paths if spelled in path.read_text(encoding="utf-8")}
    assert found == {"tests/matrix.py"}


def test_what_sees_a_planted_change_is_never_left_out() -> None:
    """No file with evidence of tests/spec/changes.toml has a further place."""
    changes = tomllib.loads((ROOT / "tests" / "spec" / "changes.toml").read_text(encoding="utf-8"))["change"]
    files = {each["test"].partition("::")[0] for each in changes}
    assert [name for name in files if "tests.matrix" in (ROOT / name).read_text(encoding="utf-8")] == []
    assert len(files) > 10


def test_the_walks_that_find_a_weakened_design_are_usual() -> None:
    """docs/faults.md names the first walk that sees each of them."""
    assert {fault.walk for fault in FAULTS} <= set(USUAL)


def test_make_test_selects_by_the_mark() -> None:
    """And `make check`, which `.ci/run` calls, by nothing."""
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    narrowed = [line for line in lines if MATRIX in line and line.startswith("\t")]
    assert narrowed == [f'\t$(BIN)/python -m pytest $(SPREAD) --cover -m "{NARROWED}"']
    check = lines[lines.index(next(line for line in lines if line.startswith("check:"))) :]
    assert any(" whole " in line for line in check[: check.index("")])

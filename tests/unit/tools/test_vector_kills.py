"""The record of which vector sees each planted change names changes and vectors that are there."""

from pathlib import Path

from tools.spec_changes import changes_in
from tools.vector_kills import ELSEWHERE, IMPORT, NONE, TIME, seen_in, unrecorded

from crmcore.testing.vectors import vectors


def test_the_record_is_of_changes_and_vectors_that_are_there() -> None:
    """A change that goes takes its line along; a vector that was renamed is looked for again."""
    seen = seen_in()
    assert seen.keys() <= {change.id for change in changes_in()}
    ids = {vector.id for vector in vectors()}
    assert {how for how in seen.values() if how not in (NONE, TIME, ELSEWHERE, IMPORT)} <= ids


def test_what_is_not_recorded_is_named(tmp_path: Path) -> None:
    """In a place without a record, that is every change."""
    folder = tmp_path / "tests" / "spec"
    folder.mkdir(parents=True)
    (folder / "changes.toml").write_text(
        '[[change]]\nid = "a"\nrule = "MODE-1.1"\nfile = "x"\nold = "y"\nnew = "z"\nmeans = "m"\ntest = "t"\n',
        encoding="utf-8",
    )
    assert unrecorded(tmp_path) == ["a"]
    (folder / "vector_kills.toml").write_text('a = "none"\n', encoding="utf-8")
    assert unrecorded(tmp_path) == []

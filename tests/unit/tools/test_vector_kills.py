"""The record of which vector sees each planted change is whole, and what no vector sees has its reason."""

from pathlib import Path

from tools.spec_changes import changes_in
from tools.unseen import gaps, reasons_in
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


def test_every_change_is_recorded_and_what_no_vector_sees_has_a_reason() -> None:
    """A change that is added is tried on the vectors; a reason goes when a vector sees its change."""
    assert list(gaps()) == []
    assert all(each.reason.endswith(".") and each.changes for each in reasons_in())


def test_a_change_without_a_line_or_a_reason_is_named(tmp_path: Path) -> None:
    """Each mistake by the id of its change: not recorded, unseen without a reason, a reason too many or in two."""
    folder = tmp_path / "tests" / "spec"
    folder.mkdir(parents=True)
    places = {"new": "domain/x.py", "race": "domain/x.py", "cells": "adapters/x.py", "far": "domain/y.py"}
    rest = 'rule = "MODE-1.1"\nold = "y"\nnew = "z"\nmeans = "m"\ntest = "t"\n'
    rows = (f'[[change]]\nid = "{id}"\nfile = "src/crmcore/{place}"\n{rest}' for id, place in places.items())
    (folder / "changes.toml").write_text("".join(rows), encoding="utf-8")
    seen = 'race = "none"\ncells = "elsewhere"\nfar = "elsewhere"\n'
    (folder / "vector_kills.toml").write_text(seen, encoding="utf-8")
    whys = '[[why]]\nreason = "A race."\nchanges = ["gone"]\nseen.race = "a walk"\n' * 2
    (folder / "unseen.toml").write_text(whys, encoding="utf-8")
    assert [line.partition(":")[0] for line in gaps(tmp_path)] == ["new", "far", "race", "gone", "gone", "race", "race"]

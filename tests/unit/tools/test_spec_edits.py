"""The edits that have to turn the check red: there are enough of them, and each applies."""

from pathlib import Path

import pytest
from tools.spec_changes import ROOT
from tools.spec_edits import Edit, edits_of, said_of


@pytest.mark.slow
def test_every_edit_applies() -> None:
    """`make deep` tries them; one that finds nothing to edit would be said by nobody."""
    edits = list(edits_of())
    assert len(edits) >= 60
    assert len({edit.name for edit in edits}) == len(edits)
    assert [edit.name for edit in edits if edit.old not in (ROOT / edit.file).read_text(encoding="utf-8")] == []
    assert [edit.name for edit in edits if edit.old == edit.new or not edit.said] == []


def test_an_edit_that_applies_no_more_is_told(tmp_path: Path) -> None:
    """And nothing is written."""
    (tmp_path / "a.md").write_text("text", encoding="utf-8")
    assert said_of(Edit("gone", "a.md", "other", "", "why"), tmp_path) == "the edit applies no more"
    assert (tmp_path / "a.md").read_text(encoding="utf-8") == "text"

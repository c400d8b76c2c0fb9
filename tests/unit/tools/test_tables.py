"""A table of the rules that somebody wrote is read again where a cell of it was changed."""

from pathlib import Path

import pytest
from tools.tables import RECORD, table_problems, tables_file

PAGE = """# Modes

| mode | leads |
|---|---|
| Classic | yes |
| Simple | no |

## `then`

| rule | says |
|---|---|
| **MODE-1.1** | two |

<!-- generated: states -->

| state | leads |
| --- | --- |
| Classic | yes |

<!-- end generated -->
"""
SAID = "docs/spec/modes.md: the table below 'Modes' has other cells; read it, and run `make docs-sync`"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A page with a table that somebody wrote, one of sentences, and a generated one."""
    for name in ("docs/spec/modes.md", RECORD):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "docs/spec/modes.md").write_text(PAGE, encoding="utf-8")
    (tmp_path / RECORD).write_text(tables_file(tmp_path), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("Simple | no", "Simple | yes", [SAID]),
        ("| Simple | no |\n", "", [SAID]),
        ("| Classic | yes |\n| Simple | no |", "| Simple | no |\n| Classic | yes |", [SAID]),
        ("| Simple |", "|  Simple  |", []),
        ("**MODE-1.1** | two", "**MODE-1.1** | three", []),
        ("| --- | --- |\n| Classic | yes |", "| --- | --- |\n| Classic | no |", []),
    ],
)
def test_a_cell_that_was_changed_is_named_by_its_table(root: Path, old: str, new: str, said: list[str]) -> None:
    """Until the record is written anew; sentences and generated tables are held elsewhere."""
    assert old in PAGE
    (root / "docs/spec/modes.md").write_text(PAGE.replace(old, new), encoding="utf-8")
    assert list(table_problems(root)) == said
    (root / RECORD).write_text(tables_file(root), encoding="utf-8")
    assert list(table_problems(root)) == []


def test_without_a_record_every_table_is_named(root: Path) -> None:
    """So is a table that is not there any more."""
    (root / RECORD).write_text(tables_file(root).replace("Modes", "States"), encoding="utf-8")
    assert sorted(table_problems(root)) == [SAID, SAID.replace("'Modes'", "'States'")]
    (root / RECORD).unlink()
    assert sorted(table_problems(root)) == [SAID, SAID.replace("'Modes'", "'then'")]

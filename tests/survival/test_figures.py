"""The runners write their own rows into docs/survival.md."""

from pathlib import Path

import pytest

from tests.survival import figures
from tests.survival.figures import DOCUMENT, Figure, record, said

KILLS = Figure("kills", 2000, 0, "none missed", "python -m kills")


def rows(document: Path) -> list[str]:
    text = document.read_text(encoding="utf-8")
    assert text.endswith("|\n")
    return [line for line in text.splitlines() if line.startswith("| ")][1:]


def test_a_row_is_added_or_takes_the_place_of_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One row for each experiment, in the order of their names; the prose stays."""
    document = tmp_path / "survival.md"
    prose, _, table = DOCUMENT.read_text(encoding="utf-8").partition("| experiment |")
    head = "".join(("| experiment |" + table).splitlines(keepends=True)[:2])
    document.write_text(prose + head, encoding="utf-8")
    monkeypatch.setattr(figures, "DOCUMENT", document)

    record(KILLS)
    record(Figure("faults", 10, 1, "one", "python -m faults"))
    record(KILLS._replace(number=5000))

    assert document.read_text(encoding="utf-8").startswith(prose)
    assert [row.split(" | ")[:4] for row in rows(document)] == [
        ["| faults", "10", "1", "none"],
        ["| kills", "5,000", "0", "3/N = 0.06%"],
    ]


@pytest.mark.parametrize(
    "figure, bound",
    [
        (KILLS, "3/N = 0.15%"),
        (KILLS._replace(violations=1), "none"),
        (KILLS._replace(number=0), "none"),
        (KILLS._replace(every=True), "all of them"),
    ],
)
def test_a_bound_is_claimed_only_without_violations(figure: Figure, bound: str) -> None:
    """The rule of three holds for zero in N; where nothing was drawn at random, none is needed."""
    assert figure.bound == bound
    assert bound in said(figure)

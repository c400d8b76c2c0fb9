"""The figures of import, audit and export are held against their goals."""

from bench.databases.transfer import COMMANDS, EMPTY, Cost, as_document


def test_each_command_has_a_row_that_says_whether_its_goals_are_met() -> None:
    """An audit that is twice as dear as the switch is too dear, and 40 MiB are too much."""
    costs = {name: Cost(100.0, 50.0) for name in COMMANDS}
    large = {**costs, "audit": Cost(200.0, 82.0), "result": Cost(1.0, 90.0)}
    text = as_document({"SQLite": {EMPTY: costs, 1_000: large}}, "this", ["SQLite 3"])
    rows = [line for line in text.splitlines() if line.startswith("| 1,000 |")]
    assert [row.split(" | ")[1] for row in rows] == [*COMMANDS]
    assert "| 1,000 | audit | 200.0 | switch | 2.00 | <= 1 | no | 32.0 | yes |" in rows
    assert "| 1,000 | export | 100.0 | switch | 1.00 | <= 1 | yes | 0.0 | yes |" in rows
    assert "| 1,000 | result | 1.0 | | | | | 40.0 | no |" in rows


def test_a_lead_may_not_be_much_dearer_among_many() -> None:
    """Each command's cost for a lead in the largest CRM is held against that in the smallest."""
    costs = {name: Cost(100.0, 50.0) for name in COMMANDS}
    large = {**costs, "export": Cost(121.0, 50.0)}
    text = as_document({"SQLite": {EMPTY: costs, 500: costs, 1_000: large}}, "this", ["SQLite 3"])
    assert "| cost of a lead, 1,000 by 500 leads | ratio | goal | met |" in text
    assert "| import | 1.00 | <= 1.2 | yes |" in text
    assert "| export | 1.21 | <= 1.2 | no |" in text

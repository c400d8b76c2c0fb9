"""What is wrong with a file is told with its place, and can be handed on by a worker."""

import pickle

import pytest

from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow


@pytest.mark.parametrize(
    "line, field, place",
    [(None, None, ""), (3, None, ", line 3"), (None, "ID", ", ID"), (3, "ID", ", line 3, ID")],
)
def test_the_place_is_told_as_far_as_there_is_one(line: int | None, field: str | None, place: str) -> None:
    """The file, the line and the heading, then what would be right, and the code."""
    row = BadRow("leads.csv", line, field, "bad_id", "expected an id")
    error = BadFile(row)
    assert str(row) == str(error) == f"leads.csv{place}: expected an id (bad_id)"
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), again.args, again.row) == (BadFile, (row,), row)

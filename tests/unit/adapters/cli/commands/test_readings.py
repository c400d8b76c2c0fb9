"""`crmcore spec readings`: the places that can be read in two ways, and one vector with both readings."""

import json

import pytest

from crmcore.adapters.cli import main


def test_all_readings_are_shown_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    """With the numbers of vectors that they change."""
    assert main(["spec", "readings"]) == 0
    shown = " ".join(capsys.readouterr().err.split())
    assert "for each deal" in shown
    assert "crmcore spec readings S18 --other" in shown


def test_a_reading_is_told_before_and_after(capsys: pytest.CaptureFixture[str]) -> None:
    """The statement, both readings, the steps of the vector, and what differs."""
    assert main(["spec", "readings", "S14", "--other"]) == 0
    shown = " ".join(capsys.readouterr().err.split())
    assert "S14: No moment is wrong for changing the mode" in shown
    assert "As it is read: Whenever no switch is under way" in shown
    assert "0. user 1: switch to classic" in shown
    assert "the state in the end as it is read: switching the other reading: classic" in shown


def test_without_other_the_vector_is_not_asked(capsys: pytest.CaptureFixture[str]) -> None:
    """What the other reading changes stands in the record."""
    assert main(["spec", "readings", "every-deal-its-client", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    [row] = document["readings"]
    assert (document["format"], document["told"], row["differences"]) == ("crmcore.readings/1", False, [])
    assert row["statements"] == ["S18"]
    assert row["changed"] == sum(each["vectors"] for each in row["families"]) > 0


@pytest.mark.parametrize("words, field", [(["S99"], "ID"), (["--other"], "--other")])
def test_what_names_no_reading_is_a_wrong_call(
    words: list[str], field: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, and the names are told."""
    assert main(["spec", "readings", *words, "--json"]) == 2
    [error] = json.loads(capsys.readouterr().out)["errors"]
    assert error["field"] == field

"""Ids as runs of neighbours: what is in them was added, and they never grow beyond a bound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.application import pages
from crmcore.application.pages import IdRuns

IDS = st.lists(st.integers(1, 40), max_size=60)


def _runs(ids: list[int]) -> IdRuns:
    runs = IdRuns()
    for id in ids:
        runs.add(id)
    return runs


@given(IDS)
def test_it_holds_what_was_added_in_any_order(ids: list[int]) -> None:
    """Nothing more and nothing less, as long as there is room."""
    runs = _runs(ids)
    assert [id for id in range(45) if id in runs] == sorted(set(ids))


@given(IDS, st.none() | st.integers(0, 45))
def test_behind_an_id_is_the_end_of_the_run_that_follows_it(ids: list[int], after: int | None) -> None:
    """The next id that was not added is looked for behind it."""
    end = after or 0
    while end + 1 in ids:
        end += 1
    assert (_runs(ids).behind(after) or 0) == end


def test_without_room_an_id_is_left_out_unless_it_has_a_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    """So an audit of scattered ids reads more, and holds no more."""
    monkeypatch.setattr(pages, "RUNS", 2)
    assert [id for id in range(10) if id in _runs([1, 5, 8, 6, 9])] == [1, 5, 6]

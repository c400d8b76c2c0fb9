"""Tables of an image: held as mappings, or read from a store as they are gone through."""

import pytest
from attrs import evolve

from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.ids import ActivityId, Kind, Ref
from crmcore.domain.model.image import ReadTable, batches_of, bound_activities
from tests.building import without_activity


@pytest.mark.parametrize("gone", [1, 3])
def test_an_image_that_somebody_holds_may_bind_what_is_not_there(gone: int) -> None:
    """It is written as it is, for an audit to find; an activity that is bound to nothing comes along."""
    image = without_activity(gone)
    bindings = {id: bound for id, bound in image.bindings.items() if id != 2}
    found = list(bound_activities(evolve(image, bindings=bindings)))
    left = ActivityId(4 - gone)
    assert [activity.id for activity, _ in found] == sorted([2, left])
    assert {activity.id: bound for activity, bound in found} == {2: frozenset(), left: image.bindings[left]}


def test_a_record_behind_the_first_is_found_in_a_table_that_is_read() -> None:
    """Whoever looks for one reads up to it."""
    assert ReadTable(lambda: iter([([1], ["a"]), ([2], ["b"])]))[2] == "b"


def test_a_table_that_is_read_says_how_long_it_is_and_what_it_has_not() -> None:
    """It is read anew for each question."""
    table = ReadTable(lambda: iter([([1, 2], ["a", "b"]), ([5], ["c"])]))
    assert (len(table), list(table), dict(table.items())) == (3, [1, 2, 5], {1: "a", 2: "b", 5: "c"})
    with pytest.raises(KeyError):
        table[3]


@pytest.mark.parametrize("gone", [1, 3])
def test_an_activity_that_is_bound_and_not_there_is_a_fault_of_a_table_that_is_read(gone: int) -> None:
    """Between others or behind the last: the rest would look complete."""
    image = without_activity(gone)
    bindings = ReadTable(lambda: batches_of(image.bindings))
    with pytest.raises(RecordFault) as caught:
        list(bound_activities(evolve(image, bindings=bindings)))
    assert (caught.value.ref, caught.value.code) == (Ref(Kind.ACTIVITY, ActivityId(gone)), "missing")

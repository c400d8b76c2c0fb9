"""Plans that are kept folded come back as they were added."""

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, LeadId
from crmcore.domain.model.text import ID_LIMIT
from crmcore.domain.protocol.plans import FOLD, FoldedPlans, LeadPlan

IDS = st.integers(1, ID_LIMIT)


def _plan(
    lead_id: int, *, contact: int | None = None, company: int | None = None, activities: tuple[int, ...] = ()
) -> LeadPlan:
    return LeadPlan(
        lead_id=LeadId(lead_id),
        contact_id=None if contact is None else ContactId(contact),
        company_id=None if company is None else CompanyId(company),
        makes_contact=contact is None,
        makes_company=company is None and lead_id % 3 == 0,
        activity_ids=tuple(ActivityId(each) for each in activities),
        not_carried=(("observers",), ("source",), ())[lead_id % 3],
    )


def _many(count: int) -> Iterator[LeadPlan]:
    """Every third has a client, and one in five an activity, so that all columns differ."""
    for number in range(1, count + 1):
        activities = (number * 7, number * 7 + 1) if number % 5 == 0 else ()
        contact = number * 2 if number % 3 == 0 else None
        yield _plan(number * 11, contact=contact, company=number if number % 6 == 0 else None, activities=activities)


def _folded(plans: Iterator[LeadPlan] | list[LeadPlan]) -> FoldedPlans:
    folded = FoldedPlans()
    for plan in plans:
        folded.add(plan)
    return folded


@pytest.mark.rule("SWITCH-12")
@pytest.mark.parametrize("count", [0, 1, FOLD - 1, FOLD, FOLD + 1, 3 * FOLD + 2])
def test_plans_come_back_as_they_were_added(count: int) -> None:
    """In their order, part for part, at each border of a page."""
    plans = list(_many(count))
    folded = _folded(plans)
    assert len(folded) == count
    assert list(folded) == plans
    assert [repr(each) for each in folded] == [repr(each) for each in plans]


@pytest.mark.rule("SWITCH-12")
@given(ids=st.lists(IDS, min_size=1, max_size=4), clients=st.lists(IDS, min_size=4, max_size=4))
def test_ids_of_any_size_come_back(ids: list[int], clients: list[int]) -> None:
    """Steps from one id to the next may be as large as an id, and go down."""
    ordered = sorted(ids)
    plans = [_plan(id, contact=clients[0], company=clients[1], activities=(*clients, *ids)) for id in ordered]
    plans += list(_many(FOLD))  # which fold these with them
    assert list(_folded(plans)) == plans


def test_a_part_of_them_is_a_tuple_and_a_place_counts_from_either_end() -> None:
    """Like a tuple, across pages too; a place beyond the end is none."""
    plans = tuple(_many(2 * FOLD + 5))
    folded = _folded(list(plans))
    for part in (slice(0, 3), slice(FOLD - 2, FOLD + 2), slice(None, None, -700), slice(5 * FOLD, None)):
        assert folded[part] == plans[part]
    for place in (0, FOLD, FOLD - 1, -1, -FOLD):
        assert folded[place] == plans[place]
    assert plans[FOLD + 3] in folded
    for beyond in (len(plans), -len(plans) - 1):
        with pytest.raises(IndexError):
            folded[beyond]


def test_they_are_equal_to_the_same_plans_however_these_are_kept() -> None:
    """With the hash of a tuple, and equal to nothing else."""
    plans = tuple(_many(FOLD + 1))
    folded = _folded(list(plans))
    assert folded == _folded(list(plans))
    assert folded == plans
    assert plans == folded
    assert hash(folded) == hash(plans)
    assert repr(folded) == "FoldedPlans(1001)"
    assert folded != _folded(list(plans[:-1]))
    assert folded != (*plans[:-1], plans[0])
    assert folded != list(plans)


def test_a_plan_takes_a_few_bytes() -> None:
    """So that those of a million leads lie in little memory."""
    tracemalloc.start()
    try:
        folded = _folded(_many(20 * FOLD))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(folded) == 20 * FOLD
    assert taken < 16 * len(folded)


def test_going_on_in_a_page_unpacks_it_once() -> None:
    """The plans of the page that was looked at last are there, and those of another one take its place."""
    folded = _folded(_many(2 * FOLD))
    assert folded[FOLD].lead_id == 11 * (FOLD + 1)
    first = folded[0]
    assert folded[0] is first
    assert folded[FOLD - 1] is folded[FOLD - 1]
    assert folded[FOLD] is folded[FOLD]
    assert folded[0] is not first

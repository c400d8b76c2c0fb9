"""The texts in which the SQL store keeps what is no plain value."""

import json

from hypothesis import given
from hypothesis import strategies as st

from crmcore.adapters.sql.rows.texts import dump_points, load_points
from crmcore.domain.model.values import ContactPoint, ContactPoints, PointKind

_POINTS = st.builds(
    ContactPoint,
    kind=st.sampled_from(PointKind),
    type=st.sampled_from(("WORK", 'A"B', "\\", "é")),
    value=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=9),
)


@given(st.lists(_POINTS, max_size=3).map(ContactPoints))
def test_contact_points_are_json_that_is_read_back(points: ContactPoints) -> None:
    """Quotes, backslashes and letters of any kind included."""
    text = dump_points(points)
    assert load_points(text) == points
    if text is not None:
        found = [[str(each.kind), each.type, each.value] for each in points]
        assert text == json.dumps(found, ensure_ascii=False, separators=(",", ":"))

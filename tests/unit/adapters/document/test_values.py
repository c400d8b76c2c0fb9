"""Single values of a document: what nearly is one is refused by its place."""

from typing import Any

import pytest

from crmcore import InvalidValue
from crmcore.adapters.document.values import bound


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize(
    "pair", [["lead"], ["lead", 1, 2], ["lead", 1, None], [], ["lead", "1"], ["switch", 1], ("lead", 1)], ids=str
)
def test_a_binding_is_a_pair_of_kind_and_id(pair: Any) -> None:
    """Neither less nor more, and of a kind that an activity can be bound to."""
    with pytest.raises(InvalidValue, match=r"^\[1\]"):
        bound([["lead", 1], pair])

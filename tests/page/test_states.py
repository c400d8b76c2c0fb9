"""In every state, on both pages and at both widths, light and dark, the page is there for everybody."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.matrix import matrix
from tests.needed import need_module

need_module("playwright")

from tests.page.accessibility import check_place, violations
from tests.page.chromium import HAND, WIDE
from tests.page.scene import BASES, Scene
from tests.page.states import STATES, reach

pytestmark = pytest.mark.slow  # a browser


#: In `make deep` every rule of axe looks at every state on each page at either width; else at each page where it is
#: used most, and somebody without the right looks at the one in the hand.
DEEP = os.environ.get("CRMCORE_DEEP") == "1"
SEEN = [(name, page) for name in STATES for page in BASES if DEEP or page == "app" or not name.endswith("-reader")]
OFTEN = {"web": WIDE, "app": HAND}


@pytest.mark.parametrize("name,page", matrix(SEEN, [(name, page) for name, page in SEEN if page == "app"]))
def test_axe_finds_nothing(name: str, page: str, scene: Callable[..., Scene]) -> None:
    """All rules of axe, colours in the dark besides; at either width headings, order of focus, and sizes of targets."""
    here = scene()
    tab = here.enter(OFTEN[page], STATES[name].person)
    reach(name, here, tab, page)
    found: list[Any] = []
    for window in sorted((WIDE, HAND), key=OFTEN[page].__eq__):
        tab.set_viewport_size(window.size)
        found += check_place(tab)
        if DEEP or window == OFTEN[page]:
            found += violations(tab)
    if DEEP or page == "app":
        tab.emulate_media(color_scheme="dark")
        found += violations(tab, only=("color-contrast",))
    assert found == []

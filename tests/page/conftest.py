"""A browser for each process, and scenes over both kinds of store."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.matrix import matrix
from tests.needed import need_module, need_program

if TYPE_CHECKING:
    from tests.page.chromium import Chromium
    from tests.page.scene import Scene

_ALL = [(page, width) for page in ("web", "app") for width in (1280, 390)]
_TWO = [("web", 1280), ("app", 390)]

#: Where people look at the page: each of its two addresses, at a desk and in the hand.
PLACES = matrix(_ALL, _TWO)

#: The two of them that journeys take which start processes or wait for somebody; `make deep` takes all.
USUAL = matrix(_ALL if os.environ.get("CRMCORE_DEEP") == "1" else _TWO, _TWO[1:])

#: The page alone, where the width is none of the matter.
PAGES = matrix(("web", "app"), ["app"])


@pytest.fixture(scope="module")
def browser() -> Iterator["Chromium"]:
    """The browser of a file: its loop runs in this thread, where no other one can (`asyncio.run` in a document)."""
    need_module("playwright")
    need_module("axe_playwright_python")
    from tests.page.chromium import BROWSERS, chromium

    with chromium(need_program(*BROWSERS)) as running:
        yield running


@pytest.fixture
def scene(browser: "Chromium") -> Iterator[Callable[..., "Scene"]]:
    """Makes scenes, which end with the test."""
    from tests.page.scene import Scene

    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(Scene(browser, **options))


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    """Where the database of a test is."""
    return tmp_path / "crm.db"

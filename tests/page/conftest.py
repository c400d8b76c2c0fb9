"""A browser for each process, and scenes over both kinds of store."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.needed import need_module, need_program

if TYPE_CHECKING:
    from tests.page.chromium import Chromium
    from tests.page.scene import Scene

#: Where people look at the page: each of its two addresses, at a desk and in the hand.
PLACES = [(page, width) for page in ("web", "app") for width in (1280, 390)]

#: The two of them that journeys take which start processes or wait for somebody; `make deep` takes all.
USUAL = PLACES if os.environ.get("CRMCORE_DEEP") == "1" else [("web", 1280), ("app", 390)]


@pytest.fixture(scope="session")
def browser() -> Iterator["Chromium"]:
    """The browser of this process."""
    need_module("playwright")
    need_module("axe_playwright_python")
    path = need_program("chromium", "chromium-browser", "google-chrome")
    from tests.page.chromium import chromium

    with chromium(path) as running:
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

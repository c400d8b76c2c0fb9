"""Open every built page in a browser that may fetch nothing but files, wide and in the hand, and search for words.

`python -m tools.site_walk build/site`; Chromium is found as the tests of the page find it. Prints what is wrong: a
request that leaves the folder, an error of the console, a page that is wider than its window, a word without a hit.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.needed import program
from tests.page.chromium import BROWSERS, HAND, WIDE, Chromium, Window, chromium

__all__ = ["main", "wrong_pages", "wrong_words"]

#: What a reader may look for: words of the article, of the rules, of the tables and of the code.
WORDS = (
    "lead",
    "pipeline",
    "Classic",
    "epoch",
    "tombstone",
    "outbox",
    "ModeSwitchPolicy",
    "SWITCH-9",
    "stale_switch",
    "vectors",
)

#: How much wider than the window a page is; what scrolls inside of it does not count.
_WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def wrong_pages(browser: Chromium, folder: Path, window: Window) -> Iterator[str]:
    """What is wrong with each page in such a window."""
    tab, told = _tab(browser, window)
    for path in sorted(folder.rglob("*.html")):
        tab.goto(path.as_uri())
        wider = tab.evaluate(_WIDER)
        said = [*told, *([f"is {wider} px wider than the window"] if wider > 0 else [])]
        told.clear()
        for each in said:
            yield f"{path.relative_to(folder)} at {window.width} px: {each}"


def wrong_words(browser: Chromium, folder: Path, window: Window) -> Iterator[str]:
    """The words that the search page finds nowhere, and what goes wrong while it looks for them."""
    tab, told = _tab(browser, window)
    for word in WORDS:
        tab.goto(f"{(folder / 'search.html').as_uri()}?q={word}")
        tab.wait_for_function("() => document.querySelector('#search-results .search-summary')?.innerText.length > 20")
        tab.wait_for_timeout(300)
        if not tab.locator("#search-results li").count():
            yield f"search at {window.width} px: nothing is found for {word!r}"
        yield from (f"search for {word!r} at {window.width} px: {each}" for each in told)
        told.clear()


def _tab(browser: Chromium, window: Window) -> tuple[Any, list[str]]:
    """A tab that reaches files alone, and what is told of it from now on."""
    told: list[str] = []
    tab = browser.stranger(window)

    def decide(route: Any) -> None:
        if route.request.url.startswith(("file:", "data:")):
            route.continue_()
        else:
            told.append(f"asks for {route.request.url}")
            route.abort()

    tab.route("**/*", decide)
    tab.on("console", lambda said: told.append(f"console: {said.text}") if said.type == "error" else None)
    tab.on("pageerror", lambda error: told.append(f"script: {error}"))
    return tab, told


def main(arguments: list[str] | None = None) -> int:
    """Print what is wrong, and how much was looked at."""
    (name,) = sys.argv[1:] if arguments is None else arguments
    folder = Path(name).resolve()
    path = program(*BROWSERS)
    if path is None:
        print("Chromium is not here: the pages were not opened in a browser.")
        return 0
    with chromium(path) as browser:
        wrong = [
            each for window in (WIDE, HAND) for of in (wrong_pages, wrong_words) for each in of(browser, folder, window)
        ]
    print(*wrong, sep="\n", end="\n" * bool(wrong))
    pages = len(list(folder.rglob("*.html")))
    print(f"{pages} pages and {len(WORDS)} words at {WIDE.width} and {HAND.width} px: {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

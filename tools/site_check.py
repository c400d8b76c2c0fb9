"""Look through built pages for anything that a browser would fetch from elsewhere: they must work without a network.

`python -m tools.site_check build/site`; links that a reader may follow are no requests.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

__all__ = ["main", "requests_of"]

_FETCHED = {
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "link": "href",
    "object": "data",
    "script": "src",
    "source": "src",
    "video": "src",
}
#: Links in the head that name a page and fetch nothing.
_NAMED_ONLY = {"author", "canonical", "help", "license", "next", "prev", "search", "index", "genindex", "copyright"}
_IN_STYLE = re.compile(r"(?:url\(\s*|@import\s+)[\"']?((?:[a-z]+:)?//[^\"')\s]+)")
_OUTSIDE = re.compile(r"(?:https?:)?//")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        target = given.get(_FETCHED.get(tag, ""), "")
        if _OUTSIDE.match(target) and not _NAMED_ONLY.issuperset(given.get("rel", "-").split()):
            self.found.append(target)
        self.found += _IN_STYLE.findall(given.get("style", ""))
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.found += _IN_STYLE.findall(data)


def requests_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Each request that leaves the folder: the file that makes it, and what it asks for."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".html":
            page = _Page()
            page.feed(path.read_text(encoding="utf-8"))
            yield from ((name, target) for target in page.found)
        elif path.suffix == ".css":
            yield from ((name, target) for target in _IN_STYLE.findall(path.read_text(encoding="utf-8")))


def main(arguments: list[str] | None = None) -> int:
    """Print what leaves the folder; fails for any, and for a folder without pages or without a search."""
    (target,) = sys.argv[1:] if arguments is None else arguments
    folder = Path(target)
    missing = [name for name in ("index.html", "search.html", "searchindex.js") if not (folder / name).is_file()]
    for name in missing:
        print(f"{name}: not built")
    outside = list(requests_of(folder))
    for name, request in outside:
        print(f"{name}: asks for {request}")
    return 1 if missing or outside else 0


if __name__ == "__main__":
    sys.exit(main())

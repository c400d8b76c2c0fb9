"""The sources of the site: all documents in one folder, their links set to it, and the pages of the reference.

`python -m tools.site_source build/source`; `make site` builds pages of it. Documents outside `docs` come along where
another one links to them.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tools.reference import reference_pages
from tools.site_pictures import picture_pages, state_machine
from tools.site_stories import story_pages
from tools.site_tables import table_pages

__all__ = ["main", "pages_of", "rebased"]

ROOT = Path(__file__).resolve().parent.parent

#: The list of all pages, by part.
CONTENTS = Path("docs", "site", "contents.md.in")

#: What the documents show; they name it by its place in `docs`.
PICTURES = Path("docs", "pictures")

#: The vectors and their schema, and where they lie in the site: a page that links to one hands it out.
VECTORS, VECTORS_THERE = Path("src", "crmcore", "testing", "vectors", "data"), Path("vectors", "data")

#: The diagram of the states, as other places draw it.
_DIAGRAM = re.compile(r"```mermaid\nstateDiagram.*?```", re.DOTALL)

_CODE_LINK = re.compile(r"\[([^\]\[]+)\]\(([^)\s#:]+)\)")
_LINK = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")


def main(
    arguments: list[str] | None = None,
    *,
    root: Path = ROOT,
    stories: Callable[[], Mapping[str, str]] = story_pages,
) -> int:
    """Write the sources into the folder that is named, and take away what is there and none of them."""
    (target,) = sys.argv[1:] if arguments is None else arguments
    folder = Path(target)
    # The stories are walks, which take their time; whoever wants the other pages alone leaves them out.
    pages = {**pages_of(root), **stories()}
    for old in [path for path in folder.rglob("*.md") if path.relative_to(folder).as_posix() not in pages]:
        old.unlink()
    for name, text in pages.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:  # else it would be built again
            path.write_text(text, encoding="utf-8")
    shutil.copytree(root / PICTURES, folder / PICTURES.name, dirs_exist_ok=True)
    shutil.copytree(root / VECTORS, folder / VECTORS_THERE, dirs_exist_ok=True)
    return 0


def pages_of(root: Path) -> dict[str, str]:
    """Every page by its place in the site."""
    documents = _documents(root)
    pages = {_place(path, root): rebased(path.read_text(encoding="utf-8"), path, root, documents) for path in documents}
    # The index by reader is the first page, and the list of all pages belongs to it.
    pages["index.md"] += "\n" + (root / CONTENTS).read_text(encoding="utf-8")
    # A diagram that a page has as text for other places is drawn here.
    pages = {name: _DIAGRAM.sub(lambda _: state_machine(), text) for name, text in pages.items()}
    drawn = {**table_pages(), **picture_pages()}
    return {**pages, **drawn, **{f"reference/{name}.md": text for name, text in reference_pages()}}


def rebased(text: str, path: Path, root: Path, documents: set[Path]) -> str:
    """The text of a document with its links to other documents as they are in the site."""
    here = Path(_place(path, root)).parent

    def link(match: re.Match[str]) -> str:
        target = (path.parent / match[2]).resolve()
        if root / VECTORS in target.parents:
            return f"{match[1]}{Path(os.path.relpath(VECTORS_THERE / target.name, here)).as_posix()}{match[3]}"
        if target not in documents:
            return match[0]
        return f"{match[1]}{Path(os.path.relpath(_place(target, root), here)).as_posix()}{match[3]}"

    def plain(match: re.Match[str]) -> str:
        """Code, or a folder, is linked from a document, and only named on the site, which does not have it."""
        target = (path.parent / match[2]).resolve()
        is_here = target in documents or not {root / PICTURES, root / VECTORS}.isdisjoint(target.parents)
        return match[1] if target.exists() and not is_here else match[0]

    return _LINK.sub(link, _CODE_LINK.sub(plain, text))


def _place(path: Path, root: Path) -> str:
    """Where a document stands in the site: what is in `docs` stays there, the rest is about the project."""
    inside = path.relative_to(root)
    if inside == Path("docs", "README.md"):
        return "index.md"
    if inside.parts[0] == "docs":
        return Path(*inside.parts[1:]).as_posix()
    words = [*inside.parts[:-1], *([] if inside.parts[:-1] and inside.stem == "README" else [inside.stem])]
    return f"project/{'-'.join(words).lower()}.md"


def _documents(root: Path) -> set[Path]:
    found: set[Path] = set()
    todo = list((root / "docs").rglob("*.md"))
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            todo += _linked(path)
    return found


def _linked(path: Path) -> Iterator[Path]:
    for match in _LINK.finditer(path.read_text(encoding="utf-8")):
        target = (path.parent / match[2]).resolve()
        if target.suffix == ".md" and target.is_file():
            yield target


if __name__ == "__main__":
    sys.exit(main())

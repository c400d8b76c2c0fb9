"""The tables of docs/spec that people write: each is held by a digest, so that a cell that was changed is seen.

Rows that are sentences of rules stand in the trace, and generated tables are drawn anew; neither is held here.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

__all__ = ["RECORD", "table_problems", "tables_file"]

RECORD = "tests/spec/tables.toml"
_HEAD = (
    "# Written by `make docs-sync`: a digest of each table of docs/spec that people write, by its page and heading.\n"
)
_GENERATED = re.compile(r"<!-- generated: .*?<!-- end generated -->", re.DOTALL)
_SENTENCE = re.compile(r"\| \*\*[A-Z]+-[0-9]+\.[0-9]+\*\* ")


def table_problems(root: Path) -> Iterator[str]:
    """The tables that are not as they were when somebody read them last."""
    path = root / RECORD
    known = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found = _digests(root)
    for place in found.keys() | known.keys():
        if found.get(place) != known.get(place):
            page, _, heading = place.partition(": ")
            yield f"docs/spec/{page}: the table below {heading!r} has other cells; read it, and run `make docs-sync`"


def tables_file(root: Path) -> str:
    """The text of the record."""
    return _HEAD + "".join(f'"{place}" = "{digest}"\n' for place, digest in _digests(root).items())


def _digests(root: Path) -> dict[str, str]:
    tables: dict[str, list[str]] = {}
    for page in sorted((root / "docs" / "spec").glob("*.md")):
        heading = ""
        for line in _GENERATED.sub("", page.read_text(encoding="utf-8")).splitlines():
            if line.startswith("#"):
                heading = line.strip("# ").replace("`", "")
            elif line.startswith("|") and not _SENTENCE.match(line):
                tables.setdefault(f"{page.name}: {heading}", []).append(" ".join(line.split()))
    return {place: hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16] for place, rows in tables.items()}

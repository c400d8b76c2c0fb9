"""`python -m tools.docs_sync`: rewrite the generated parts of the documents, or with `--check` say which are stale.

Both say what keeps a rule from being traced (`tools.trace`), and end with 1 where something does.

A generated part stands between `<!-- generated: NAME -->` and `<!-- end generated -->`.
"""

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.generated import ROOT, SECTIONS, files, problems

__all__ = ["main", "rewritten", "stale_documents"]

_PART = re.compile(r"(<!-- generated: (?P<name>[^>]*?) -->\n).*?(<!-- end generated -->)", re.DOTALL)

Sections = Mapping[str, Callable[[], str]]


def main(
    arguments: list[str] | None = None,
    *,
    root: Path = ROOT,
    sections: Sections = SECTIONS,
    files: Callable[[Path], Mapping[str, str]] = files,
    problems: Callable[[], list[str]] = problems,
) -> int:
    """Rewrite, or check: 1 when a document is stale or a rule cannot be traced, 2 when a part is in no document."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs_sync", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing, and end with 1 when a document is stale")
    check = parser.parse_args(arguments).check
    try:
        stale = {**stale_documents(root / "docs", sections), **_stale_files(root, files(root))}
    except LookupError as error:
        print(error.args[0], file=sys.stderr)
        return 2
    for path, text in stale.items():
        shown = path.relative_to(root).as_posix()
        if check:
            print(f"{shown}: a generated part is stale; run `make docs-sync`", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"{shown}: rewritten")
    wrong = problems()
    for line in wrong:
        print(line, file=sys.stderr)
    return 1 if wrong or (check and stale) else 0


def _stale_files(root: Path, made: Mapping[str, str]) -> dict[Path, str]:
    """The files that are generated as a whole and differ from what stands there."""
    paths = {root / name: text for name, text in made.items()}
    return {
        path: text for path, text in paths.items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    }


def stale_documents(folder: Path, sections: Sections) -> dict[Path, str]:
    """The documents whose text would change, with the text that they should have."""
    made = {name: section() for name, section in sections.items()}
    placed: set[str] = set()
    stale = {}
    for path in sorted(folder.rglob("*.md")):
        before = path.read_text(encoding="utf-8")
        placed |= {part["name"] for part in _PART.finditer(before)}
        try:
            after = rewritten(before, made)
        except KeyError as error:
            raise LookupError(f"{path.name}: there is no generated part {error.args[0]!r}") from error
        if after != before:
            stale[path] = after
    missing = sorted(made.keys() - placed)
    if missing:
        raise LookupError(f"no document has the generated part {', '.join(missing)}")
    return stale


def rewritten(text: str, made: Mapping[str, str]) -> str:
    """The text with each generated part as it should be; raises `KeyError` for a part that nobody makes."""
    return _PART.sub(lambda part: f"{part[1]}\n{made[part['name']]}\n\n{part[3]}", text)


if __name__ == "__main__":
    sys.exit(main())

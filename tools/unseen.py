"""Why a planted change breaks no vector, and what sees it instead: tests/spec/unseen.toml, held to the record."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.spec_changes import ROOT, Change, changes_in
from tools.vector_kills import ELSEWHERE, NONE, seen_in, unrecorded

__all__ = ["REASONS", "Reason", "gaps", "reasons_in", "unseen_part"]

REASONS = "tests/spec/unseen.toml"
#: Where the rules are: what vectors do not load there has a reason too.
_RULES = ("src/crmcore/domain/", "src/crmcore/application/")


class Reason(NamedTuple):
    """Why vectors see none of some changes; `seen` says what sees one of them besides its test."""

    reason: str
    changes: tuple[str, ...]
    seen: dict[str, str]


def reasons_in(root: Path = ROOT) -> list[Reason]:
    """The reasons, in their order."""
    rows = tomllib.loads((root / REASONS).read_text(encoding="utf-8"))["why"]
    return [Reason(row["reason"], tuple(row["changes"]), row.get("seen", {})) for row in rows]


def gaps(root: Path = ROOT) -> Iterator[str]:
    """What is not recorded, has no reason, or has one without need."""
    seen, reasons = seen_in(root), reasons_in(root)
    told = [id for each in reasons for id in each.changes]
    needed = {change.id for change in changes_in(root) if _needs_reason(change, seen.get(change.id))}
    yield from (f"{id}: run `python -m tools.vector_kills {id}`" for id in unrecorded(root))
    yield from (f"{id}: no vector sees it, and {REASONS} has no reason" for id in sorted(needed - {*told}))
    yield from (f"{id}: a vector sees it, and {REASONS} says why none does" for id in sorted({*told} - needed))
    yield from (f"{id}: two reasons" for id in sorted({id for id in told if told.count(id) > 1}))
    for each in reasons:
        yield from (f"{id}: what sees it stands at another reason" for id in sorted(each.seen.keys() - {*each.changes}))


def _needs_reason(change: Change, seen: str | None) -> bool:
    return seen == NONE or (seen == ELSEWHERE and change.file.startswith(_RULES))


def unseen_part(root: Path = ROOT) -> str:
    """The numbers, and each reason with its changes, as Markdown."""
    changes = {change.id: change for change in changes_in(root)}
    seen = seen_in(root)
    outside = sum(how == ELSEWHERE for how in seen.values())
    none = sum(how == NONE for how in seen.values())
    lines = [
        f"Of {len(changes)} planted changes, {len(seen) - outside - none} break a vector.",
        f"{outside} are in code that no vector runs: files, pages, the command line, SQL and a host's transaction.",
        f"{none} are in code that vectors run, and no vector sees them:",
    ]
    for each in reasons_in(root):
        lines += ["", each.reason, "", "| change | what it breaks | what sees it |", "|---|---|---|"]
        lines += [_line(changes[id], each.seen.get(id)) for id in each.changes]
    return "\n".join(lines)


def _line(change: Change, more: str | None) -> str:
    test = f"`{change.test}`"
    return f"| `{change.id}` | {change.rule}: {change.means} | {test if more is None else f'{more}; {test}'} |"

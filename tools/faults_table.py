"""Write docs/faults.md from what the walks find in each weakened design; `--check` only compares."""

import sys
from functools import cache
from pathlib import Path
from typing import Any

from crmcore.testing.walk.designs import FAULTS, Fault
from crmcore.testing.walk.walker import Found, explore
from crmcore.testing.walk.walks import WALKS

__all__ = ["DOCUMENT", "document", "found_of"]

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "faults.md"

_TEMPLATE = Path(__file__).with_name("faults.md.in")


@cache
def found_of(fault: Fault) -> Found:
    """What the walk of a weakened design finds in it."""
    return explore(WALKS[fault.walk], fault.design)


def document() -> str:
    """The whole document, from walking every weakened design."""
    found = [(fault, found_of(fault)) for fault in FAULTS]
    rows = "".join(map(_row, found))
    paths = "\n".join(f"- {fault.name}: {' → '.join(map(str, each.path))}." for fault, each in found)
    template = _TEMPLATE.read_text(encoding="utf-8")
    return template.replace("{rows}", rows).replace("{paths}", paths)


def _row(pair: tuple[Fault, Found]) -> str:
    fault, found = pair
    laws = ", ".join(dict.fromkeys(f"`{each.law}`" for each in found.broken if each.rule == fault.rule))
    test = f'`tests/walk/test_walk.py`, "{fault.walk}"'
    return f"| {fault.name} | {fault.rule} | {laws} | {test} | {len(found.path)} |\n"


def main(arguments: Any) -> int:
    """Write the document, or say whether it is current."""
    text = document()
    if "--check" in arguments:
        return int(DOCUMENT.read_text(encoding="utf-8") != text)
    DOCUMENT.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

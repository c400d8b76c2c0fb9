"""Write docs/faults.md from what the walks find in each weakened design, and the sentences that the stories quote.

`--check` only compares.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from crmcore.testing.walk.designs import FAULTS, Fault
from crmcore.testing.walk.sentences import SENTENCES
from crmcore.testing.walk.walker import Found, explore
from crmcore.testing.walk.walks import WALKS
from tools.rules import id_order, leaves_of

__all__ = ["DOCUMENT", "document", "found_of", "quoted"]

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "faults.md"

_TEMPLATE = Path(__file__).with_name("faults.md.in")


_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


def quoted() -> str:
    """The sentences of docs/spec that the weakened designs break, without links and emphasis."""
    said = {leaf.id: leaf.text for leaf in leaves_of(DOCUMENT.parent / "spec")}
    ids = sorted({fault.sentence for fault in FAULTS}, key=id_order)
    return json.dumps({id: _LINK.sub(r"\1", said[id]).replace("*", "") for id in ids}, indent=1) + "\n"


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
    made = {SENTENCES: quoted(), DOCUMENT: document()}
    if "--check" in arguments:
        return int(any(path.read_text(encoding="utf-8") != text for path, text in made.items()))
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

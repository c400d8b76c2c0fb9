"""Write docs/faults.md from what the walks find in each weakened design; `--check` only compares."""

import sys
from pathlib import Path
from typing import Any

from tests.faults.designs import FAULTS, Fault
from tests.walk.walker import Found, explore
from tests.walk.walks import WALKS

__all__ = ["DOCUMENT", "document"]

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "faults.md"

_HEAD = """\
# Weakened designs, and what finds them

<!-- Written by `python -m tools.faults_table` from tests/faults; a test fails when it is stale. -->

A test suite that has never seen a broken design proves little.
Each row is the real code with one seam replaced: a store around the store, one decision, or one expectation dropped (`tests/faults/designs.py`).
The walks are those of `tests/walk`, which find nothing in the real code: every order of the steps of two actors on a small CRM.
A step is one load (snapshot and decision), one commit, or one change of plan or right; the path is a shortest one.

| fault | rule | law that does not hold | first test that fails | steps |
|---|---|---|---|---|
"""

_TAIL = """
One design is weakened twice.
Without lead versions the unique ledger still keeps to one deal for each lead; in the walk "a pipeline in use" nothing goes wrong then.
Only where both are missing does a lead become two deals.
The versions alone are missed all the same as soon as somebody closes a lead that another actor converts.

Two designs need a word.
"Deal and lead written in two commits" is caught between the two: whoever looks, or crashes, at that moment has a deal that no ledger row names.
"Finish reads count and settings apart" counts before it asks for the token, as a worker with a lagging copy would; with the token asked for first, the epoch in it would still hold.

## The shortest paths

"""


def document() -> str:
    """The whole document, from walking every weakened design."""
    found = [(fault, explore(WALKS[fault.walk], fault.design)) for fault in FAULTS]
    rows = "".join(map(_row, found))
    paths = "\n".join(f"- {fault.name}: {' → '.join(each.path)}." for fault, each in found)
    return f"{_HEAD}{rows}{_TAIL}{paths}\n"


def _row(pair: tuple[Fault, Found]) -> str:
    fault, found = pair
    laws = ", ".join(f"`{each.law}`" for each in found.broken if each.rule == fault.rule)
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

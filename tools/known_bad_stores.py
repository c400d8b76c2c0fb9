"""Write down which contract tests reject each known-bad store: `python -m tools.known_bad_stores`, then docs_sync."""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.kit.mistakes import MISTAKES

from crmcore.testing.faults import FAMILIES, KNOWN_BAD
from crmcore.testing.faults.runner import rejections

__all__ = ["RECORD", "SUITE", "families", "host_mistakes", "known_bad_stores", "recorded"]

#: What was found when the tests were last run against every known-bad store; tests/kit shows that it is still so.
RECORD = Path(__file__).resolve().parent.parent / "tests" / "kit" / "rejections.json"

#: The suite around whose stores the known-bad ones are put.
SUITE = "tests.contract.test_memory:TestInMemoryStore"


def recorded() -> dict[str, list[str]]:
    """The contract tests that reject each known-bad store."""
    found: dict[str, list[str]] = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def known_bad_stores() -> str:
    """The table of the known-bad stores: what is wrong, and what rejects it."""
    lines = ["| store | fault | point | rule | contract tests that fail |", "|---|---|---|---|---|"]
    for name, failing in recorded().items():
        store = KNOWN_BAD[name]
        fault = re.sub(r"\s*\([A-Z]+-\d+\)\.$", "", (store.__doc__ or "").strip().splitlines()[0])
        tests = ", ".join(_shown(failing, store.rejected_by))
        lines.append(f"| `{name}` | {fault} | {store.point or '–'} | {store.rule} | {tests} |")
    return "\n".join(lines)


def families() -> str:
    """The table of the families: how many members each has, and what is to notice them."""
    lines = ["| family | fault | members | rule | contract tests that notice |", "|---|---|---|---|---|"]
    for name, family in FAMILIES.items():
        members = family.members().values()
        fault = re.sub(r"\s*\([A-Z]+-\d+\)\.$", "", (family.base.__doc__ or "").strip().splitlines()[0])
        tests = ", ".join(f"`{test}`" for test in dict.fromkeys(member.rejected_by for member in members))
        lines.append(f"| `{name}` | {fault} | {len(members):,} | {family.base.rule} | {tests} |")
    return "\n".join(lines)


def host_mistakes() -> str:
    """The table of the mistakes that are planted in the repair shop: the store with the same fault, and what fails."""
    lines = ["| mistake | known-bad store | contract test that fails |", "|---|---|---|"]
    lines += [f"| {name} | `{each.store}` | `{each.failing}` |" for name, each in MISTAKES.items()]
    return "\n".join(lines)


def _shown(tests: Iterable[str], first: str) -> list[str]:
    """Each test once, with its cases behind it; the one that says what is wrong comes first."""
    cases: dict[str, list[str]] = {first: []}
    for test in tests:
        name, _, case = test.partition("[")
        cases.setdefault(name, []).extend([case[:-1]] if case else [])
    return [f"`{name}`" + (f" ({', '.join(found)})" if found else "") for name, found in cases.items()]


def main() -> int:
    """Run the tests and write down what fails."""
    found = {name: sorted(tests) for name, tests in rejections(SUITE).items()}
    RECORD.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

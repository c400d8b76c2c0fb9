"""`python -m tools.mutation_report`: write docs/mutation.md from what `tools.mutation_run` has judged.

The figures of each part are kept in tools/mutation_figures.json, so that a run of one part leaves those of the others.
`--before` keeps the present ones as those that later ones are compared with.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tools.mutants import ROOT, Mutant
from tools.mutation_judge import KILLED, NO_TESTS, OTHER, SURVIVED, TIMEOUT
from tools.mutation_run import PARTS, answers, population

__all__ = ["figures", "is_same_sql", "main", "page", "share"]

DOCUMENT = ROOT / "docs" / "mutation.md"
FIGURES = Path(__file__).with_name("mutation_figures.json")
EQUIVALENT = "equivalent"
COLUMNS = (KILLED, TIMEOUT, SURVIVED, NO_TESTS, OTHER, EQUIVALENT)

#: Why another spelling of a statement is no change.
SAME_SQL = "SQL does not tell the case of letters apart"
#: What marks a text as a statement, or as a part of one.
_WORDS = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|AND|IS NULL|ORDER BY|ON CONFLICT|UNION)\b")
_VALUE = re.compile(r"'[^']*'")

Figures = dict[str, Any]


def main(arguments: list[str] | None = None) -> int:
    """Bring the figures up to date and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation_report")
    parser.add_argument("--before", action="store_true", help="compare later figures with these")
    given = parser.parse_args(arguments)
    kept: dict[str, Any] = {"parts": {}, "before": {}, "notes": []}
    if FIGURES.is_file():
        kept = json.loads(FIGURES.read_text(encoding="utf-8"))
    known = answers()
    for part in PARTS:
        found = figures(population(part), known)
        if found["judged"]:
            kept["parts"][part] = found
    if given.before:
        kept["before"] = {part: {"share": share(each), **each["counts"]} for part, each in kept["parts"].items()}
    FIGURES.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    DOCUMENT.write_text(page(kept["parts"], kept["before"], kept["notes"]), encoding="utf-8")
    print(f"{DOCUMENT.relative_to(ROOT)} written")
    return 0


def figures(mutants: Iterable[Mutant | str], known: dict[str, dict[str, str]]) -> Figures:
    """What became of the mutants of a part, as far as they were judged for the code as it is."""
    total = 0
    modules: dict[str, Counter[str]] = {}
    left: list[dict[str, str]] = []
    for mutant in mutants:
        total += 1
        name, digest = (mutant, "") if isinstance(mutant, str) else (mutant.name, mutant.digest)
        answer = known.get(name)
        if answer is None or answer["digest"] != digest:
            continue
        status = answer["status"]
        if status not in (KILLED, TIMEOUT):
            change = "" if isinstance(mutant, str) else mutant.change
            why = _reason(name.partition("__mutmut_")[0], change) or (SAME_SQL if is_same_sql(mutant) else "")
            status = EQUIVALENT if why else status
            left.append({"name": name, "status": status, "change": change, "why": why})
        modules.setdefault(_module(mutant), Counter())[status] += 1
    counts = sum(modules.values(), Counter[str]())
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "with": f"mutmut {version('mutmut')}, {platform.python_implementation()} {platform.python_version()}",
        "mutants": total,
        "judged": counts.total(),
        "counts": counts,
        "modules": modules,
        "left": left,
    }


def is_same_sql(mutant: Mutant | str) -> bool:
    """Whether a mutant writes a statement of the SQL store, or a name in one, in letters of another case: values stay.

    A name is that of a table, a column or an index, or an alias. The same name may be a key of Python's in another
    place; there a test kills the mutant.
    """
    if isinstance(mutant, str) or not mutant.module.startswith("crmcore.adapters.sql."):
        return False
    before, after = (mutant.tree.code_for_node(node)[1:-1] for node in (mutant.node, mutant.instead))
    if before.lower() != after.lower() or _VALUE.findall(before) != _VALUE.findall(after):
        return False
    names = re.findall(r"\w+", _VALUE.sub("", before))
    is_named = bool(names) and all(name in _sql_names() or (len(name) == 1 and name.islower()) for name in names)
    return is_named or _WORDS.search(before) is not None


@cache
def _sql_names() -> frozenset[str]:
    from crmcore.adapters.sql.rows.indexes import metadata  # only who reports on the SQL store needs it

    parts = [part for table in metadata.tables.values() for part in (table, *table.columns, *table.indexes)]
    return frozenset(str(part.name) for part in parts)


def share(part: Figures) -> float:
    """How many of those that a test could kill were killed, in a hundred; one that hangs is killed by its limit."""
    counts: Counter[str] = Counter(part["counts"])
    killed = counts[KILLED] + counts[TIMEOUT]
    return round(100 * killed / max(1, counts.total() - counts[EQUIVALENT]), 1)


def page(parts: dict[str, Figures], before: dict[str, Figures], notes: Iterable[str] = ()) -> str:
    """The text of docs/mutation.md; `notes` are said of the comparison."""
    text = [
        "# Mutation testing",
        "",
        "`make mutants` writes this page: all parts, or `PART=domain` one of them; `SAMPLE=300` draws so many of each.",
        "`MINUTES=60` stops after an hour, and the next run continues where it stopped.",
        "",
        "Each mutant is the code with one small change; a failing test kills it.",
        "mutmut's operators change functions and methods that have no decorator.",
        "`tools/data_mutants.py` changes the tables that hold rules, entry by entry (part `tables`).",
        "A mutant is run against the tests of its part that reach the changed statement.",
        "One that survives in code that runs while it is loaded, and one that no test is seen to come to, is then run"
        " against all tests of its part in a fresh process.",
        "Tests that are marked `slow`, and those on PostgreSQL, are left out.",
        "",
        "## Parts",
        "",
        "A part is whole where all its mutants were judged; otherwise the line below says which were.",
        "Percentages are of those that were judged, without equivalent ones; a mutant that hangs counts as killed.",
        "",
        f"| part | mutants | judged | {' | '.join(COLUMNS)} | killed in a hundred |",
        "|---|" + "---:|" * (len(COLUMNS) + 3),
        *(_row(name, part) for name, part in parts.items()),
        "",
        *(f"- {name}: {_judged(part)}, {part['date']}, {part['with']}" for name, part in parts.items()),
    ]
    if before:
        text += [
            "",
            "## Before and after",
            "",
            "The first sample before tests were written for those that survived, and all that was judged since.",
            "",
            f"| part | before: {' | '.join(COLUMNS)} | of 100 | after: of 100 |",
            "|---|" + "---:|" * (len(COLUMNS) + 2),
            *(
                f"| {name} | {_cells(each)} | {each['share']} | {share(parts[name])} |"
                for name, each in before.items()
                if name in parts
            ),
            *("", *notes),
        ]
    text += ["", "## Modules", "", f"| module | {' | '.join(COLUMNS)} |", "|---|" + "---:|" * len(COLUMNS)]
    text += [
        f"| `{module}` | {_cells(counts)} |"
        for part in parts.values()
        for module, counts in sorted(part["modules"].items())
    ]
    open_ones = [each for part in parts.values() for each in part["left"] if each["status"] != EQUIVALENT]
    equal = [each for part in parts.values() for each in part["left"] if each["status"] == EQUIVALENT]
    spelled = sum(each["why"] == SAME_SQL for each in equal)
    text += ["", "## Open", "", "No test killed these, or none reached them; each with the line that it puts in.", ""]
    text += [_line(each) for each in open_ones] or ["None."]
    text += ["", "## Equivalent", "", "No input makes a difference (`tools/equivalent_mutants.toml`).", ""]
    text += [f"{_line(each)}; {each['why']}" for each in equal if each["why"] != SAME_SQL]
    text += [f"- {spelled} statements, or names in them, in letters of another case; {SAME_SQL}"] * bool(spelled)
    text += ["None."] * (not equal)
    return "\n".join(text).rstrip() + "\n"


def _row(name: str, part: Figures) -> str:
    return f"| {name} | {part['mutants']} | {part['judged']} | {_cells(part['counts'])} | {share(part)} |"


def _judged(part: Figures) -> str:
    """Which mutants of a part were judged, and on which commit; figures without one are those of a sample."""
    if "commit" not in part:
        return "a random sample"
    which = "whole" if part["judged"] == part["mutants"] else "stopped before the end"
    return f"{which}, commit {part['commit']}"


def _commit() -> str:
    said = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return said.stdout.strip() or "unknown"


def _cells(counts: dict[str, Any]) -> str:
    return " | ".join(str(counts.get(column, 0)) for column in COLUMNS)


def _line(each: dict[str, str]) -> str:
    change = each["change"].replace("`", "").replace("](", "] (")  # which would be a link
    return f"- `{each['name']}`" + (f": `{change}`" if change else "") + (" (no tests)" * (each["status"] == NO_TESTS))


def _module(mutant: Mutant | str) -> str:
    return f"{mutant.partition(' ')[0]} (table)" if isinstance(mutant, str) else mutant.module.removeprefix("crmcore.")


def _reason(function: str, change: str) -> str:
    """Why no input makes a difference, if it is listed."""
    for each in _equivalent():
        if each["function"] == function and each["change"] == change:
            return each["why"]
        if each["function"] == "any" and re.search(each["change"], change):
            return each["why"]
    return ""


@cache
def _equivalent() -> list[dict[str, str]]:
    path = Path(__file__).with_name("equivalent_mutants.toml")
    listed: list[dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])
    return listed


if __name__ == "__main__":
    sys.exit(main())

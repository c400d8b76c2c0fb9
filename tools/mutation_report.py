"""`python -m tools.mutation_report`: what became of the mutants that `mutmut run` left, written to docs/mutation.md.

Mutants that survived, and those that no test reaches, get a second chance: a fresh process and more tests. Code that
runs at import can only be judged this way, since mutmut's workers have imported it already. The tables that rules are
kept in are changed entry by entry in the same way (`tools.data_mutants`). Answers are kept in mutants/second.json, so
that an interrupted run goes on; `--forget` drops them.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tools.data_mutants import MUTANTS as DATA

__all__ = ["main", "report", "status_of"]

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / "mutants"
ANSWERS = HOME / "second.json"
DOCUMENT = ROOT / "docs" / "mutation.md"
#: The tests of the second chance: those that take seconds. The properties and walks take up to minutes for each mutant
#: that survives, so what survives here may still be caught by one of them.
TESTS = ("tests/unit/domain", "tests/cases")
SKIPPED = ("--ignore=tests/unit/bench", "--ignore=tests/unit/tools", "--ignore=tests/unit/adapters/cli")
LIMIT = 600
KILLED, SURVIVED, NO_TESTS, TIMEOUT, OTHER, EQUIVALENT = (
    "killed", "survived", "no tests", "timed out", "other", "equivalent",
)  # fmt: skip

_STATUS = {0: SURVIVED, 1: KILLED, 3: KILLED, 5: NO_TESTS, 33: NO_TESTS}
_STATUS |= dict.fromkeys((36, 24, -24, 152, 255), TIMEOUT)

Judged = dict[str, str]


def main(arguments: list[str] | None = None) -> int:
    """Judge what survived, and write the report."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation_report")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time")
    parser.add_argument("--first-only", action="store_true", help="report mutmut's run alone, without a second chance")
    parser.add_argument("--forget", action="store_true", help="judge again what was judged before")
    given = parser.parse_args(arguments)
    first = _first_run()
    if not first:
        print("no mutants: run `mutmut run` first", file=sys.stderr)
        return 2
    if given.forget:
        ANSWERS.unlink(missing_ok=True)
    second: Judged = {}
    if not given.first_only:
        wanted = [name for name, status in first.items() if status in (SURVIVED, NO_TESTS)]
        second = _second_chance([*wanted, *DATA], given.workers)
    lines = {name: _change(name) for name, status in {**first, **second}.items() if status in (SURVIVED, NO_TESTS)}
    DOCUMENT.write_text(report(first, second, lines, _equivalent()), encoding="utf-8")
    print(f"{DOCUMENT.relative_to(ROOT)} written")
    return 0


def status_of(exit_code: int | None) -> str:
    """What an exit code of a mutant's test run means."""
    return OTHER if exit_code is None else _STATUS.get(exit_code, OTHER)


def report(first: Judged, second: Judged, lines: dict[str, str], equivalent: dict[tuple[str, str], str]) -> str:
    """The text of docs/mutation.md."""
    judged = {**first, **second}
    arguments = {
        name: equivalent[key]
        for name, line in lines.items()
        if judged[name] in (SURVIVED, NO_TESTS) and (key := (_function(name), line)) in equivalent
    }
    judged |= dict.fromkeys(arguments, EQUIVALENT)
    columns = (KILLED, SURVIVED, NO_TESTS, TIMEOUT, OTHER, EQUIVALENT)
    counts: dict[str, Counter[str]] = {}
    for name, status in judged.items():
        counts.setdefault(_module(name), Counter())[status] += 1
    total = sum(counts.values(), Counter[str]())
    rows = [
        f"| {module} | {count.total()} | " + " | ".join(str(count[each]) for each in columns) + " |"
        for module, count in [*sorted(counts.items()), ("all", total)]
    ]
    by_first = Counter(first.values())
    text = [
        "# Mutation testing",
        "",
        "`python -m tools.mutation_report` writes this page after `mutmut run` (`make mutants` does both).",
        "",
        f"{datetime.now(UTC).date().isoformat()} · mutmut {version('mutmut')} · "
        f"{platform.python_implementation()} {platform.python_version()}",
        "",
        "Each mutant is the code with one small change; a failing test kills it.",
        "mutmut changes functions.",
        "`tools/data_mutants.py` changes the tables that hold rules, entry by entry.",
        "",
        "| module | mutants | " + " | ".join(columns) + " |",
        "|---|" + "---:|" * (len(columns) + 1),
        *rows,
        "",
        f"mutmut's own run, before the second chance in a fresh process with more tests: "
        f"{', '.join(f'{by_first[each]} {each}' for each in columns if by_first[each])}.",
        "",
        "## Open",
        "",
        "No test killed these, or none reached them.",
        "",
        *_listed((name, lines.get(name, "")) for name in judged if judged[name] in (SURVIVED, NO_TESTS)),
        "",
        "## Equivalent",
        "",
        f"{len(arguments)} of {len(judged)} ({len(arguments) / len(judged):.1%}); no input makes a difference.",
        "",
        *_listed((name, f"{lines[name]}`: {why}") for name, why in arguments.items()),
    ]
    return "\n".join(text).rstrip() + "\n"


def _listed(pairs: Iterable[tuple[str, str]]) -> list[str]:
    found = []
    for name, text in pairs:
        code, _, why = text.partition("`: ")
        found.append(f"- `{name}`" + (f": `{code.replace('`', '')}`" if code else "") + (f"; {why}" if why else ""))
    return found or ["None."]


def _first_run() -> Judged:
    found: Judged = {}
    for path in sorted(HOME.rglob("*.py.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        found.update({name: status_of(code) for name, code in codes.items()})
    return found


def _second_chance(names: list[str], workers: int) -> Judged:
    known: Judged = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.is_file() else {}
    left = [name for name in names if name not in known]
    with ThreadPoolExecutor(workers) as pool:
        for done, (name, status) in enumerate(zip(left, pool.map(_judge, left), strict=True), start=1):
            known[name] = status
            ANSWERS.write_text(json.dumps(known, indent=0), encoding="utf-8")
            print(f"\r{done}/{len(left)} {status:<10}", end="", file=sys.stderr, flush=True)
    return {name: known[name] for name in names}


def _judge(name: str) -> str:
    """Run the tests on one mutant in a process of its own."""
    tests = [path for path in TESTS if (HOME / path).exists()]
    options = ["-x", "-q", "-p", "no:cacheprovider", *(each for each in SKIPPED if (HOME / each[9:]).exists()), *tests]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HOME / "src"), str(ROOT)])}
    command = [sys.executable, "-m", "pytest", *options]
    if name in DATA:
        command = [sys.executable, "-m", "tools.data_mutants", name, *options]
    else:
        environment["MUTANT_UNDER_TEST"] = name
    try:
        ended = subprocess.run(command, cwd=HOME, env=environment, capture_output=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return TIMEOUT
    return status_of(ended.returncode)


def _change(name: str) -> str:
    """The line that a mutant of a function puts in."""
    if name in DATA:
        return ""
    command = [sys.executable, "-m", "mutmut", "show", name]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    lines = [line[1:].strip() for line in shown.splitlines() if line.startswith("+") and not line.startswith("+++")]
    return " ".join(lines)


def _equivalent() -> dict[tuple[str, str], str]:
    path = Path(__file__).with_name("equivalent_mutants.toml")
    listed = tomllib.loads(path.read_text(encoding="utf-8")).get("mutant", [])
    return {(each["function"], each["change"]): each["why"] for each in listed}


def _function(name: str) -> str:
    return name.partition("__mutmut_")[0]


def _module(name: str) -> str:
    if name in DATA:
        return f"`{name.partition(' ')[0]}` (table)"
    return f"`{_function(name).removeprefix('crmcore.domain.').rpartition('.')[0]}`"


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tools.mutation_run [PART ...]`: judge mutants; `tools.mutation_report` writes what became of them.

One process imports everything and runs the tests of a part; it forks for each mutant (`tools.mutation_judge`). A
function that was called while the code was loaded has left its work behind, so a survivor there gets a second chance:
all tests of the part in a fresh process. So does what no test is seen to come to, such as the code of another thread.
Answers are kept in mutants/answers.jsonl, so that a run that was stopped goes on; `--again` judges survivors anew.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from math import inf
from pathlib import Path
from typing import NamedTuple

import pytest
from coverage import Coverage

from tools.mutants import ROOT, SOURCE, Mutant, mutants_of
from tools.mutation_judge import KILLED, NO_TESTS, OTHER, SURVIVED, TIMEOUT, Judge, name_of, say, tables

__all__ = ["ANSWERS", "PARTS", "answers", "main", "population"]

#: How a process of its own is started.
COMMAND = [sys.executable, "-m", "tools.mutation_run"]
ANSWERS = ROOT / "mutants" / "answers.jsonl"


class Part(NamedTuple):
    """What is changed together, and the tests that are near it."""

    code: tuple[str, ...]
    tests: tuple[str, ...]


_DOMAIN = (
    "src/crmcore/domain", "tests/unit/domain", "tests/unit/application", "tests/unit/test_every_field.py",
    "tests/test_hidden_data.py", "tests/contract",
    "tests/cases/test_conversion_cases.py", "tests/cases/test_switch_cases.py",
    "tests/cases/test_hand_cases.py", "tests/cases/test_regressions.py", "tests/cases/test_o23_clients.py",
    "tests/unit/testing/vectors/test_runner.py::test_every_vector_passes_in_memory",
)  # fmt: skip
_ADAPTERS = "tests/unit/adapters/test_every_field.py"
#: Each in an hour or two on one core. Properties are left out: they take seconds for each mutant that survives.
PARTS = {
    "domain": Part(("crmcore/domain", "crmcore/ports"), _DOMAIN),
    "tables": Part((), _DOMAIN),
    "application": Part(
        ("crmcore/application",), (*_DOMAIN, "src/crmcore/application", "tests/kit/test_failing_ports.py")
    ),
    "memory": Part(("crmcore/adapters/memory",), ("tests/contract", "tests/unit/application",
        "tests/unit/adapters/memory", _ADAPTERS)),
    "csv": Part(
        ("crmcore/adapters/bitrix24_csv",),
        ("tests/unit/adapters/bitrix24_csv", "tests/cases/test_csv_cases.py", "tests/cases/test_field_files.py"),
    ),
    "document": Part(("crmcore/adapters/document",), ("tests/unit/adapters/document", _ADAPTERS)),
    "sql": Part(
        ("crmcore/adapters/sql/commits", "crmcore/adapters/sql/reads"),
        ("tests/unit/adapters/sql", _ADAPTERS,
         "tests/sql/test_sqlite_contract.py", "tests/sql/test_planted.py", "tests/sql/test_deleted.py",
         "tests/sql/test_side_by_side.py", "tests/sql/test_isolation.py", "tests/sql/test_order.py",
         "tests/sql/test_one_moment.py", "tests/sql/test_readable.py", "tests/sql/test_trouble.py"),
    ),
}  # fmt: skip
#: The servers of PostgreSQL start once for a run, not once for a mutant; a test that is slow starts processes.
_SELECTED = ("-m", "not slow", "-k", "not postgres")
#: A traceback in pytest's own style reads each source file anew, which takes twenty times as long as the test.
#: The plugins ask for a whole run, or look at the coverage and its connection.
_PLUGINS = ("--tb=native", "-W", "ignore::pytest.PytestAssertRewriteWarning", "-p", "no:rule-coverage",
            "-p", "no:order", "-p", "no:walk-sizes", "-p", "no:left-open")  # fmt: skip


def population(part: str, sample: int | None = None, seed: int = 0) -> list[Mutant | str]:
    """The mutants of a part, or a random sample; the draw of one does not depend on the others."""
    if part == "tables":
        found: list[Mutant | str] = list(tables())
    else:
        found = [mutant for path in _paths(part) for mutant in mutants_of(path)]
    if sample is None or sample >= len(found):
        return found
    return sorted(found, key=lambda each: sha256(f"{seed} {name_of(each)}".encode()).digest())[:sample]


def answers() -> dict[str, dict[str, str]]:
    """What became of each mutant that was judged, by name."""
    lines = ANSWERS.read_text(encoding="utf-8").splitlines() if ANSWERS.is_file() else []
    return {each["name"]: each for each in map(json.loads, lines)}


def main(arguments: list[str] | None = None) -> int:
    """Judge the mutants of each part in a process of its own."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation_run")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all of them, if none is named")
    parser.add_argument("--sample", type=int, help="so many of each part, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes at a time")
    parser.add_argument("--minutes", type=float, default=24 * 60, help="then stop; the next run goes on")
    parser.add_argument("--patience", type=float, default=inf, help="seconds of tests for each; then it has survived")
    parser.add_argument("--again", action="store_true", help="judge anew what no test killed")
    parser.add_argument("--quick", action="store_true", help="no second chance, but for what no test comes to")
    parser.add_argument("--loaded", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    parts = given.parts or list(PARTS)
    if unknown := set(parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if given.loaded:
        return _note_loaded(Path(given.loaded), parts[0])
    if len(parts) > 1:
        options = [word for word in (arguments if arguments is not None else sys.argv[1:]) if word not in PARTS]
        return max(subprocess.run([*COMMAND, *options, part], cwd=ROOT, check=False).returncode for part in parts)
    end = time.monotonic() + 60 * given.minutes
    wanted = population(parts[0], given.sample, given.seed)
    known = answers()
    if given.again:
        wanted = [each for each in wanted if _status(each, known) in (SURVIVED, NO_TESTS, OTHER)]
    left = [each for each in wanted if given.again or not _status(each, known)]
    print(f"{parts[0]}: {len(wanted)} mutants, {len(left)} to judge")
    if left:
        code = pytest.main(_options(parts[0]), plugins=[Judge(left, given.workers, end, _note, given.patience)])
        if code not in (0, 5):
            return int(code)
    known = answers()
    loaded = {} if given.quick else _loaded(parts[0])
    unseen = [
        each
        for each in wanted
        if isinstance(each, Mutant) and not known.get(each.name, {}).get("fresh") and _is_unseen(each, known, loaded)
    ]
    if unseen and _afresh(None, parts[0]) != SURVIVED:
        print(f"{parts[0]}: the tests are red in a fresh process before any change", file=sys.stderr)
        return 1
    for done, mutant in enumerate(unseen, start=1):
        if time.monotonic() > end:
            break
        _note(mutant, _afresh(mutant, parts[0]), fresh="yes")
        say(f"\r{done}/{len(unseen)} in a fresh process")
    return 0


def _is_unseen(mutant: Mutant, known: dict[str, dict[str, str]], loaded: dict[str, list[int]]) -> bool:
    """Whether the tests of a process that had loaded the code may have missed what the mutant does."""
    status = _status(mutant, known)
    at_import = not set(mutant.lines).isdisjoint(loaded.get(str(mutant.path), ()))
    return status == NO_TESTS or (status == SURVIVED and at_import)


def _loaded(part: str) -> dict[str, list[int]]:
    """The lines of each file that run before the first test: those of functions too, if they are called by then."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "loaded.json"
        subprocess.run([*COMMAND, part, "--loaded", str(found)], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        lines: dict[str, list[int]] = json.loads(found.read_text(encoding="utf-8"))
        return lines


def _note_loaded(found: Path, part: str) -> int:
    coverage = Coverage(data_file=None, config_file=False, include=[str(path) for path in _paths(part)] or ["none"])
    coverage.set_option("run:disable_warnings", ["no-data-collected"])
    coverage.start()
    code = int(pytest.main(["--collect-only", "-q", *_options(part)]))
    coverage.stop()
    data = coverage.get_data()
    found.write_text(json.dumps({file: data.lines(file) for file in data.measured_files()}), encoding="utf-8")
    return code


def _afresh(mutant: Mutant | None, part: str) -> str:
    """Judge code that runs at import: a new process imports the changed module, or the code as it is."""
    changed = {mutant.module: (str(mutant.path), mutant.module_source)} if mutant else {}
    command = [sys.executable, "-m", "tools.mutation_fresh", "-x", *_options(part)]
    try:
        code = subprocess.run(
            command, cwd=ROOT, input=json.dumps(changed).encode(), capture_output=True, timeout=600, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return TIMEOUT
    return SURVIVED if code == 0 else KILLED


def _options(part: str) -> list[str]:
    """What pytest is told for the tests of a part."""
    return ["-q", "-p", "no:cacheprovider", *_PLUGINS, *_SELECTED, *PARTS[part].tests]


def _paths(part: str) -> list[Path]:
    return [path for name in PARTS[part].code for path in _below(SOURCE / name)]


def _below(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def _status(mutant: Mutant | str, known: dict[str, dict[str, str]]) -> str:
    """What became of a mutant of the code as it is, or nothing."""
    answer = known.get(name_of(mutant), {"digest": "", "status": ""})
    return answer["status"] if isinstance(mutant, str) or answer["digest"] == mutant.digest else ""


def _note(mutant: Mutant | str, status: str, **more: str) -> None:
    digest = "" if isinstance(mutant, str) else mutant.digest
    answer = {"name": name_of(mutant), "status": status, "digest": digest, **more}
    ANSWERS.parent.mkdir(exist_ok=True)
    with ANSWERS.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    sys.exit(main())

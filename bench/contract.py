"""What the contract suite of the store port costs on each store: processor seconds of the process that runs it.

A server of PostgreSQL is a process of its own, so its work is not among them.
`python -m bench.contract FOLDER` measures another checkout too, with the packages of this one, in turns.
"""

import os
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

HERE = Path(__file__).parents[1]

#: The file with the suite on each store.
SUITES = {
    "memory": "tests/contract/test_memory.py",
    "SQLite": "tests/sql/test_sqlite_contract.py",
    "PostgreSQL": "tests/sql/test_postgres_contract.py",
    "repair shop": "examples/repairshop/tests/test_contracts.py",
}
_OPTIONS = ("-q", "-n0", "-p", "no:cacheprovider")


def suite(checkout: Path, tests: str) -> tuple[float, str]:
    """The seconds of one run, and what the runner said at its end."""
    sources, options = [checkout / "src"], [*_OPTIONS]
    if tests.startswith("examples/"):
        example = checkout / tests.removesuffix("/tests/test_contracts.py")
        sources.append(example / "src")
        options += ["-c", os.devnull, f"--rootdir={example}"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources)), "HYPOTHESIS_PROFILE": "dev"}
    before = getrusage(RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, tests],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    after = getrusage(RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, done.stdout.splitlines()[-1].split(" in ")[0]


def main() -> None:
    checkouts = [HERE, *(Path(folder).resolve() for folder in sys.argv[1:])]
    for store, tests in SUITES.items():
        for checkout in checkouts:
            seconds, said = suite(checkout, tests)
            print(f"{store:12} {seconds:6.1f} s  {said}  ({checkout.name})", flush=True)


if __name__ == "__main__":
    main()

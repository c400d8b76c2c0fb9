"""`python -m crmcore.testing.faults tests/test_store.py:TestMyStore`: is every known-bad store rejected?"""

import argparse
import sys
from collections.abc import Collection

from crmcore.testing.faults.catalogue import KNOWN_BAD
from crmcore.testing.faults.running import rejections


def _first(failed: Collection[str], named: str) -> str:
    """The test that says what is wrong, where it is among those that failed."""
    names = {test.partition("[")[0] for test in failed}
    return named if named in names else min(names, default="")


def main() -> int:
    """Print what rejects each store; 1 when one of them passes."""
    parser = argparse.ArgumentParser(prog="python -m crmcore.testing.faults", description=__doc__)
    parser.add_argument("suite", help="your contract suite: package.module:Class or path/to/test_file.py:Class")
    parser.add_argument("--seed", type=int, default=1, help="decides about the order of the tests")
    parser.add_argument("--store", action="append", default=[], choices=KNOWN_BAD, help="one of the known-bad stores")
    arguments = parser.parse_args()
    found = rejections(arguments.suite, seed=arguments.seed, stores=arguments.store)
    for name, failed in found.items():
        store = KNOWN_BAD[name]
        said = f"rejected by {len(failed)} test{'s'[: len(failed) > 1]}, {_first(failed, store.rejected_by)}"
        sys.stdout.write(f"{name} ({store.rule}): {said if failed else 'NOT REJECTED'}\n")
    passing = [name for name, failed in found.items() if not failed]
    sys.stdout.write(f"{len(found) - len(passing)} of {len(found)} known-bad stores are rejected\n")
    return int(bool(passing))


if __name__ == "__main__":
    sys.exit(main())

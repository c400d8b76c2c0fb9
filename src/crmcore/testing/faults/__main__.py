"""`python -m crmcore.testing.faults tests/test_store.py:TestMyStore`: is every known-bad store rejected?"""

import argparse
import sys
from collections.abc import Collection

from crmcore.testing.contracts import StoreContract
from crmcore.testing.faults.catalogue import FAMILIES, KNOWN_BAD, Family
from crmcore.testing.faults.runner import rejections, suite_named


def _first(failed: Collection[str], named: str) -> str:
    """The test that says what is wrong, where it is among those that failed."""
    names = {test.partition("[")[0] for test in failed}
    return named if named in names else min(names, default="")


def main() -> int:
    """Print what rejects each store; 1 when one of them passes.

    The members of a family are run against the tests that are to notice them, and told in one line.
    """
    parser = argparse.ArgumentParser(prog="python -m crmcore.testing.faults", description=__doc__)
    parser.add_argument("suite", help="your contract suite: package.module:Class or path/to/test_file.py:Class")
    parser.add_argument("--seed", type=int, default=1, help="decides about the order of the tests")
    parser.add_argument(
        "--store",
        action="append",
        default=[],
        choices=[*KNOWN_BAD, *FAMILIES],
        help="one of the known-bad stores, or a family",
    )
    arguments = parser.parse_args()
    try:
        suite = suite_named(arguments.suite)
    except LookupError as error:
        parser.error(str(error))
    of_stores = issubclass(suite, StoreContract)
    asked = arguments.store or [*(KNOWN_BAD if of_stores else ()), *FAMILIES]
    families = [FAMILIES[name] for name in asked if name in FAMILIES and issubclass(suite, FAMILIES[name].contract)]
    stores = [name for name in asked if name in KNOWN_BAD and of_stores]
    found = rejections(arguments.suite, seed=arguments.seed, stores=stores) if stores else {}
    for name, failed in found.items():
        store = KNOWN_BAD[name]
        said = f"rejected by {len(failed)} test{'s'[: len(failed) > 1]}, {_first(failed, store.rejected_by)}"
        sys.stdout.write(f"{name} ({store.rule}): {said if failed else 'NOT REJECTED'}\n")
    passing = [name for name, failed in found.items() if not failed]
    count = len(found)
    for family in families:
        passed = _passing(arguments.suite, arguments.seed, family)
        size = len(family.members())
        sys.stdout.writelines(f"{name}: NOT REJECTED\n" for name in passed)
        sys.stdout.write(f"{family.base.__name__} ({family.base.rule}): {size - len(passed)} of {size} are rejected\n")
        passing, count = passing + passed, count + size
    sys.stdout.write(
        f"{count - len(passing)} of {count} {'known-bad stores' if of_stores else 'bad adapters'} are rejected\n"
    )
    return int(bool(passing))


def _passing(suite: str, seed: int, family: Family) -> list[str]:
    """The members of a family that no test rejects."""
    members = family.members()
    only = {name: member.noticed_by for name, member in members.items()}
    found = rejections(suite, seed=seed, stores=list(members), only=only)
    return [name for name, failed in found.items() if not failed]


if __name__ == "__main__":
    sys.exit(main())

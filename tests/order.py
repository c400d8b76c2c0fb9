"""The files that take longest begin first, so that no worker is left with one of them when the others have done.

Before them come those that are to reach every branch: what a function remembers for good is worked out while they are
measured, and by no other test before.
"""

from pathlib import Path

import pytest

from tests.covered import is_near

__all__ = ["LONGEST", "Order"]

#: From a run with `--durations`: each takes more than a second and a half in a hundred.
LONGEST = (
    "tests/sql/test_machine.py",
    "tests/sql/test_postgres_contract.py",
    "tests/page/test_switch.py",
    "tests/page/test_states.py",
    "tests/walk/test_walk.py",
    "tests/kit/test_host_example.py",
    "tests/kit/test_agency_example.py",
    "tests/cases/test_command_line_silence.py",
    "tests/cases/test_command_line_output.py",
    "tests/property/test_machine_finds.py",
    "tests/sql/test_rows_looked_at.py",
    "tests/kit/test_known_bad_stores.py",
    "tests/survival/test_kills.py",
    "tests/property/test_machine.py",
    "tests/kit/test_any_order.py",
    "tests/survival/races/test_races.py",
    "tests/sql/test_workers.py",
    "tests/sql/test_rights.py",
    "tests/sql/test_planted.py",
    "tests/survival/test_disk.py",
    "tests/unit/tools/test_mutants.py",
    "tests/kit/test_pytest_plugin.py",
    "tests/kit/test_howto_write_a_store.py",
    "tests/page/test_trouble.py",
    "tests/page/test_layout.py",
    "tests/survival/test_old_database.py",
    "tests/sql/test_sqlite_contract.py",
    "tests/faults/test_faults.py",
    "tests/property/test_messages.py",
    "tests/property/test_switch.py",
    "tests/hostile/test_hostile.py",
    "tests/cases/test_stopped_processes.py",
)


class Order:
    """The plugin: puts them in front, in this order, and leaves all other files in theirs."""

    def __init__(self, root: Path) -> None:
        self._places = {root / name: place for place, name in enumerate(LONGEST)}
        missing = [name for name in LONGEST if not (root / name).is_file()]
        if missing:
            raise pytest.UsageError(f"tests/order.py names files that are not there: {', '.join(missing)}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort by place; the sort is stable."""
        items.sort(key=lambda item: -1 if is_near(item.path) else self._places.get(item.path, len(LONGEST)))

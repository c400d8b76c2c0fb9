"""Stores that break point 7: `confirm` is asked in the serial section, and its "no" writes nothing."""

from crmcore.application.step import Confirm
from crmcore.domain.protocol.changes import Changes
from crmcore.testing.faults.base import BadStore, ask

__all__ = ["AsksEarlyStore", "AsksLateStore", "NeverAsksStore"]


class NeverAsksStore(BadStore):
    """Never asks whether the rights still hold that were checked before the commit (PERM-2)."""

    rule, point = "PERM-2", 7
    rejected_by = "test_a_no_in_the_serial_section_writes_nothing"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit without a question."""
        self.store.commit(changes)


class AsksEarlyStore(BadStore):
    """Asks about rights before it checks what is stale, and so outside the serial section (PERM-2)."""

    rule, point = "PERM-2", 7
    rejected_by = "test_the_last_question_is_asked_once_after_the_check_and_before_writing"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Ask, then commit."""
        ask(confirm)
        self.store.commit(changes)


class AsksLateStore(BadStore):
    """Asks about rights when everything is written (PERM-2)."""

    rule, point = "PERM-2", 7
    rejected_by = "test_a_no_in_the_serial_section_writes_nothing"

    def write(self, changes: Changes, confirm: Confirm) -> None:
        """Commit, then ask."""
        self.store.commit(changes)
        ask(confirm)

"""What is written down of a history: every operation with its two instants, and what was stored in the end.

All of it is plain data (numbers, texts, tuples, dictionaries), so that the oracle needs nothing of the library.
"""

from typing import Any, NamedTuple

__all__ = ["Answer", "History", "Operation", "Picture"]

#: ("ok", value), ("no", reason, subject) with subject (kind, id) or None, ("error", name).
Answer = tuple[Any, ...]


class Operation(NamedTuple):
    """One call of one process; the instants are those of the machine's monotonic clock, in nanoseconds."""

    process: int
    invoked: int
    responded: int
    actor: int
    name: str
    given: dict[str, Any]
    answer: Answer

    def __str__(self) -> str:
        return f"process {self.process}, actor {self.actor}: {self.name}({self.given}) -> {self.answer}"


class Picture(NamedTuple):
    """Everything that is stored, by kind and id, as dictionaries of plain values."""

    mode: str
    live: str | None
    epoch: int
    leads: dict[int, dict[str, Any]]
    deals: dict[int, dict[str, Any]]
    contacts: dict[int, dict[str, Any]]
    companies: dict[int, dict[str, Any]]
    activities: dict[int, dict[str, Any]]
    ledger: dict[int, dict[str, Any]]
    outcomes: dict[tuple[int, int], dict[str, Any]]
    switches: dict[str, dict[str, Any]]
    tally: dict[tuple[int, str], int]


class History(NamedTuple):
    """A scene, what the processes did in it, and the end."""

    seed: int
    before: Picture
    rights: dict[int, str]
    match: bool
    operations: tuple[Operation, ...]
    after: Picture

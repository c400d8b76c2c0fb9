"""What was broken, and by whom: every exception of the library.

A business "no" is a value (`Refused`); an exception means that the caller or the world broke a promise.
Errors keep their data as positional arguments, so that they pickle, and show no personal data (DATA-2).
"""

from crmcore.domain.ids import Ref

__all__ = [
    "Conflict",
    "ContractBroken",
    "CrmError",
    "InvalidValue",
    "OutcomeUnknown",
    "RecordFault",
    "StoreBusy",
    "StoreCorrupt",
    "StoreError",
    "StoreFull",
    "StoreReadOnly",
]


class CrmError(Exception):
    """The root of all errors that the library raises."""


class InvalidValue(CrmError, ValueError):
    """A value cannot be part of a CRM; names the field and the limit, never the value (DATA-1, DATA-2)."""

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(field, expected)
        self.field = field
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}"


class StoreError(CrmError):
    """A store could not do what it was asked; nothing of the step was written unless said otherwise."""


class StoreBusy(StoreError):
    """The store stayed busy, or the records kept moving, for longer than the bounded retries; safe to run again."""


class StoreFull(StoreError):
    """No room is left where the store keeps its records; nothing of the step was written. Make room, then run again."""


class StoreReadOnly(StoreError):
    """The store may be read and not written."""


class StoreCorrupt(StoreError):
    """What the store is kept in is damaged; running again does not help."""


class Conflict(StoreError):
    """Records moved on after the snapshot was taken; load again and decide again."""

    def __init__(self, stale: tuple[Ref, ...]) -> None:
        super().__init__(stale)
        self.stale = stale

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.stale[:3]))
        return f"{len(self.stale)} stale records, first {shown}"


class OutcomeUnknown(StoreError):
    """A commit was sent and its answer was lost: all of it is there, or nothing; look it up, never do it again."""


class RecordFault(StoreError):
    """One record cannot be read or written, while the store as a whole works (SWITCH-9).

    `code` says why, as a short code without spaces: it is recorded as the lead's outcome, and shows no data (DATA-2).
    """

    def __init__(self, ref: Ref, code: str) -> None:
        super().__init__(ref, code)
        self.ref = ref
        self.code = code

    def __str__(self) -> str:
        return f"{self.ref} has a fault: {self.code}"


class ContractBroken(CrmError):
    """A law or the contract of a port does not hold; names the rule and the records."""

    def __init__(self, rule: str, message: str, refs: tuple[Ref, ...] = ()) -> None:
        super().__init__(rule, message, refs)
        self.rule = rule
        self.message = message
        self.refs = refs

    def __str__(self) -> str:
        named = f" ({', '.join(map(str, self.refs[:10]))})" if self.refs else ""
        return f"{self.rule}: {self.message}{named}"

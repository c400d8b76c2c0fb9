"""What was broken, and by whom: every exception of the library.

A business "no" is a value (`Refused`); an exception means that the caller or the world broke a promise.
Errors keep their data as positional arguments, so that they pickle, and show no personal data (DATA-2).
"""

from crmcore.domain.model.ids import Ref

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
    """The root of all errors that the library raises.

    >>> issubclass(InvalidValue, CrmError) and issubclass(StoreError, CrmError) and issubclass(ContractBroken, CrmError)
    True
    """


class InvalidValue(CrmError, ValueError):
    """A value cannot be part of a CRM; names the field and the limit, never the value (DATA-1, DATA-2).

    `field` is the name of the field or argument, `expected` what would have been right.

    >>> str(InvalidValue("Lead.title", "at most 255 characters"))
    'Lead.title: expected at most 255 characters'
    """

    def __init__(self, field: str, expected: str) -> None:
        super().__init__(field, expected)
        self.field = field
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.field}: expected {self.expected}"


class StoreError(CrmError):
    """A store could not do what it was asked; nothing of the step was written unless said otherwise.

    >>> issubclass(StoreBusy, StoreError)
    True
    """


class StoreBusy(StoreError):
    """The store stayed busy, or the records kept moving, for longer than the bounded retries; safe to run again.

    >>> raise StoreBusy("locked for 5 seconds; safe to run again")
    Traceback (most recent call last):
    crmcore.domain.model.errors.StoreBusy: locked for 5 seconds; safe to run again
    """


class StoreFull(StoreError):
    """No room is left where the store keeps its records; nothing of the step was written. Make room, then run again.

    >>> str(StoreFull("no space left on the disk"))
    'no space left on the disk'
    """


class StoreReadOnly(StoreError):
    """The store may be read and not written.

    >>> str(StoreReadOnly("the file may not be written"))
    'the file may not be written'
    """


class StoreCorrupt(StoreError):
    """What the store is kept in is damaged; running again does not help.

    >>> str(StoreCorrupt("the file is damaged"))
    'the file is damaged'
    """


class Conflict(StoreError):
    """Records moved on after the snapshot was taken; load again and decide again.

    `stale` names them, as far as the store looked.

    >>> str(Conflict((Ref("lead", 1), Ref("lead", 2))))
    '2 stale records, first lead:1, lead:2'
    """

    def __init__(self, stale: tuple[Ref, ...]) -> None:
        super().__init__(stale)
        self.stale = stale

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.stale[:3]))
        return f"{len(self.stale)} stale records, first {shown}"


class OutcomeUnknown(StoreError):
    """A commit was sent and its answer was lost: all of it is there, or nothing; look it up, never do it again.

    >>> str(OutcomeUnknown("the connection was lost during the commit"))
    'the connection was lost during the commit'
    """


class RecordFault(StoreError):
    """One record cannot be read or written, while the store as a whole works (SWITCH-9).

    `ref` names the record. `code` says why, as a short code without spaces: it is recorded as the lead's outcome, and
    shows no data (DATA-2). `after` is where a page goes on behind the record, if that is not the id of `ref`.

    >>> str(RecordFault(Ref("lead", 1), "unreadable"))
    'lead:1 has a fault: unreadable'
    """

    def __init__(self, ref: Ref, code: str, after: tuple[int, int] | None = None) -> None:
        super().__init__(ref, code, after)
        self.ref = ref
        self.code = code
        self.after = ref.id if after is None else after

    def __str__(self) -> str:
        return f"{self.ref} has a fault: {self.code}"


class ContractBroken(CrmError):
    """A law or the contract of a port does not hold; names the rule and the records.

    `rule` is the id of the rule, `message` says what does not hold, `refs` are the records concerned.

    >>> str(ContractBroken("SWITCH-1", "does not hold: a_deal_of_a_lead_is_in_the_ledger", (Ref("deal", 1),)))
    'SWITCH-1: does not hold: a_deal_of_a_lead_is_in_the_ledger (deal:1)'
    """

    def __init__(self, rule: str, message: str, refs: tuple[Ref, ...] = ()) -> None:
        super().__init__(rule, message, refs)
        self.rule = rule
        self.message = message
        self.refs = refs

    def __str__(self) -> str:
        named = f" ({', '.join(map(str, self.refs[:10]))})" if self.refs else ""
        return f"{self.rule}: {self.message}{named}"

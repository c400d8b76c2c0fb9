"""Every exception of the library, by who broke which promise.

A business "no" is a value (`Refused`); an exception means that the caller or the outside world broke a promise.
Errors keep their data as positional arguments, so that they pickle, and show no personal data (DATA-2).
"""

from typing import NoReturn

from crmcore.domain.model.ids import Ref

__all__ = [
    "Conflict",
    "ContractBroken",
    "CrmError",
    "InHostTransaction",
    "InvalidValue",
    "NoEvents",
    "OutcomeUnknown",
    "RecordFault",
    "StoreBusy",
    "StoreCorrupt",
    "StoreError",
    "StoreFull",
    "StoreReadOnly",
    "raise_alone",
]


class CrmError(Exception):
    """The base class of all errors that the library raises.

    >>> issubclass(InvalidValue, CrmError) and issubclass(StoreError, CrmError) and issubclass(ContractBroken, CrmError)
    True
    """


class InvalidValue(CrmError, ValueError):
    """A value is not allowed in a CRM; the error names the field and the limit, never the value (DATA-1, DATA-2).

    `field` is the name of the field or argument, `expected` a valid value in words.

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
    """A store could not do its work; nothing of the step was written unless a subclass says otherwise.

    >>> issubclass(StoreBusy, StoreError)
    True
    """


class StoreBusy(StoreError):
    """The store was busy, or the records kept changing, through all retries; it is safe to run again.

    >>> raise StoreBusy("locked for 5 seconds; safe to run again")
    Traceback (most recent call last):
    crmcore.domain.model.errors.StoreBusy: locked for 5 seconds; safe to run again
    """


class StoreFull(StoreError):
    """The store is out of space; nothing of the step was written. Free some space, then run again.

    >>> str(StoreFull("no space left on the disk"))
    'no space left on the disk'
    """


class StoreReadOnly(StoreError):
    """The store can be read but not written.

    >>> str(StoreReadOnly("the file may not be written"))
    'the file may not be written'
    """


class StoreCorrupt(StoreError):
    """The file or database of the store is damaged; a retry does not help.

    >>> str(StoreCorrupt("the file is damaged"))
    'the file is damaged'
    """


class Conflict(StoreError):
    """Records have changed since the snapshot was read; load and decide again.

    `stale` names those that the store found.

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
    """The answer of a commit was lost: either all of it is stored or nothing. Look it up; never retry it blindly.

    >>> str(OutcomeUnknown("the connection was lost during the commit"))
    'the connection was lost during the commit'
    """


class InHostTransaction(StoreError):
    """A call that commits many times was made on a store inside a transaction of its host; use a store of its own.

    >>> str(InHostTransaction("run_switch"))
    "run_switch commits many times, and not in a host's transaction: call it on the store itself"
    """

    def __str__(self) -> str:
        return f"{self.args[0]} commits many times, and not in a host's transaction: call it on the store itself"


class NoEvents(StoreError):
    """The store keeps no events, so there is nothing to read: whoever wants them says so first (EVENT-1).

    >>> str(NoEvents())
    'this CRM keeps no events; turn them on (events=True, `keep_events(store)`)'
    """

    def __str__(self) -> str:
        return "this CRM keeps no events; turn them on (events=True, `keep_events(store)`)"


class RecordFault(StoreError):
    """One record cannot be read or written, although the store works (SWITCH-9).

    `ref` names the record. `code` is the reason as a short code without spaces: it is stored as the lead's outcome, and
    shows no data (DATA-2). `after` is where a page continues behind the record, if that is not the id of `ref`.

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
    """A law or the contract of a port does not hold; the error names the rule and the records.

    `rule` is the id of the rule, `message` says what does not hold, `refs` names the records.

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


def raise_alone(error: BaseException) -> NoReturn:
    """Raise an error in place of the one that is being handled, of which nothing is kept.

    `from None` only hides it: a driver's error with the row that failed, or a parser's with the whole text, would
    still be found in `__context__` by whatever walks an error for a log (DATA-2).

    >>> try:
    ...     int("Ms Penguin")
    ... except ValueError:
    ...     try:
    ...         raise_alone(InvalidValue("amount", "a number"))
    ...     except InvalidValue as error:
    ...         print(error.__cause__, error.__context__)
    None None
    """
    try:
        raise error from None
    finally:
        error.__context__ = None
        del error  # its traceback holds this frame: in a circle, it would keep open files for the collector

"""What every document of the command line has: how the command ended, its exit code, and what was wrong."""

from enum import StrEnum
from typing import ClassVar

from attrs import field, fields, frozen
from attrs.converters import optional

from crmcore.adapters.redaction import redacted, redacted_in
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.text import Discreet

__all__ = ["EXIT_CODES", "Document", "Fault", "Result"]


class Result(StrEnum):
    """How a command ended."""

    SWITCHED = "switched"
    NO_CHANGE = "no_change"
    PREVIEW = "preview"
    CLEAN = "clean"
    DONE = "done"
    CANCELLED = "cancelled"
    SWITCHING = "switching"
    NO_SWITCH = "no_switch"
    REFUSED = "refused"
    BAD_INPUT = "bad_input"
    BLOCKED = "blocked"
    STORE_FAILED = "store_failed"
    BROKEN = "broken"


#: What each result means to a shell; the others are 0.
_FAILURES = {
    Result.REFUSED: 1,
    Result.BAD_INPUT: 2,
    Result.BLOCKED: 3,
    Result.STORE_FAILED: 4,
    Result.BROKEN: 5,
}
EXIT_CODES = {result: _FAILURES.get(result, 0) for result in Result}


#: `Fault` has a field that is called `field`.
_redacting = field


@frozen(kw_only=True, repr=False, eq=False)
class Fault(Discreet):
    """One thing that is wrong with a call or a file; an address in it is shown without its secrets (DATA-2)."""

    file: str | None = _redacting(default=None, converter=optional(redacted))
    line: int | None = None
    field: str | None = None
    code: str
    message: str = _redacting(converter=redacted_in)


@frozen(kw_only=True, repr=False, eq=False)
class Document(Discreet):
    """What every document has; `result` and its exit code are known at the end."""

    #: The keys that stand behind those of the class, in their order.
    _last: ClassVar[tuple[str, ...]] = ("refusal", "errors")

    format: str
    result: Result | None = None
    exit_code: int | None = None
    portal: str | None = None
    refusal: Refused | None = None
    errors: tuple[Fault, ...] = ()

    def __attrs_post_init__(self) -> None:
        expected = None if self.result is None else EXIT_CODES[self.result]
        if self.exit_code != expected:
            raise InvalidValue("exit_code", f"{expected}, the code of the result")

    @classmethod
    def keys(cls) -> list[str]:
        """The keys in the order in which they are printed."""
        names = [each.name for each in fields(cls)]
        first = ["format", *(name for name in names if name != "format" and name not in cls._last)]
        return [*first, *cls._last]

"""What can be wrong with a CSV file: the codes, the report of one row, and the error for a whole file."""

from enum import StrEnum

from attrs import frozen

from crmcore.domain.model.errors import CrmError
from crmcore.domain.model.text import Shown

__all__ = ["BadFile", "BadRow", "Fault"]


class Fault(StrEnum):
    """The codes of `BadRow`: first those of a whole file, then those of one row, last those that are skipped."""

    UNREADABLE_FILE = "unreadable_file"
    EMPTY_FILE = "empty_file"
    UNKNOWN_ENCODING = "unknown_encoding"
    MISSING_EXTRA = "missing_extra"
    WRONG_FORMAT = "wrong_format"
    PARTIAL_FILE = "partial_file"
    DATE_ORDER = "date_order"
    BAD_MAPPING = "bad_mapping"
    NO_HEADING = "no_heading"
    HEADING_TWICE = "heading_twice"
    MISSING_COLUMN = "missing_column"
    WRONG_FILE = "wrong_file"
    UNKNOWN_STAGE_COLUMN = "unknown_stage_column"
    NOT_UNDERSTOOD = "not_understood"
    UNTERMINATED_QUOTE = "unterminated_quote"
    BROKEN_QUOTING = "broken_quoting"
    CELL_TOO_LARGE = "cell_too_large"

    CELL_COUNT = "cell_count"
    NUL_CHARACTER = "nul_character"
    MISSING_VALUE = "missing_value"
    BAD_ID = "bad_id"
    BAD_NUMBER = "bad_number"
    BAD_DATE = "bad_date"
    BAD_FLAG = "bad_flag"
    BAD_SHAPE = "bad_shape"
    BAD_KIND = "bad_kind"
    UNKNOWN_STAGE = "unknown_stage"
    UNKNOWN_LEAD = "unknown_lead"
    UNKNOWN_CLIENT = "unknown_client"
    INVALID_VALUE = "invalid_value"
    ID_DIFFERS = "id_differs"
    RECORD_DIFFERS = "record_differs"

    ID_AGAIN = "id_again"
    FURTHER_PRODUCT = "further_product"
    EMPTY_ROWS = "empty_rows"
    OTHER_OWNER = "other_owner"


@frozen(repr=False, eq=False)
class BadRow(Shown):
    """One row that was not taken over, without personal data (DATA-2).

    `line` is where the row begins in the file, nothing where it cannot be opened; `field` is the heading as the file
    writes it.
    """

    file: str
    line: int | None
    field: str | None
    code: str
    message: str

    def __str__(self) -> str:
        line = f", line {self.line}" if self.line else ""
        field = f", {self.field}" if self.field else ""
        return f"{self.file}{line}{field}: {self.message} ({self.code})"


class BadFile(CrmError):
    """A file cannot be read as a whole, so that no row of it can be trusted; nothing was taken over."""

    def __init__(self, row: BadRow) -> None:
        super().__init__(row)
        self.row = row

    def __str__(self) -> str:
        return str(self.row)

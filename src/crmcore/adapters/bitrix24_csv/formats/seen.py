"""What is told of a file once it is read: its form, columns and words, and the columns that became own fields."""

from collections.abc import Mapping

from attrs import field, frozen

from crmcore.adapters.bitrix24_csv.errors import BadRow
from crmcore.adapters.bitrix24_csv.formats.table import Form
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.text import Discreet, Shown

__all__ = ["MEANINGS", "MEANT", "ColumnSeen", "Inspection", "OwnField", "WordSeen"]

#: What a stage may mean, in words.
MEANINGS: Mapping[str, StageSemantics] = {
    "in process": StageSemantics.IN_PROCESS,
    "success": StageSemantics.SUCCESS,
    "failure": StageSemantics.FAILURE,
}
#: The same, the other way round.
MEANT = {means: words for words, means in MEANINGS.items()}


@frozen(repr=False, eq=False)
class OwnField(Shown):
    """A column that became a custom field: its heading, the code of the field, and how many cells are filled."""

    heading: str
    code: str
    cells: int


@frozen(kw_only=True, repr=False, eq=False)
class ColumnSeen(Discreet):
    """A column: its heading, the code that it feeds if there is one, and how many of its cells are filled.

    `place` is the field of the model, nothing for a column that is only counted; `own` is the code of the custom field
    that a heading which nobody knows becomes.
    """

    heading: str
    code: str | None
    own: str | None = None
    place: str | None
    filled: int


@frozen(kw_only=True, repr=False, eq=False)
class WordSeen(Discreet):
    """A word in the cells of the stage: the code and the meaning that it has, nothing where it is not known.

    `language` is the one in which a word that is not known is the translated name of a stage.
    """

    word: str
    code: str | None
    means: str | None
    cells: int
    language: str | None = None


@frozen(kw_only=True, repr=False, eq=False)
class Inspection(Discreet):
    """What a file is: its form, the kind of its records, its columns, the stages in it, and its first rows.

    `first` has the first rows, by heading, as they stand. `refusal` is why it would not be read, `bad_rows` are the
    rows that would not. `persons` and `sources` say what names became, `leads` and `clients` how many would be read.
    """

    file: str
    form: Form | None = None
    kind: str | None = None
    rows: int = 0
    columns: tuple[ColumnSeen, ...] = ()
    stages: tuple[WordSeen, ...] = ()
    persons: Mapping[str, int] = field(factory=dict)
    sources: Mapping[str, str] = field(factory=dict)
    first: tuple[Mapping[str, str], ...] = ()
    leads: int | None = None
    clients: int | None = None
    bad_rows: tuple[BadRow, ...] = ()
    refusal: BadRow | None = None

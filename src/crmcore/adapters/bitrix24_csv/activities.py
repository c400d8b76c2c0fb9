"""Reading activities: each is bound to the leads that its row names."""

from collections.abc import Collection, Mapping
from pathlib import Path

from attrs import frozen

from crmcore.adapters.bitrix24_csv.cells import read_id, split_values
from crmcore.adapters.bitrix24_csv.columns import Meaning, activity_column
from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
from crmcore.adapters.bitrix24_csv.names import plain
from crmcore.adapters.bitrix24_csv.rows import Draft, Unreadable, read_rows, read_value
from crmcore.adapters.bitrix24_csv.sheets import Heading, read_sheet
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import CLIENTS, ActivityId, Kind, LeadId, Ref, UserId
from crmcore.domain.model.text import Discreet, check_id

__all__ = ["ActivityFile", "read_activities"]

#: The kinds of activities by the numbers of the product's `TYPE_ID` and by display name.
_KINDS = {
    "1": "meeting",
    "2": "call",
    "3": "task",
    "4": "email",
    **dict.fromkeys(("встреча",), "meeting"),
    **dict.fromkeys(("звонок",), "call"),
    **dict.fromkeys(("задача", "дело"), "task"),
    **dict.fromkeys(("письмо", plain("E-mail")), "email"),
}


@frozen(repr=False, eq=False)
class ActivityFile(Discreet):
    """What an activity file holds: each activity with the leads it is bound to; the rest as in `LeadFile`."""

    activities: tuple[tuple[Activity, frozenset[Ref]], ...]
    bad_rows: tuple[BadRow, ...]
    skipped_rows: tuple[BadRow, ...]
    unplaced: Mapping[str, int]


def read_activities(path: Path, lead_ids: Collection[LeadId]) -> ActivityFile:
    """Read a file of activities of these leads; a row that names another lead is a bad row.

    Raises `BadFile` when the file cannot be read as a whole.
    """
    sheet = read_sheet(path, activity_column)
    naming = [each.text for each in sheet.headings if each.column.meaning in (Meaning.LEADS, Meaning.BINDINGS)]
    if not naming:
        raise BadFile(sheet.bad_row(1, None, Fault.MISSING_COLUMN, "expected a column LEAD_ID or BINDINGS"))
    unplaced: dict[str, int] = {}
    reader = _ActivityReader(frozenset(lead_ids), naming[0], unplaced)
    records, bad, skipped = read_rows(sheet, reader.read, unplaced)
    return ActivityFile(tuple(records.values()), bad, skipped, unplaced)


class _ActivityReader:
    def __init__(self, lead_ids: frozenset[LeadId], lead_field: str, unplaced: dict[str, int]) -> None:
        self._lead_ids = lead_ids
        self._lead_field = lead_field
        self._unplaced = unplaced

    def read(self, filled: list[tuple[Heading, str]]) -> tuple[int, tuple[Activity, frozenset[Ref]]]:
        draft = Draft()
        bound: set[Ref] = set()
        for heading, cell in filled:
            column = heading.column
            match column.meaning:
                case Meaning.LEADS:
                    bound.update(self._lead(heading, each) for each in split_values(cell))
                case Meaning.BINDINGS:
                    bound.update(self._leads_among(heading, cell))
                case Meaning.KIND:
                    kind = plain(cell)
                    draft.put(column, _KINDS.get(kind, kind))
                case Meaning.PERSON:
                    id = read_id(cell)
                    if id is None:  # a lead file made the table of names; here is no telling who it is
                        self._report(heading)
                    else:
                        check_id(column.place, id)
                        draft.put(column, UserId(id))
                case _:
                    draft.put(column, read_value(heading, cell))
        fields = draft.of("Activity")
        id = fields.pop("id")
        if not bound:
            raise Unreadable(self._lead_field, Fault.MISSING_VALUE, "expected the id of a lead")
        return id, (Activity(id=ActivityId(id), **fields), frozenset(bound))

    def _lead(self, heading: Heading, cell: str) -> Ref:
        id = read_id(cell)
        if id is None:
            raise Unreadable(heading.text, Fault.BAD_ID, "expected ids of leads, joined by commas")
        if id not in self._lead_ids:
            raise Unreadable(heading.text, Fault.UNKNOWN_LEAD, f"expected a lead of the imported file, found id {id}")
        return Ref(Kind.LEAD, id)

    def _leads_among(self, heading: Heading, cell: str) -> list[Ref]:
        """The leads of a list such as `lead:102,deal:1`; deals and clients are reported, no file brings them."""
        bound = []
        elsewhere = False
        for each in split_values(cell):
            kind, _, id = each.strip().partition(":")
            if kind == Kind.LEAD:
                bound.append(self._lead(heading, id))
            elif kind in (Kind.DEAL, *CLIENTS) and read_id(id) is not None:
                elsewhere = True
            else:
                raise Unreadable(heading.text, Fault.BAD_ID, "expected records such as lead:102,deal:1")
        if elsewhere:
            self._report(heading)
        return bound

    def _report(self, heading: Heading) -> None:
        self._unplaced[heading.text] = self._unplaced.get(heading.text, 0) + 1

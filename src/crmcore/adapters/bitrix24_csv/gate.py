"""Whether a file is taken at all: it holds leads, and what decides whether they are active was understood.

Rules: IMPORT-1, STAGE-2. A lead that is wrongly taken for active would be converted, for good; so where a column could
say that leads are closed and was not understood, the whole file is refused.

lines: checks of a few lines each, which ask the same questions of a column, beside tables of what they look for.
"""

import re
from collections.abc import Callable, Container, Iterator, Mapping, Sequence

from crmcore.adapters.bitrix24_csv.cells import is_filled
from crmcore.adapters.bitrix24_csv.errors import BadFile, Fault
from crmcore.adapters.bitrix24_csv.formats.facts import blocks
from crmcore.adapters.bitrix24_csv.own.file_map import LEFT_OUT, NO_MAPPING, FileMapping
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet
from crmcore.adapters.bitrix24_csv.words.columns import Column, Meaning
from crmcore.adapters.bitrix24_csv.words.file_kinds import FileKind, Likeness, likeness_of
from crmcore.adapters.bitrix24_csv.words.headings import is_known, lead_columns
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.adapters.bitrix24_csv.words.stage_words import (
    is_nameless,
    is_stage_cell,
    is_stage_heading,
    is_unreadable,
    speaks_of_stages,
)
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.pipeline import DEFAULT_DEAL_STAGES
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages

__all__ = [
    "check_has_ids",
    "check_is_of_activities",
    "check_is_of_clients",
    "check_is_of_leads",
    "check_is_understood",
    "client_kind",
    "has_stages",
]

#: Another kind than the one expected has to have as much.
_LEAST = 2
#: How many headings a report shows.
_SHOWN = 4
_HINT = "; or count every lead as new (all_new, --all-new)"
#: The codes that only deals have.
_DEAL_CODES = {stage.code for stage in DEFAULT_DEAL_STAGES} - {stage.code for stage in DEFAULT_LEAD_STAGES.stages}
_DEAL_STAGES = re.compile(
    rf"C[0-9]+:\S+|{'|'.join(map(re.escape, sorted(_DEAL_CODES)))}"
    r"|Сделка успешна|Сделка проиграна|Сделка провалена|Deal won|Deal lost",
    re.IGNORECASE,
)
_ITEM_STAGES = re.compile(r"DT[0-9]+_[0-9]+:\S+")
_SAYING_NOTHING = (Meaning.ID, Meaning.NOWHERE, Meaning.SEMANTICS)
#: What says who or what a lead is about.
_NAMING = (Meaning.POINTS, Meaning.MULTI_FIELDS, Meaning.FULL_NAME, Meaning.CLIENT)
_NAMES = frozenset({"TITLE", "NAME", "LAST_NAME", "COMPANY_TITLE", "COMMENTS"})
#: The columns that only closed leads have filled.
_CLOSINGS = frozenset({"DATE_CLOSED"})
#: The columns that say whether an activity is completed.
_COMPLETION = frozenset({"COMPLETED", "COMPLETED_AT"})
#: The numbers and names of the type of each kind, where a file gives it.
_TYPES: Mapping[FileKind, frozenset[str]] = {
    FileKind.LEADS: frozenset({"1", "1.0", "lead", "leads"}),
    FileKind.DEALS: frozenset({"2", "2.0", "deal", "deals"}),
    FileKind.CONTACTS: frozenset({"3", "3.0", "contact", "contacts"}),
    FileKind.COMPANIES: frozenset({"4", "4.0", "company", "companies"}),
}
#: By which columns clients are told, and what those hold.
_NAMES_OF = {
    FileKind.CONTACTS: ({"NAME", "LAST_NAME", "FULL_NAME"}, "names of persons"),
    FileKind.COMPANIES: ({"TITLE"}, "titles of companies"),
}
#: The columns that neither contacts nor companies have, and what has them.
_NOT_OF: Mapping[FileKind, Mapping[FileKind, Callable[[Heading], bool]]] = {
    FileKind.CONTACTS: {
        FileKind.LEADS: lambda heading: heading.column.code == "STATUS_ID" or heading.written == "TITLE",
    },
    FileKind.COMPANIES: {
        FileKind.LEADS: lambda heading: heading.column.code == "STATUS_ID",
        FileKind.CONTACTS: lambda heading: heading.column.code in ("NAME", "LAST_NAME"),
    },
}
#: What is done with a file of another kind, where something is.
_WAYS_ON: Mapping[str, str] = {
    FileKind.LEADS: "leads go first, without an option",
    FileKind.CONTACTS: "contacts go beside leads, with --contacts",
    FileKind.COMPANIES: "companies go beside leads, with --companies",
    FileKind.ACTIVITIES: "activities go beside leads, with --activities",
    FileKind.TASKS: "tasks of leads go beside them, with --activities, where a column names the lead (UF_CRM_TASK)",
    FileKind.STAGES: "stages go beside leads, with --stages",
    FileKind.PIPELINES: "pipelines go beside leads, with --pipelines",
    FileKind.DEALS: "a switch makes deals of leads, and none are imported",
}
_KINDS = {Kind.CONTACT: FileKind.CONTACTS, Kind.COMPANY: FileKind.COMPANIES}


def check_is_of_leads(sheet: Sheet) -> None:
    """Raise `BadFile` where the file holds other records than leads."""
    found = _likeness(sheet)
    _refuse_others(sheet, found, FileKind.LEADS)
    for heading in sheet.headings:
        if heading.column.meaning is Meaning.STAGE:
            cells = {cell.strip() for cell in sheet.words_of(heading)}
            if any(map(_ITEM_STAGES.fullmatch, cells)):
                raise _wrong_file(sheet, heading.text, "leads", "smart process items", "its stages are theirs")
            of_deals = any(map(_DEAL_STAGES.fullmatch, cells))
            if of_deals and found[FileKind.LEADS].score <= found[FileKind.DEALS].score + _LEAST:
                raise _wrong_file(sheet, heading.text, "leads", "deals", "its stages are theirs")
    _refuse_other_types(sheet, FileKind.LEADS)


def check_has_ids(sheet: Sheet, said: str = "expected a column ID") -> None:
    """Raise `BadFile` where no column has the ids, by which a record is known when it comes again."""
    if not any(heading.column.meaning is Meaning.ID for heading in sheet.headings):
        raise sheet.bad_heading(None, Fault.MISSING_COLUMN, said)


def check_is_of_clients(sheet: Sheet, kind: Kind) -> None:
    """Raise `BadFile` where the file holds other records than contacts, or than companies, or none that have names."""
    expected = _KINDS[kind]
    _refuse_others(sheet, _likeness(sheet), expected)
    _refuse_other_types(sheet, expected)
    check_has_ids(sheet)
    for heading in sheet.headings:
        other = next((kind for kind, own in _NOT_OF[expected].items() if own(heading)), None)
        if other is not None and sheet.is_filled(heading):
            raise _wrong_file(sheet, heading.text, expected, other, f"{expected} have no column {heading.text!r}")
    codes, what = _NAMES_OF[expected]
    if sheet.facts.count and not any(each.column.code in codes and sheet.is_filled(each) for each in sheet.headings):
        said = f"expected a filled column with the {what}, as files of {expected} have it"
        raise sheet.bad_heading(None, Fault.NOT_UNDERSTOOD, said)
    _refuse_unknown(sheet, "")


def client_kind(kind: FileKind) -> Kind | None:
    """The kind of clients that a kind of files holds, if it holds any."""
    return next((of for of, each in _KINDS.items() if each is kind), None)


def _refuse_other_types(sheet: Sheet, expected: FileKind) -> None:
    """Refuse records whose type, which the newer methods of the product tell, is that of another kind."""
    for heading in sheet.headings:
        if heading.column.code != "ENTITY_TYPE_ID":
            continue
        types = (cell.strip().casefold() for cell in sheet.words_of(heading))
        other = next((each for each in types if each not in _TYPES[expected]), None)
        if other is not None:
            found = next((str(kind) for kind, names in _TYPES.items() if other in names), "records of another type")
            raise _wrong_file(sheet, heading.text, expected, found, f"{expected} have the type {min(_TYPES[expected])}")


def check_is_of_activities(sheet: Sheet) -> None:
    """Raise `BadFile` where the file holds other records than activities, or may say unheard which are completed."""
    found = _likeness(sheet)
    _refuse_others(sheet, found, FileKind.ACTIVITIES)
    of_cards = next((each for each in sheet.headings if _is_of_cards(each) and sheet.is_filled(each)), None)
    best = max(each.score for kind, each in found.items() if kind is not FileKind.ACTIVITIES)
    if of_cards is not None and 0 < found[FileKind.ACTIVITIES].score <= best:
        said = f"activities have no column {of_cards.text!r}"
        raise _wrong_file(sheet, of_cards.text, FileKind.ACTIVITIES, "other records that name leads", said)
    check_has_ids(sheet)
    if any(heading.column.code in _COMPLETION for heading in sheet.headings):
        return
    for heading in sheet.headings:
        if not is_known(heading.column) and speaks_of_stages(heading.written) and sheet.is_filled(heading):
            said = (
                "this column could say which activities are completed and is not understood, so that all would be "
                "open; call it COMPLETED, with yes or no in its cells, or take it out"
            )
            raise sheet.bad_heading(heading.text, Fault.NOT_UNDERSTOOD, said)


def _is_of_cards(heading: Heading) -> bool:
    """Whether such a column names a lead or a client, and activities have none."""
    return not is_known(heading.column) and _names(lead_columns([heading.written])[0].column)


def _likeness(sheet: Sheet) -> dict[FileKind, Likeness]:
    return likeness_of([heading.telling for heading in sheet.headings])


def _is_typed(sheet: Sheet, expected: FileKind) -> bool:
    """Whether each record says itself that it is of this kind."""
    typed = [heading for heading in sheet.headings if heading.column.code == "ENTITY_TYPE_ID"]
    types = {cell.strip().casefold() for heading in typed for cell in sheet.words_of(heading)}
    return bool(types) and types <= _TYPES.get(expected, frozenset())


def _refuse_others(sheet: Sheet, found: dict[FileKind, Likeness], expected: FileKind) -> None:
    if _is_typed(sheet, expected):
        return
    others = [kind for kind in FileKind if kind is not expected]
    best = max(found[kind].score for kind in others)
    if best < _LEAST or best <= found[expected].score:
        return
    kinds = [kind for kind in others if found[kind].score == best]
    headings = found[kinds[0]].headings
    shown = {heading.telling: heading.text for heading in sheet.headings}
    told = f"by the columns {_listed([shown[each] for each in headings])}"
    if expected is FileKind.LEADS and kinds[0] in _KINDS.values() and (found[expected].score or has_stages(sheet)):
        told += "; if they are leads of another system, a mapping says what these columns mean (--mapping)"
    raise _wrong_file(sheet, shown[headings[0]], expected, " or ".join(kinds), told)


def _listed(headings: Sequence[str]) -> str:
    """Some headings, as a message names them."""
    return ", ".join(map(repr, headings[:_SHOWN])) + (", …" if len(headings) > _SHOWN else "")


def _wrong_file(sheet: Sheet, field: str, expected: str, found: str, why: str) -> BadFile:
    way_on = _WAYS_ON.get(found)
    said = f"expected a file of {expected}, this looks like one of {found}: {why}" + (f"; {way_on}" if way_on else "")
    return sheet.bad_heading(field, Fault.WRONG_FILE, said)


def check_is_understood(sheet: Sheet, stages: LeadStages, mapping: FileMapping = NO_MAPPING) -> None:
    """Raise `BadFile` where the stage may stand in a column that is not understood, or most of the file is not."""
    could_be = next(_could_be_stages(sheet, {*mapping.known_stages(stages), *mapping.stages}), None)
    if could_be is not None:
        said = (
            "this column could be the stage and is not understood, so closed leads would be converted; "
            "call it STATUS_ID, with the codes or names of stages in its cells, or leave it out, in the file or in a "
            "mapping" + _HINT
        )
        raise sheet.bad_heading(could_be.text, Fault.UNKNOWN_STAGE_COLUMN, said)
    empty = next((each for each in sheet.headings if each.column.meaning is Meaning.STAGE), None)
    if empty is not None and sheet.facts.count and not has_stages(sheet):
        said = "no lead has a stage, so closed leads would be converted; export the file again" + _HINT
        raise sheet.bad_heading(empty.text, Fault.UNKNOWN_STAGE_COLUMN, said)
    filled = _refuse_unknown(sheet, _HINT)
    untold = None if has_stages(sheet) else next(_untold(sheet, filled), None)
    if untold is not None:
        said = (
            "this column has no heading that can be read, so it could be the stage: closed leads would be converted; "
            "give it one, or leave the column out, in the file or in a mapping" + _HINT
        )
        raise sheet.bad_heading(untold.text, Fault.UNKNOWN_STAGE_COLUMN, said)
    besides = [each for each in sheet.headings if each.column.meaning not in _SAYING_NOTHING]
    if filled and not besides:
        said = "nothing but the id is understood, so leads would have neither a title nor a name" + _HINT
        raise sheet.bad_heading(None, Fault.NOT_UNDERSTOOD, said)
    if any(not is_known(each.column) for each in filled) and not any(_names(each.column) for each in filled):
        unknown = _listed([each.text for each in filled if not is_known(each.column)])
        said = (
            "no title, name or contact point is understood, so leads would be nameless; a mapping says which column is "
            f"one (--mapping): {unknown}"
        )
        raise sheet.bad_heading(None, Fault.NOT_UNDERSTOOD, said + _HINT)
    if filled and _may_be_clients(sheet):
        said = (
            "these may be contacts or companies: expected a column of titles or of stages, as leads have them; "
            "give clients together with leads, with --contacts or --companies"
        )
        raise sheet.bad_heading(None, Fault.NOT_UNDERSTOOD, said + _HINT)


def _refuse_unknown(sheet: Sheet, hint: str) -> list[Heading]:
    """The filled columns; refuse a file of which more than half of them is not known by name."""
    filled = [heading for heading in sheet.headings if sheet.is_filled(heading)]
    known = [heading for heading in filled if is_known(heading.column)]
    if 2 * len(known) < len(filled):
        unknown = _listed([heading.text for heading in filled if not is_known(heading.column)])
        said = (
            f"{len(known)} of {len(filled)} filled columns are understood, expected at least half of them; "
            f"a mapping says what the others mean (--mapping): {unknown}{hint}"
        )
        raise sheet.bad_heading(None, Fault.NOT_UNDERSTOOD, said)
    return filled


def has_stages(sheet: Sheet) -> bool:
    """Whether a column that is understood as the stage says anything."""
    return any(sheet.is_filled(heading) for heading in sheet.headings if heading.column.meaning is Meaning.STAGE)


def _names(column: Column) -> bool:
    """Whether a column says who or what a lead is about."""
    return column.meaning in _NAMING or column.code in _NAMES


def _may_be_clients(sheet: Sheet) -> bool:
    """Whether there are persons with companies, or companies alone, and neither a title nor a stage."""
    told = {*_likeness(sheet)[FileKind.LEADS].headings}
    codes = {each.column.code for each in sheet.headings}
    ours = {each.column.code for each in sheet.headings if each.telling in told} - {"COMPANY_TITLE"}
    if ours or codes & {"TITLE", "STATUS_ID"}:
        return False
    if codes & {"NAME", "LAST_NAME", "FULL_NAME"}:
        return bool(codes & {"LINKED_COMPANY", "COMPANY_ID"})
    return "COMPANY_TITLE" in codes


def _could_be_stages(sheet: Sheet, names: Container[str]) -> Iterator[Heading]:
    """The filled columns that are not understood as the stage and may be it.

    By their heading; or, where no other column has stages, by any word of the heading that speaks of one, or by a cell.
    A column that is understood as something else needs both: "State" is a province to some.
    """
    is_known_here = has_stages(sheet)
    is_suspect = is_stage_heading if is_known_here else speaks_of_stages
    suspects: dict[Heading, bool] = {}
    for heading in filter(sheet.is_filled, sheet.headings):
        if heading.column.code == LEFT_OUT:
            continue  # somebody says that it is none
        if heading.column.meaning is Meaning.STAGE or (heading.column.meaning is Meaning.SEMANTICS and is_known_here):
            continue
        is_named = is_suspect(heading.written)
        is_open = not is_known(heading.column) or heading.column.meaning is Meaning.SEMANTICS
        if is_open and (is_named or not is_known_here):
            suspects[heading] = is_named
        elif not is_open and heading.column.code in _CLOSINGS and not is_known_here:
            suspects[heading] = True
        elif not is_open and is_named and heading.column.code not in _CLOSINGS:
            suspects[heading] = False

    def is_stage(cell: str) -> bool:
        return cell.strip() in names or plain(cell) in names or is_stage_cell(cell)

    with_stages = _with_cells(sheet, [each for each, is_one in suspects.items() if not is_one], is_stage)
    yield from (heading for heading, is_one in suspects.items() if is_one or heading in with_stages)


def _untold(sheet: Sheet, filled: list[Heading]) -> Iterator[Heading]:
    """The filled columns with a heading that nobody can read, or with none above words."""
    unknown = [each for each in filled if not is_known(each.column)]
    nameless = [each for each in unknown if is_nameless(each.written)]
    with_words = _with_cells(sheet, nameless, lambda cell: any(map(str.isalpha, cell)))
    yield from (each for each in unknown if is_unreadable(each.written) or each in with_words)


def _with_cells(sheet: Sheet, headings: list[Heading], is_one: Callable[[str], bool]) -> set[Heading]:
    """Those of the columns that have such a cell."""
    found: set[Heading] = set()
    for block in blocks(sheet.rows) if headings else ():
        for heading in [each for each in headings if each not in found]:
            if any(map(is_one, filter(is_filled, {cells[heading.index] for _, cells in block}))):
                found.add(heading)
    return found

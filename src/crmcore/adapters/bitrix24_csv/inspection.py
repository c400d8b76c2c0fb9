"""What a file is and how it will be read, told before anything is imported; and the draft of a mapping for it."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from attrs import frozen

from crmcore.adapters.bitrix24_csv.cards.clients import ClientFile, clients_in
from crmcore.adapters.bitrix24_csv.cards.links import NO_CLIENTS, KnownClients
from crmcore.adapters.bitrix24_csv.cells import is_filled
from crmcore.adapters.bitrix24_csv.errors import BadFile, BadRow, Fault
from crmcore.adapters.bitrix24_csv.formats.reader import read_table
from crmcore.adapters.bitrix24_csv.formats.seen import MEANT, ColumnSeen, Inspection, OwnField, WordSeen
from crmcore.adapters.bitrix24_csv.formats.table import Table
from crmcore.adapters.bitrix24_csv.gate import check_is_of_activities, client_kind
from crmcore.adapters.bitrix24_csv.leads import LeadFile, leads_in
from crmcore.adapters.bitrix24_csv.own.file_map import LEFT_OUT, NO_MAPPING, FileMapping
from crmcore.adapters.bitrix24_csv.own.numbers import Numbering
from crmcore.adapters.bitrix24_csv.own.own_fields import field_code
from crmcore.adapters.bitrix24_csv.sheets import Resolve, Sheet, known_by, sheet_of
from crmcore.adapters.bitrix24_csv.words.columns import Column, Meaning
from crmcore.adapters.bitrix24_csv.words.file_kinds import FileKind, likeness_of
from crmcore.adapters.bitrix24_csv.words.headings import activity_columns, is_known
from crmcore.adapters.bitrix24_csv.words.names import translated_in
from crmcore.adapters.bitrix24_csv.words.stage_words import is_stage_heading
from crmcore.domain.model.ids import CLIENTS, Kind
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages
from crmcore.domain.model.text import Discreet

__all__ = ["draft_mapping", "inspect_files"]

#: How many rows are shown as they will be read.
_FIRST = 3


def inspect_files(
    paths: Iterable[Path],
    *,
    stages: LeadStages = DEFAULT_LEAD_STAGES,
    mapping: FileMapping = NO_MAPPING,
    numbering: Numbering | None = None,
    all_new: bool = False,
    unlinked: bool = False,
    partial: bool = False,
) -> tuple[Inspection, ...]:
    """What each file is, as far as it can be told; a file that would be refused is told of with the reason.

    Each is read once. The contacts and companies among them are those that the others may be linked to. The arguments
    are those of `read_leads`.
    """
    looked = [_Looked.at(path, mapping, partial=partial) for path in paths]
    found: dict[Kind, list[Any]] = {kind: [] for kind in CLIENTS}
    for each in looked:
        if each.clients is not None and each.sheet is not None:
            with suppress(BadFile):
                found[each.clients] += clients_in(each.clients, each.sheet, mapping, unlinked=True).clients
    clients = KnownClients(found[Kind.CONTACT], found[Kind.COMPANY])

    def read(sheet: Sheet, kind: Kind | None) -> LeadFile | ClientFile[Any]:
        if kind is not None:
            return clients_in(kind, sheet, mapping, clients=clients, unlinked=unlinked)
        known = NO_CLIENTS if numbering is not None else clients
        return leads_in(sheet, stages, mapping, numbering=numbering, clients=known, all_new=all_new, unlinked=unlinked)

    return tuple(_inspected(each, stages, mapping, read) for each in looked)


@frozen(repr=False, eq=False)
class _Looked(Discreet):
    """A file of which the kind is told: its sheet, or why it has none."""

    file: str
    kind: FileKind | None = None
    sheet: Sheet | None = None
    refusal: BadRow | None = None

    @property
    def clients(self) -> Kind | None:
        """The kind of clients in it, if it has any."""
        return None if self.kind is None else client_kind(self.kind)

    @classmethod
    def at(cls, path: Path, mapping: FileMapping, *, partial: bool) -> "_Looked":
        """Read a file by the headings of whichever kind it is most like."""
        resolvers: dict[FileKind, Resolve] = {
            FileKind.LEADS: mapping.lead_columns,
            FileKind.CONTACTS: lambda names: mapping.client_columns(Kind.CONTACT, names),
            FileKind.COMPANIES: lambda names: mapping.client_columns(Kind.COMPANY, names),
            FileKind.ACTIVITIES: activity_columns,
        }
        counts = [known_by(resolve) for resolve in resolvers.values()]
        try:
            table = read_table(
                path,
                lambda names: max(count(names) for count in counts),
                encoding=mapping.encoding,
                partial=partial,
            )
            kind = _kind(table, mapping)
            return cls(str(path), kind, sheet_of(str(path), table, resolvers.get(kind, mapping.lead_columns)))
        except BadFile as error:
            return cls(str(path), refusal=error.row)


def _inspected(
    looked: _Looked,
    stages: LeadStages,
    mapping: FileMapping,
    read: Callable[[Sheet, Kind | None], LeadFile | ClientFile[Any]],
) -> Inspection:
    sheet, refusal = looked.sheet, looked.refusal
    if sheet is None:
        return Inspection(file=looked.file, refusal=refusal)
    found: LeadFile | ClientFile[Any] | None = None
    filled, words = _counts(sheet)
    try:
        if looked.kind is FileKind.ACTIVITIES:
            check_is_of_activities(sheet)  # nobody can say here which leads they belong to
        else:
            found = read(sheet, looked.clients)
    except BadFile as error:
        refusal = error.row
    return Inspection(
        file=looked.file,
        form=sheet.form,
        kind=looked.kind,
        rows=sheet.facts.count + len(sheet.bad_rows),
        columns=_columns(sheet, filled, () if found is None else found.own_fields),
        stages=tuple(_stages(words, stages, mapping)),
        persons={} if found is None else {name: id for id, name in found.names.persons.items()},
        sources={} if found is None else {name: str(code) for code, name in found.names.sources.items()},
        first=_first(sheet),
        leads=len(found.leads) if isinstance(found, LeadFile) else None,
        clients=len(found.clients) if isinstance(found, ClientFile) else None,
        bad_rows=sheet.bad_rows if found is None else found.bad_rows,
        refusal=refusal,
    )


def _kind(table: Table, mapping: FileMapping) -> FileKind:
    """The kind that the headings are most like; leads where no other has more."""
    mapped = zip(table.names, mapping.lead_columns(table.names), strict=True)
    found = likeness_of([found.column.code if found.is_mapped else name.strip() for name, found in mapped])
    best = max(found, key=lambda kind: found[kind].score)
    return best if found[best].score > max(1, found[FileKind.LEADS].score) else FileKind.LEADS


def _counts(sheet: Sheet) -> tuple[Counter[int], Mapping[int, Counter[str]]]:
    """How many cells of each column are filled, and how often each word stands in those of the stage."""
    filled: Counter[int] = Counter()
    words: dict[int, Counter[str]] = {
        each.index: Counter() for each in sheet.headings if each.column.meaning is Meaning.STAGE
    }
    for _, cells in sheet.rows:
        filled.update(index for index in sheet.facts.filled if is_filled(cells[index]))
        for index, found in words.items():
            if is_filled(cells[index]):
                found[cells[index].strip()] += 1
    return filled, words


def _columns(sheet: Sheet, filled: Mapping[int, int], own_fields: Iterable[OwnField] = ()) -> tuple[ColumnSeen, ...]:
    own = {field.heading: field.code for field in own_fields}
    return tuple(
        ColumnSeen(
            heading=heading.text,
            code=heading.column.code if is_known(heading.column) else None,
            own=own.get(heading.text),
            place=heading.column.place or None,
            filled=filled[heading.index],
        )
        for heading in sheet.headings
    )


def _stages(words: Mapping[int, Counter[str]], stages: LeadStages, mapping: FileMapping) -> Iterator[WordSeen]:
    known = mapping.known_stages(stages)
    for found in words.values():
        for word, cells in found.items():
            stage = mapping.stage_of(word, known)
            yield WordSeen(
                word=word,
                code=None if stage is None else stage.code,
                means=None if stage is None else MEANT[stage.semantics],
                language=None if stage is not None else translated_in(word),
                cells=cells,
            )


def _first(sheet: Sheet) -> tuple[dict[str, str], ...]:
    return tuple(
        {heading.text: cells[heading.index] for heading in sheet.headings if is_filled(cells[heading.index])}
        for _, cells in islice(sheet.rows, _FIRST)
    )


def draft_mapping(inspection: Inspection, mapping: FileMapping = NO_MAPPING) -> str:
    """The draft of a mapping: what was understood, and what somebody has to say, as a TOML document that can be read.

    `mapping` is what was said already: its language, order of days, sign and headings are kept. A line that needs an
    answer begins with `#`; so does each column of somebody's own where one of them could be the stage.
    """
    lines = ["# What the headings, stages and names of this kind of file mean. Lines with # wait for an answer."]
    form = inspection.form
    if form is not None and form.encoding not in (None, "utf-8", "utf-16"):
        lines.append(f"encoding = {_quoted(str(form.encoding))}")
    spoken = {seen.language for seen in inspection.stages if seen.language is not None}
    lines += [f"# language = {_quoted(code)}" for code in sorted(spoken)]
    if mapping.language is not None:
        lines.append(f"language = {_quoted(mapping.language)}")
    lines.append(f"dates = {_quoted(mapping.dates)}" if mapping.dates else '# dates = "dmy"')
    lines.append(f"decimal = {_quoted(mapping.decimal)}" if mapping.decimal else '# decimal = ","')
    lines += ["", "[headings]"]
    lines += [f"{_quoted(heading)} = {_quoted(_code(column))}" for heading, column in mapping.headings.items()]
    unknown = [column for column in inspection.columns if column.code is None and column.filled]
    refusal = inspection.refusal
    in_doubt = refusal is not None and refusal.code == Fault.UNKNOWN_STAGE_COLUMN
    doubted = [
        each
        for each in unknown
        if is_stage_heading(each.heading) or (refusal is not None and in_doubt and refusal.field == each.heading)
    ]
    lines += [f'# {_quoted(each.heading)} = "STATUS_ID"  # or "" to leave it out' for each in doubted]
    own = [each for each in unknown if each not in doubted]
    mark = "# " if in_doubt else ""
    lines += ["", "[fields]"]
    lines += [
        f'{mark}{_quoted(each.heading)} = {{ code = {_quoted(field_code(each.heading))}, type = "text" }}'
        for each in own
    ]
    lines += ["", "[stages]"]
    for seen in inspection.stages:
        if seen.code is None:
            lines.append(f'# {_quoted(seen.word)} = {{ code = "CODE", means = "in process" }}')
        elif seen.word != seen.code:
            lines.append(f"{_quoted(seen.word)} = {_quoted(seen.code)}")
    lines += ["", "[persons]", *(f"{_quoted(name)} = {id}" for name, id in inspection.persons.items())]
    lines += ["", "[sources]", *(f"{_quoted(name)} = {_quoted(code)}" for name, code in inspection.sources.items())]
    return "\n".join(lines) + "\n"


def _code(column: Column) -> str:
    """The code by which a mapping names a column; nothing for one that is left out."""
    return "" if column.code == LEFT_OUT else column.code


def _quoted(text: str) -> str:
    """A text as TOML has it: the escapes of JSON are among its own, but for half of a pair."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

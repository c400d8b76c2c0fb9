"""What a file is and how it will be read, told before anything is imported; and the draft of a mapping for it."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from crmcore.adapters.bitrix24_csv.cards.clients import ClientFile, client_sheet, clients_in
from crmcore.adapters.bitrix24_csv.cards.links import NO_CLIENTS, KnownClients
from crmcore.adapters.bitrix24_csv.cells import is_filled
from crmcore.adapters.bitrix24_csv.errors import BadFile
from crmcore.adapters.bitrix24_csv.formats.seen import MEANT, ColumnSeen, Inspection, OwnField, WordSeen
from crmcore.adapters.bitrix24_csv.gate import check_is_of_activities, client_kind
from crmcore.adapters.bitrix24_csv.leads import LeadFile, leads_in
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING, FileMapping
from crmcore.adapters.bitrix24_csv.own.own_fields import field_code
from crmcore.adapters.bitrix24_csv.sheets import Sheet, read_sheet
from crmcore.adapters.bitrix24_csv.words.columns import Meaning
from crmcore.adapters.bitrix24_csv.words.file_kinds import FileKind, likeness_of
from crmcore.adapters.bitrix24_csv.words.headings import activity_columns, is_known
from crmcore.adapters.bitrix24_csv.words.names import translated_in
from crmcore.adapters.bitrix24_csv.words.stage_words import is_stage_heading
from crmcore.domain.model.ids import CLIENTS, Kind
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES, LeadStages

__all__ = ["clients_among", "draft_mapping", "inspect_file"]

#: How many rows are shown as they will be read.
_FIRST = 3


def inspect_file(
    path: Path,
    *,
    stages: LeadStages = DEFAULT_LEAD_STAGES,
    mapping: FileMapping = NO_MAPPING,
    partial: bool = False,
    clients: KnownClients = NO_CLIENTS,
) -> Inspection:
    """What a file is, as far as it can be told; a file that would be refused is told of with the reason.

    The arguments are those of `read_leads`; `clients_among` gives the clients of the files that are looked at.
    """
    try:
        sheet = read_sheet(path, mapping.lead_columns, encoding=mapping.encoding, partial=partial)
    except BadFile as error:
        return Inspection(file=str(path), refusal=error.row)
    kind = _kind(sheet)
    if kind is FileKind.ACTIVITIES:
        return _of_activities(path, mapping, partial=partial)
    of = client_kind(kind)
    refusal = None
    read: LeadFile | ClientFile[Any] | None = None
    try:
        if of is not None:
            sheet = client_sheet(of, path, mapping, partial=partial)
            read = clients_in(of, sheet, mapping, clients=clients)
        else:
            read = leads_in(sheet, stages, mapping, clients=clients)
    except BadFile as error:
        refusal = error.row
    return Inspection(
        file=sheet.file,
        form=sheet.form,
        kind=kind,
        rows=len(sheet.rows) + len(sheet.bad_rows),
        columns=_columns(sheet, () if read is None else read.own_fields),
        stages=tuple(_stages(sheet, stages, mapping)),
        persons={} if read is None else {name: id for id, name in read.names.persons.items()},
        sources={} if read is None else {name: str(code) for code, name in read.names.sources.items()},
        first=_first(sheet),
        leads=len(read.leads) if isinstance(read, LeadFile) else None,
        clients=len(read.clients) if isinstance(read, ClientFile) else None,
        bad_rows=() if read is None else read.bad_rows,
        refusal=refusal,
    )


def clients_among(paths: Iterable[Path], *, mapping: FileMapping = NO_MAPPING, partial: bool = False) -> KnownClients:
    """The contacts and companies in those of the files that hold any, for the links of the others."""
    found: dict[Kind, list[Any]] = {kind: [] for kind in CLIENTS}
    for path in paths:
        with suppress(BadFile):
            sheet = read_sheet(path, mapping.lead_columns, encoding=mapping.encoding, partial=partial)
            of = client_kind(_kind(sheet))
            if of is not None:
                sheet = client_sheet(of, path, mapping, partial=partial)
                found[of] += clients_in(of, sheet, mapping, unlinked=True).clients
    return KnownClients(found[Kind.CONTACT], found[Kind.COMPANY])


def _of_activities(path: Path, mapping: FileMapping, *, partial: bool) -> Inspection:
    """The same for activities, of which nobody can say here which leads they belong to."""
    sheet = read_sheet(path, activity_columns, encoding=mapping.encoding, partial=partial)
    refusal = None
    try:
        check_is_of_activities(sheet)
    except BadFile as error:
        refusal = error.row
    return Inspection(
        file=sheet.file,
        form=sheet.form,
        kind=FileKind.ACTIVITIES,
        rows=len(sheet.rows) + len(sheet.bad_rows),
        columns=_columns(sheet),
        first=_first(sheet),
        bad_rows=sheet.bad_rows,
        refusal=refusal,
    )


def _kind(sheet: Sheet) -> FileKind:
    """The kind that the headings are most like; leads where no other has more."""
    found = likeness_of([heading.written for heading in sheet.headings])
    best = max(found, key=lambda kind: found[kind].score)
    return best if found[best].score > max(1, found[FileKind.LEADS].score) else FileKind.LEADS


def _columns(sheet: Sheet, own_fields: Iterable[OwnField] = ()) -> tuple[ColumnSeen, ...]:
    own = {field.heading: field.code for field in own_fields}
    return tuple(
        ColumnSeen(
            heading=heading.text,
            code=heading.column.code if is_known(heading.column) else None,
            own=own.get(heading.text),
            place=heading.column.place or None,
            filled=sum(1 for _ in sheet.cells_of(heading)),
        )
        for heading in sheet.headings
    )


def _stages(sheet: Sheet, stages: LeadStages, mapping: FileMapping) -> Iterator[WordSeen]:
    known = mapping.known_stages(stages)
    for heading in sheet.headings:
        if heading.column.meaning is Meaning.STAGE:
            for word, cells in Counter(cell.strip() for cell in sheet.cells_of(heading)).items():
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
        for _, cells in sheet.rows[:_FIRST]
    )


def draft_mapping(inspection: Inspection) -> str:
    """The draft of a mapping: what was understood, and what somebody has to say, as a TOML document that can be read.

    A line that needs an answer begins with `#`.
    """
    lines = ["# What the headings, stages and names of this kind of file mean. Lines with # wait for an answer."]
    form = inspection.form
    if form is not None and form.encoding not in (None, "utf-8", "utf-16"):
        lines.append(f"encoding = {_quoted(str(form.encoding))}")
    spoken = {seen.language for seen in inspection.stages if seen.language is not None}
    lines += [f"# language = {_quoted(code)}" for code in sorted(spoken)]
    lines += ['# dates = "dmy"', '# decimal = ","', "", "[headings]"]
    unknown = [column for column in inspection.columns if column.code is None and column.filled]
    lines += [f'# {_quoted(each.heading)} = "STATUS_ID"' for each in unknown if is_stage_heading(each.heading)]
    own = [each for each in unknown if not is_stage_heading(each.heading)]
    lines += ["", "[fields]"]
    lines += [
        f'{_quoted(each.heading)} = {{ code = {_quoted(field_code(each.heading))}, type = "text" }}' for each in own
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


def _quoted(text: str) -> str:
    """A text as TOML has it: the escapes of JSON are among its own, but for half of a pair."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")

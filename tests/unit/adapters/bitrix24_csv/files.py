"""Small CSV files for the tests of this folder."""

from collections.abc import Collection
from pathlib import Path

from crmcore.adapters.bitrix24_csv import ActivityFile, BadRow, FileMapping, LeadFile, read_activities, read_leads
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING
from crmcore.domain.model.ids import LeadId

Content = str | bytes


def write_file(folder: Path, content: Content, name: str = "leads.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def leads_of(folder: Path, *lines: str, all_new: bool = False, mapping: FileMapping = NO_MAPPING) -> LeadFile:
    """Read a lead file of these lines, the first being the headings."""
    path = write_file(folder, "".join(f"{line}\r\n" for line in lines))
    return read_leads(path, all_new=all_new, mapping=mapping)


def activities_of(folder: Path, *lines: str, leads: Collection[int] = (1, 2)) -> ActivityFile:
    """Read an activity file of these lines."""
    path = write_file(folder, "".join(f"{line}\r\n" for line in lines), "activities.csv")
    return read_activities(path, [LeadId(id) for id in leads])


def only(rows: tuple[BadRow, ...]) -> tuple[int | None, str | None, str]:
    """Line, field and code of the one bad row."""
    (row,) = rows
    return row.line, row.field, row.code

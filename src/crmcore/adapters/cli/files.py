"""The files of `--out`: the CSV files of the CRM, and its document, each written whole or not at all."""

import os
from pathlib import Path

from crmcore.adapters.bitrix24_csv import Names, write_crm
from crmcore.adapters.cli.reports import Json, fault
from crmcore.adapters.document import dump_crm
from crmcore.domain.image import CrmImage

__all__ = ["DOCUMENT", "in_the_way", "write_files"]

DOCUMENT = "crm.json"
_TABLES = ("leads.csv", "deals.csv", "contacts.csv", "companies.csv", "activities.csv", "names.csv")


def in_the_way(folder: Path) -> list[Json]:
    """What makes it impossible to write into a folder, as far as can be seen without writing."""
    existing = next((path for path in (folder, *folder.parents) if path.exists()), None)
    if existing is not None and not existing.is_dir():
        return [fault("not_a_folder", "expected a folder, or a place where one can be made", file=str(existing))]
    return [
        fault("not_a_file", "expected a file, or a place where one can be written", file=str(folder / name))
        for name in (*_TABLES, DOCUMENT)
        if (folder / name).is_dir()
    ]


def write_files(folder: Path, image: CrmImage, names: Names) -> list[str]:
    """Write everything; gives the names inside the folder. Raises `OSError` where it cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{DOCUMENT}.{os.getpid()}.part"
    try:
        part.write_text(dump_crm(image), encoding="utf-8", newline="\n")
        tables = write_crm(image, names, folder)
        part.replace(folder / DOCUMENT)
    finally:
        part.unlink(missing_ok=True)
    return [*(path.name for path in tables), DOCUMENT]

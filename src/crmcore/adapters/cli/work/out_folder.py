"""The files of `--out`: the CSV files of the CRM, and its document, each written whole or not at all."""

import os
from collections.abc import Iterable
from pathlib import Path

from crmcore.adapters.bitrix24_csv import Names, write_crm
from crmcore.adapters.cli.work.documents import Fault
from crmcore.adapters.document import dump_crm
from crmcore.domain.model.image import CrmImage

__all__ = ["DOCUMENT", "in_the_way", "write_files"]

DOCUMENT = "crm.json"
_TABLES = ("leads.csv", "deals.csv", "contacts.csv", "companies.csv", "activities.csv", "names.csv")


def in_the_way(out: str, inputs: Iterable[Path]) -> list[Fault]:
    """The reasons not to write into a folder, as far as they show without writing.

    The command never overwrites its input, nor any file that is not from an earlier run.
    """
    if not out:
        return [
            Fault(
                code="not_a_folder",
                message="expected the name of a folder, or `.` for the current one",
                field="--out",
            )
        ]
    folder = Path(out)
    existing = next((path for path in (folder, *folder.parents) if path.exists()), None)
    if existing is not None and not existing.is_dir():
        return [_refused("not_a_folder", "expected a folder, or a path where one can be created", existing)]
    targets = [folder / name for name in (*_TABLES, DOCUMENT)]
    folders = [path for path in targets if path.is_dir()]
    if folders:
        return [_refused("not_a_file", "expected a file, or a path where one can be written", path) for path in folders]
    there = [path for path in targets if path.exists()]
    read = [path for path in inputs if path.exists()]
    own = [path for path in there if any(path.samefile(each) for each in read)]
    if own:
        said = "expected a folder where no input file would be overwritten"
        return [_refused("input_file", said, path) for path in own]
    if there and not _is_of_an_earlier_run(folder):
        said = "expected a folder without this file, which is not from an earlier run; move it, or name another folder"
        return [_refused("file_exists", said, path) for path in there]
    return []


def _refused(code: str, message: str, path: Path) -> Fault:
    return Fault(code=code, message=message, file=str(path), field="--out")


def _is_of_an_earlier_run(folder: Path) -> bool:
    """Whether the folder has our document, or the rest of a run that was killed before it wrote the document."""
    if any(folder.glob(f".{DOCUMENT}.*.part")):
        return True
    try:
        with (folder / DOCUMENT).open("rb") as file:
            return b'"crmcore.crm/' in file.read(200)
    except OSError:
        return False


def write_files(folder: Path, image: CrmImage, names: Names) -> tuple[str, ...]:
    """Write all files and return their names inside the folder; raises `OSError` if a file cannot be written."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{DOCUMENT}.{os.getpid()}.part"
    try:
        part.write_text(dump_crm(image), encoding="utf-8", newline="\n")
        tables = write_crm(image, names, folder)
        part.replace(folder / DOCUMENT)
    finally:
        part.unlink(missing_ok=True)
    return (*(path.name for path in tables), DOCUMENT)

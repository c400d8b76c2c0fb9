"""The files of `--out`: the CSV files of the CRM, and its document, each written whole or not at all."""

import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from stat import S_ISDIR

from crmcore.adapters.bitrix24_csv import Names
from crmcore.adapters.bitrix24_csv.writer import CrmTables
from crmcore.adapters.cli.work.document import Fault
from crmcore.adapters.cli.work.result_rows import ResultRow
from crmcore.adapters.cli.work.sheets import sheet_part
from crmcore.adapters.document.whole import written
from crmcore.adapters.files import identities, kind_of, status_of, write_part
from crmcore.adapters.redaction import redacted
from crmcore.domain.model.image import CrmImage

__all__ = ["DOCUMENT", "in_the_way", "targets_of", "write_files"]

DOCUMENT = "crm.json"
#: How many bytes a name may have, where the system does not tell.
_USUAL_LIMIT = 255
_TABLES = ("leads.csv", "deals.csv", "contacts.csv", "companies.csv", "activities.csv", "names.csv")


def in_the_way(out: str, inputs: Iterable[Path], sheets: Iterable[str] = ()) -> list[Fault]:
    """The reasons not to write into a folder, with these `sheets` of the result, as far as they show without writing.

    The command never overwrites its input, whatever its name there, nor any file that is not from an earlier run.
    """
    if not out:
        return [
            Fault(
                code="not_a_folder", message="expected the name of a folder, or `.` for the current one", field="--out"
            )
        ]
    if redacted(out) != out:
        said = "expected the name of a folder, found the address of a database"
        return [Fault(code="not_a_folder", message=said, field="--out")]
    folder = Path(out)
    for path in (folder, *folder.parents):
        try:
            status = status_of(path)
        except OSError as error:
            said = f"expected a folder, or a path where one can be created: {error.strerror}"
            return [_refused("not_a_folder", said, path)]
        if status is not None:
            if not S_ISDIR(status.st_mode):
                return [_refused("not_a_folder", "expected a folder, or a path where one can be created", path)]
            too_long = _too_long(folder.parts[len(path.parts) :], path)
            if too_long:
                return [_refused("not_a_folder", f"expected a shorter name than one of {too_long} bytes", folder)]
            break
    targets = targets_of(out, sheets)
    others = [path for path in targets if _is_no_file(path)]
    if others:
        return [_refused("not_a_file", "expected a file, or a path where one can be written", path) for path in others]
    there = [path for path in targets if os.path.lexists(path)]
    read = identities(inputs)
    own = [path for path in there if identities([path]) & read]
    if own:
        said = "expected a folder where no input file would be overwritten"
        return [_refused("input_file", said, path) for path in own]
    if there and not _is_of_an_earlier_run(folder):
        said = "expected a folder without this file, which is not from an earlier run; move it, or name another folder"
        return [_refused("file_exists", said, path) for path in there]
    return []


def targets_of(out: str, sheets: Iterable[str] = ()) -> list[Path]:
    """The files that are written into a folder."""
    return [Path(out) / name for name in (*_TABLES, *sheets, DOCUMENT)]


def _too_long(names: Iterable[str], below: Path) -> int | None:
    """How long the first name is that no folder below this one may have."""
    limit = os.pathconf(below, "PC_NAME_MAX") if hasattr(os, "pathconf") else _USUAL_LIMIT
    return next((length for length in map(len, map(os.fsencode, names)) if length > limit), None)


def _is_no_file(path: Path) -> bool:
    """Whether something stands in the place of a file that is none; a link is replaced, wherever it leads."""
    try:
        status = status_of(path)
    except OSError:
        return not path.is_symlink()
    return status is not None and kind_of(status) is not None


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


def write_files(
    folder: Path,
    image: CrmImage,
    names: Names,
    sheets: Iterable[str] = (),
    rows: Callable[[], Iterable[ResultRow]] = tuple,
) -> tuple[str, ...]:
    """Write all files and return their names inside the folder; raises `OSError` if a file cannot be written.

    `sheets` are those of the result, with the `rows` that each has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as undo:
        tables = undo.enter_context(CrmTables(folder))
        # One way through the CRM for the document and the tables, which a store reads page by page.
        parts = {DOCUMENT: write_part(folder / DOCUMENT, lambda file: file.writelines(written(image, tables.add)))}
        undo.callback(parts[DOCUMENT].unlink, missing_ok=True)
        for name in sheets:
            parts[name] = sheet_part(folder / name, rows())
            undo.callback(parts[name].unlink, missing_ok=True)
        paths = tables.end(image, names)
        for name, part in parts.items():
            part.replace(folder / name)
    return (*(path.name for path in paths), *parts)

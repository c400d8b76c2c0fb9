"""What form a file has, told by how it begins, and its rows; whatever the name of the file says."""

import re
from itertools import islice
from pathlib import Path

from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.answers import read_answers
from crmcore.adapters.bitrix24_csv.formats.delimited import read_delimited
from crmcore.adapters.bitrix24_csv.formats.markup import read_markup
from crmcore.adapters.bitrix24_csv.formats.table import Known, Source, Table, bad_file
from crmcore.adapters.bitrix24_csv.formats.text import Text
from crmcore.adapters.bitrix24_csv.formats.workbooks import is_workbook, read_workbook
from crmcore.adapters.files import read_beginning, read_file
from crmcore.domain.model.errors import raise_alone

__all__ = ["read_table"]

#: Files that are no table in any form that is read, by their first bytes, with what to do about it.
_MARKS = (
    (b"%PDF", "a PDF"),
    *(
        (mark, "a compressed file: unpack it")
        for mark in (b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ", b"PK\5\6", b"\x28\xb5\x2f\xfd")
    ),
    *((mark, "a picture") for mark in (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")),
    *((mark, "a picture or a recording") for mark in (b"RIFF", b"ID3\3", b"ID3\4")),
    (b"SQLite format 3\0", "a database"),
    (b"PAR1", "a file of Parquet: save it as CSV"),
    (b"BEGIN:VCARD", "a vCard"),
    (b"{\\rtf", "a text document"),
)
#: The same by their first line, once they are read as text.
_TEXTS = tuple(
    (re.compile(beginning, flags), found)
    for beginning, flags, found in (
        (
            r"/\*|--\s|(insert\s+into|create\s+table|set\s+names|copy\s+\S+\s*\()",
            re.IGNORECASE,
            "SQL: save the rows of a query as CSV",
        ),
        (r"(---|- [\w\"']+:.*)\s*$", re.MULTILINE, "YAML: write it as JSON or as CSV"),
        (r"[+┌╔]?[-─═+|]{3}[-─═+┬╦┐╗|]*$", re.MULTILINE, "a table that is drawn for a terminal: save it as CSV"),
        (r"\*{5,} \d+\. row", 0, "a table that is drawn for a terminal: save it as CSV"),
        (r"Array\s*\(|[aO]:\d+:[{\"]", 0, "what PHP prints or keeps: write it as JSON (json_encode)"),
        (r"[\[{]\s*(?:[{\[]\s*)?'", 0, "what Python prints: write it as JSON (json.dump)"),
        (r"\w+\(\s*[\[{]", 0, "a call of a program: leave the JSON that is in it"),
        (r"event=\w+&", 0, "a notification of an event: fetch the lead (crm.lead.get), and give that answer"),
        (r"\[[A-Za-z][\w. -]*\]\s*$", re.MULTILINE, "settings; a mapping goes beside the file, with --mapping"),
        (r"BEGIN:VCALENDAR", 0, "a calendar"),
        (
            r"(MIME-Version|Return-Path|Received|Delivered-To|From|To|Subject): ",
            0,
            "an e-mail or a web archive: save the file that is in it",
        ),
    )
)
_EXPECTED = "expected CSV, a workbook, HTML or JSON, found "
#: As many bytes as a workbook begins with, and other files that are known by them.
_BEGINNING = 32
#: As many lines as those are known by that were read as text.
_FIRST_LINES = 5


def read_table(path: Path, known: Known, *, encoding: str | None = None, partial: bool = False) -> Table:
    """The rows of a file in whatever form; raises `BadFile` where it has none that is known.

    Rows of CSV are read from the disk whenever somebody asks for them, those of any other form are held.
    """
    file = str(path)
    try:
        begins = read_beginning(path, _BEGINNING)
        if (other := _other_bytes(begins)) is not None:
            raise bad_file(file, None, Fault.WRONG_FORMAT, _EXPECTED + other)
        if is_workbook(begins):
            return read_workbook(Source(file, read_file(path)))
        text = Text(path, encoding)
        lines = islice((line for line in text.lines() if line.strip()), _FIRST_LINES)
        first = "".join(lines).lstrip()
        if (other := _other_text(first)) is not None:
            raise bad_file(file, None, Fault.WRONG_FORMAT, _EXPECTED + other)
        read_whole = {"<": read_markup, "{": read_answers, "[": read_answers}.get(first[:1])
        if read_whole is None:
            return read_delimited(file, text, known)
        return read_whole(Source(file, partial=partial), text.whole(), text.encoding)
    except OSError as error:
        # The reason of the system without the path, which the row names already.
        raise_alone(bad_file(file, None, Fault.UNREADABLE_FILE, error.strerror or "cannot be opened"))


def _other_bytes(content: bytes) -> str | None:
    """What a file is that begins like something else than a table."""
    return next((found for mark, found in _MARKS if content.startswith(mark)), None)


def _other_text(text: str) -> str | None:
    """The same for a file that was read as text."""
    return next((found for beginning, found in _TEXTS if beginning.match(text)), None)

"""Exports of leads and activities, damaged in cells and in bytes, through the readers and the command line."""

import csv
import io
import json
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from random import Random

from crmcore.adapters.bitrix24_csv import BadFile
from crmcore.adapters.cli import main
from crmcore.adapters.cli.commands.switch_file import Switched, Wanted, switch_file
from crmcore.adapters.cli.work.documents import json_row
from crmcore.adapters.cli.work.options import FileOptions, FilesBeside
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.sample import activities_file, leads_file
from tests.hostile.forms import Table, spoilt_member, written
from tests.hostile.ground import Ground
from tests.hostile.trials import CANARY, Trial, judged
from tests.understood import STAGE_WORDS, is_understood

__all__ = ["file_trial"]

#: How many rows of the sample a file has.
ROWS = 7

#: Columns of the sample that are shown: ids, codes, and names that a report has to show.
_SHOWN = {"ID", "Stage", "Source", "Currency", "Quantity", "Price", "Expected amount", "Available to everyone",
          "Responsible person", "Date of birth"}  # fmt: skip
_RUBBISH = (
    "", " ", "NaN", "x", "0", "-1", "1.5", "39.0", "7,9E+10", "99999999999999999999", "9223372036854775807", "[]", "{}",
    '["a"]', "{'VALUE': '+1'}", '="+1"', "=1+1", "\x1b[2J", "\0", "\u202e", "\ufeff", "JUNK", "Lost", "Persо", "NEW",
    "01.02.2026", "31.02.2026", "2026-13-01", "a,b", "a;b", "a\nb", '"', '"";"', "x" * 300, "y" * 70_000, "١٢٣", "null",
)  # fmt: skip
_HEADINGS = ("ID", "STATUS_ID", "Stage", "Fase", "STAGE_ID", "TITLE", "NAME", "Own field", "", " ", "UF_CRM_1",
    "leadStatus",
             "OWNER_ID", "OWNER_TYPE_ID", "ASSIGNED_BY_ID", "PHONE", "EMAIL", "\ufeffID", '"ID"',
             "x" * 200)  # fmt: skip


def file_trial(draw: Random, ground: Ground) -> Trial:
    """One pair of files: refused as a whole, or a report that says what became of every lead."""
    leads, activities = (_some(draw, _planted(path)) for path in (leads_file(), activities_file()))
    in_cells = draw.random() < 0.6
    for _ in range(draw.randrange(1, 5)):
        if in_cells:
            _spoil_cells(draw, leads if draw.random() < 0.7 else activities)
    contents = [written(draw, table) for table in (leads, activities)]
    if not in_cells:
        for _ in range(draw.randrange(1, 4)):
            at = 0 if draw.random() < 0.7 else 1
            contents[at] = _damaged(draw, contents[at])
    paths = [ground.folder / name for name in ("leads.csv", "activities.csv")]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    wanted = Wanted(
        leads=paths[0],
        beside=FilesBeside(activities=paths[1] if draw.random() < 0.5 else None),
        reading=FileOptions(skip_bad_rows=draw.random() < 0.5),
        preview=draw.random() < 0.2,
    )
    if draw.random() < 0.1:
        return _by_command(wanted, paths, contents)
    ended = judged(lambda: switch_file(wanted), (), (BadFile,))
    wrong = [*ended.wrong]
    done: Switched | None = ended.answer
    if done is not None:
        told = json.dumps(json_row(done.report))
        wrong += [f"shows {told[max(0, told.index(CANARY) - 90) :][:160]}"] if CANARY in told else []
        wrong += [f"ends with {done.report.exit_code}"] if done.report.exit_code not in (0, 1, 2, 3) else []
        wrong += _of_image(done, leads if in_cells else None)
    wrong += _changed(paths, contents)
    end = "nothing" if done is None else str(done.report.result)
    return Trial(1, Counter([end]), tuple(wrong))


def _of_image(done: Switched, leads: Table | None) -> list[str]:
    """What is wrong with the CRM that was made: every law holds, and no lead was converted that may be closed."""
    if done.image is None:
        return []
    wrong = [f"afterwards {violation}" for violation in audit_store(InMemoryStore(done.image))]
    if leads is not None and len({*leads[0]}) == len(leads[0]):  # an answer has each name once
        names, *rows = leads
        for row in rows:
            id = row[names.index("ID")].strip() if "ID" in names and len(row) == len(names) else ""
            if id.isascii() and id.isdecimal() and int(id) in done.image.ledger:
                wrong += [
                    f"lead {id} was converted, whose {heading!r} is {cell!r}"
                    for heading, cell in zip(names, row, strict=True)
                    if not is_understood(heading, cell)
                ]
    return wrong


def _by_command(wanted: Wanted, paths: list[Path], contents: list[bytes]) -> Trial:
    """The same by the command line: a documented exit code, and one document."""
    line = [
        "switch",
        str(wanted.leads),
        *(["--activities", str(wanted.beside.activities)] if wanted.beside.activities else []),
    ]
    line += wanted.reading.given()
    out, err = io.StringIO(), io.StringIO()

    def call() -> int:
        with redirect_stdout(out), redirect_stderr(err):
            return main([*line, "--json"])

    ended = judged(call, ())
    wrong = [*ended.wrong]
    if ended.answer not in (0, 1, 2, 3):
        wrong.append(f"exit code {ended.answer}")
    printed = (out.getvalue(), err.getvalue())
    wrong += [f"prints {told[:300]}" for told in printed if CANARY in told or "Traceback" in told]
    wrong += _changed(paths, contents)
    return Trial(1, Counter([f"exit {ended.answer}"]), tuple(wrong))


def _changed(paths: list[Path], contents: list[bytes]) -> list[str]:
    pairs = zip(paths, contents, strict=True)
    return [f"{path.name} was changed" for path, content in pairs if path.read_bytes() != content]


def _some(draw: Random, table: Table) -> Table:
    names, *rows = table
    return [list(row) for row in (names, *draw.sample(rows, min(ROWS, len(rows))))]


@cache
def _planted(path: Path) -> Table:
    """The table of a sample, with a canary in each cell about a person; its digits say that it is no heading."""
    names, *rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""), delimiter=";")
    marked = [
        [
            f"{CANARY}5550199 {cell}" if cell and _is_personal(name, cell) else cell
            for name, cell in zip(names, row, strict=True)
        ]
        for row in rows
    ]
    return [names, *marked]


def _is_personal(name: str, cell: str) -> bool:
    return name not in _SHOWN and (name in _TEXTS or "@" in cell)


_TEXTS = {"Lead name", "First name", "Last name", "Second name", "Address", "City", "Company name", "Position",
    "Comment",
          "Stage information", "Source information", "SUBJECT", "DESCRIPTION", "Street, house number"}  # fmt: skip


def _spoil_cells(draw: Random, table: Table) -> None:
    names, width = table[0], len(table[0])
    at, other = draw.randrange(len(table)), draw.randrange(len(table))
    column, second = draw.randrange(width), draw.randrange(width)
    match draw.choice(
        ("cell", "cell", "heading", "stage", "swap", "swap headings", "rows", "short", "out", "twice", "blank")
    ):
        case "cell":
            if len(table[at]) > column:
                table[at][column] = draw.choice(_RUBBISH)
        case "heading":
            names[column] = draw.choice(_HEADINGS)
        case "stage":
            names[column] = draw.choice(STAGE_WORDS)
        case "swap":
            if len(table[at]) > max(column, second):
                table[at][column], table[at][second] = table[at][second], table[at][column]
        case "swap headings":
            names[column], names[second] = names[second], names[column]
        case "rows":
            table[at], table[other] = table[other], table[at]
        case "short":
            table[at] = table[at][: draw.randrange(width)]
        case "out":
            for row in table:
                del row[column : column + 1]
            if not names:
                names.append("ID")
        case "twice":
            table.insert(draw.randrange(1, len(table) + 1), list(table[at]))
        case _:
            table.insert(draw.randrange(len(table)), [""] * width)
    if not table[0]:
        table[0].append("ID")


def _damaged(draw: Random, content: bytes) -> bytes:
    """A file damaged as it lies on a disk, or a workbook damaged inside."""
    if content.startswith(b"PK") and draw.random() < 0.8:
        try:
            return spoilt_member(draw, content, _spoilt)
        except Exception:  # it was damaged before; zipfile does not say what it raises
            pass
    return _spoilt(draw, content)


def _spoilt(draw: Random, content: bytes) -> bytes:
    """Bytes flipped, cut, doubled, put in, or read as another encoding."""
    if not content:
        return b"\xef\xbb\xbf"
    at = draw.randrange(len(content))
    to = min(len(content), at + draw.choice((1, 1, 2, 10, 100, 3000)))
    # What decides most stands at the beginning.
    if draw.random() < 0.3:
        at, to = at % 400, max(at % 400 + 1, to % 400)
    match draw.choice(("flip", "cut", "double", "put in", "end", "move", "mark", "byte")):
        case "flip":
            return content[:at] + bytes([content[at] ^ (1 << draw.randrange(8))]) + content[at + 1 :]
        case "cut":
            return content[:at] + content[to:]
        case "double":
            return content[:to] + content[at:to] + content[to:]
        case "put in":
            return content[:at] + draw.choice(_BYTES) + content[at:]
        case "end":
            return content[:at]
        case "move":
            return content[to:] + content[at:to] + content[:at]
        case "mark":
            return (
                draw.choice(
                    (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf", b"sep=,\r\n", b"\0")
                )
                + content
            )
        case _:
            return content[:at] + bytes([draw.randrange(256)]) + content[at + 1 :]


_BYTES = (
    b'"', b'""', b";", b",", b"\t", b"\n", b"\r", b"\r\n", b"\0", b"\x1b[2J", b"\xff", b"\xc3", b"\xed\xa0\x80", b"'",
    b"\\", b"\xe2\x80\xae", b"=cmd", b"[", b"{", b"\x1a", b"9" * 400, b"x" * 200_000,
)  # fmt: skip

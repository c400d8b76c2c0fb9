"""Command lines of words that somebody might type, in a folder with files of every kind.

The commands and their options are read from the application itself; what is typed behind them is drawn.
"""

import contextlib
import csv
import io
import json
import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal, get_args, get_origin
from unittest import mock

from crmcore import UserId
from crmcore.adapters.cli import main
from crmcore.adapters.cli.app import _app
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.document import EXIT_CODES
from crmcore.adapters.document import dump_crm
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import create_portal
from crmcore.sample import activities_file, leads_file
from tests.hostile.ground import Ground
from tests.hostile.planted import PLANTED, planted
from tests.hostile.trials import CANARY, Trial, judged

__all__ = ["LINES", "line_trial"]

#: How many lines one folder gets.
LINES = 5

#: A secret of an address, which no line may print.
SECRET = "zqs3cret"
_CODES = {*EXIT_CODES.values(), 130}

Option = tuple[tuple[str, ...], Any]

_PATHS = (
    "leads.csv", "activities.csv", "crm.json", "crm.db", "./leads.csv", "folder/../leads.csv", "link.csv", "hard.csv",
    "folder",
    "pipe", "nowhere", "circle", "missing.csv", "new/missing.csv", "empty.csv", "torn.json", "x" * 300, "/dev/zero",
    "/dev/null",
    "/proc/self/mem", ".", "..", "/", "", " ", "-", "a\nb.csv", "\x1b[2J.csv", "\udcff.csv", "é.csv",
    "file:leads.csv", "~",
)  # fmt: skip
_STORES = (
    "crm.db", "crm.db", "crm.db", "sqlite:///crm.db", "sqlite:///leads.csv", "leads.csv", "crm.json", "new.db",
    "folder", "pipe",
    "sqlite://", "sqlite:///:memory:", ":memory:", f"postgresql://me:{SECRET}@127.0.0.1:1/crm",
    f"postgres://me:{SECRET}@h/x",
    f"host=127.0.0.1 password={SECRET}", f"postgresql://127.0.0.1:1/crm?password={SECRET}", "mysql://x/y",
    "sqlite:///crm.db?mode=ro",
    f"me:{SECRET}@127.0.0.1/crm", "link.db", "torn.db", "", "/dev/zero", "sqlite:////dev/zero", "x" * 300 + ".db",
)  # fmt: skip
_TEXTS = (
    "main",
    "other",
    "k",
    "again",
    "",
    " ",
    "two words",
    "a\0b"[:1],
    "\x1b[2J",
    "\u202e",
    "x" * 200,
    "\udcff",
    "é",
    "--",
    "-1",
)
_NUMBERS = (
    "1",
    "2",
    "3",
    "0",
    "-1",
    "99",
    "1000",
    "9223372036854775807",
    "9223372036854775808",
    "1" * 40,
    "1.5",
    "x",
    "",
    "１",
    "1e3",
    "+1",
)
_ANYTHING = (
    "",
    "--json",
    "--store",
    "--nonsense",
    "--out=.",
    "-h",
    "--help",
    "--version",
    "x",
    "--",
    "--store=crm.db",
    "\x1b]0;x\x07",
)
_ENVIRONMENT = {
    "COLUMNS": ("1", "20", "100000", "x", ""), "LANG": ("C", "de_DE.UTF-8", "x"), "NO_COLOR": ("1", ""),
    "TERM": ("dumb", "", "xterm"),
    "FORCE_COLOR": ("1",), "PYTHONIOENCODING": ("ascii",), "HOME": ("/nowhere",), "TMPDIR": ("/nowhere",),
    "PGPASSWORD": (SECRET,),
    "PGSERVICEFILE": ("leads.csv",), "PGCONNECT_TIMEOUT": ("1",), "CRMCORE_STORE": ("crm.db",),
}  # fmt: skip


def line_trial(draw: Random, ground: Ground) -> Trial:
    """A folder and its lines: a documented exit code, a document where one was asked for, and no input written over."""
    here = ground.folder / "here"
    shutil.rmtree(here, ignore_errors=True)
    shutil.copytree(_template(ground.folder), here, symlinks=True, ignore=lambda *_: ["pipe"])
    os.mkfifo(here / "pipe")
    (here / "hard.csv").hardlink_to(here / "leads.csv")
    ends, wrong = Counter[str](), []
    for _ in range(LINES):
        words = _line(draw)
        named = {name: draw.choice(values) for name, values in _ENVIRONMENT.items() if draw.random() < 0.1}
        end, found = _run(words, named, here)
        ends[end] += 1
        wrong += [f"{each}\n    the line {words} with {named}" for each in found]
    return Trial(LINES, ends, tuple(wrong))


def _run(words: list[str], named: dict[str, str], here: Path) -> tuple[str, list[str]]:
    before = {name: content for name in {*words} if (content := _content(here, name)) is not None}
    out, err = io.StringIO(), io.StringIO()

    def call() -> int:
        with (
            contextlib.chdir(here),
            mock.patch.dict(os.environ, named),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            return main(words)

    ended = judged(call, (CANARY, SECRET), (SystemExit,))
    wrong = [*ended.wrong]
    if ended.answer not in _CODES:
        wrong.append(f"exit code {ended.answer}")
    for told in (out.getvalue(), err.getvalue()):
        plain = "".join(told.split())
        wrong += [
            f"prints {each!r}: {told[:300]}"
            for each in (*([] if _names_people(words) else [CANARY]), SECRET, "Traceback(most", "\x1b[2J", "\x1b]0")
            if each in plain
        ]
    if "--json" in words and out.getvalue() and ended.answer != 130 and not {"-h", "--help", "--version"} & {*words}:
        try:
            json.loads(out.getvalue())
        except ValueError:
            wrong.append(f"prints no document: {out.getvalue()[:200]}")
    wrong += [f"{name!r} was written over" for name, content in before.items() if _content(here, name) != content]
    wrong += ["the database was damaged"] if not _is_sound(here / "crm.db") else []
    return f"exit {ended.answer}", wrong


def _names_people(words: list[str]) -> bool:
    """Whether titles and names are what is asked for (CLI-6.9)."""
    return "result" in words and "--json" in words


def _content(here: Path, name: str) -> bytes | None:
    """What a named file holds, unless it is the database, which is there to be written."""
    try:
        path = here / name
        if path.is_file() and path.suffix in (".csv", ".json") and not name.startswith("/"):
            return path.read_bytes()
    except (OSError, ValueError):
        pass
    return None


def _is_sound(path: Path) -> bool:
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return bool(database.execute("PRAGMA quick_check").fetchone() == ("ok",))


def _line(draw: Random) -> list[str]:
    path, options = draw.choice(_commands())
    words = [*path]
    for names, kind in options:
        name = draw.choice(names)
        is_option = name.startswith("-")
        needed = name in ("--store", "--out") or not is_option
        if draw.random() > (0.92 if needed else 0.15):
            continue
        value = _value(draw, name, kind)
        if value is None:
            words.append(name)
        elif is_option:
            words += [f"{name}={value}"] if draw.random() < 0.2 else [name, value]
        else:
            words.insert(len(path), value)
    if draw.random() < 0.08:
        words.insert(draw.randrange(len(words) + 1), draw.choice(_ANYTHING))
    if draw.random() < 0.05:
        del words[draw.randrange(len(words))]
    if path == ("vectors",):
        words += ["--family", "policy"]  # all of them take ten seconds of the processor
    # A process of its own for each worker takes seconds.
    return (
        words if "--workers" not in words or draw.random() < 0.02 else [each for each in words if each != "--workers"]
    )


def _value(draw: Random, name: str, kind: Any) -> str | None:
    kinds = (
        [each for each in get_args(kind) if each is not type(None)]
        if get_origin(kind) not in (None, Literal, tuple)
        else [kind]
    )
    wanted = kinds[0]
    if draw.random() < 0.05:
        return draw.choice((*_TEXTS, *_NUMBERS, *_PATHS))
    if wanted is bool:
        return None
    if name == "--store":
        return draw.choice(_STORES if draw.random() < 0.4 else _STORES[:4])
    if name == "--workers":
        return draw.choice(("2", "0", "-1", "1000000", "9223372036854775807", "x"))
    if wanted is Path or name == "--out":
        return draw.choice(_PATHS if draw.random() < 0.3 else _PATHS[:4])
    if wanted is int:
        return draw.choice(_NUMBERS if draw.random() < 0.3 else _NUMBERS[:3])
    if get_origin(wanted) is Literal:
        return str(draw.choice((*get_args(wanted) * 3, "x")))
    return draw.choice(("administrator", "manager", *_TEXTS))


@cache
def _commands() -> list[tuple[tuple[str, ...], list[Option]]]:
    """Every command with its arguments and options: their names and types."""
    # `serve` ends by Ctrl-C alone, and a walk by its own size: after minutes.
    endless = (("serve",), ("spec", "explore"))
    return sorted(each for each in _walked(_app(InMemoryStore.classic, Terminal())) if each[0] not in endless)


def _walked(app: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[Option]]]:
    for name in app:
        if name.startswith("-"):
            continue
        command = app[name]
        if any(not each.startswith("-") for each in command):
            yield from _walked(command, (*path, name))
        else:
            yield (
                (*path, name),
                [(each.names, each.hint) for each in command.assemble_argument_collection() if each.names != ("*",)],
            )


@cache
def _template(folder: Path) -> Path:
    """A folder with a CRM in a file, in a document and in exports, and with what is no file."""
    made = folder / "template"
    (made / "folder").mkdir(parents=True)
    for source, name in ((leads_file(), "leads.csv"), (activities_file(), "activities.csv")):
        names, *rows = csv.reader(io.StringIO(source.read_text(encoding="utf-8-sig"), newline=""), delimiter=";")
        text = io.StringIO(newline="")
        marked = [
            [
                f"{CANARY}5550199 {cell}" if cell and heading in _TITLES else cell
                for heading, cell in zip(names, row, strict=True)
            ]
            for row in rows
        ]
        csv.writer(text, delimiter=";").writerows([names, *marked])
        (made / name).write_text(text.getvalue(), encoding="utf-8")
    (made / "link.csv").symlink_to("leads.csv")
    (made / "link.db").symlink_to("crm.db")
    (made / "nowhere").symlink_to("missing")
    (made / "circle").symlink_to("circle")
    (made / "empty.csv").touch()
    image = planted(PLANTED[0])
    (made / "crm.json").write_text(dump_crm(image), encoding="utf-8")
    (made / "torn.json").write_text(dump_crm(image)[:5000], encoding="utf-8")
    (made / "é.csv").write_bytes((made / "leads.csv").read_bytes())
    create_portal(f"sqlite:///{made}/crm.db", image=image, roles={UserId(1): [ADMINISTRATOR]}).close()
    (made / "torn.db").write_bytes((made / "crm.db").read_bytes()[:30_000])
    return made


_TITLES = ("Lead name", "Last name", "First name", "Comment", "SUBJECT", "DESCRIPTION", "Company name")

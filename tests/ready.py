"""SQLite files with a CRM: made once in a process and copied, since to make one takes as long as many commands."""

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache, partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from crmcore.adapters.cli import main
from crmcore.sample import activities_file, leads_file

__all__ = ["CLASSIC", "SAMPLE", "lay", "lay_made"]

Line = tuple[str, ...]

#: A line that makes a Classic CRM, and one that fills it with the leads of the sample.
CLASSIC = ("init", "--mode", "classic")
SAMPLE = ("import", str(leads_file()), "--activities", str(activities_file()))


def lay(path: Path, *lines: Line) -> None:
    """Put a file there as these command lines leave it, each without its store; they name no relative path."""
    path.write_bytes(_carried_out(lines))


def lay_made(path: Path, make: Callable[[str], object]) -> None:
    """Put a file there as a function makes it, which is told its address and closes what it opens."""
    path.write_bytes(_made(make))


@cache
def _carried_out(lines: tuple[Line, ...]) -> bytes:
    return _bytes(partial(_carry_out, lines))


@cache
def _made(make: Callable[[str], object]) -> bytes:
    return _bytes(make)


def _bytes(make: Callable[[str], object]) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "crm.db"
        make(f"sqlite:///{path}")
        return path.read_bytes()


def _carry_out(lines: tuple[Line, ...], store: str) -> None:
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        for words in lines:
            assert main((*words, "--store", store)) == 0, said.getvalue()

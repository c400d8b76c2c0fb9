"""SQLite files with a CRM: made once in a process and copied, since to make one takes as long as many commands on it."""

from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from crmcore.adapters.cli import main
from crmcore.sample import activities_file, leads_file

__all__ = ["CLASSIC", "SAMPLE", "lay"]

Line = tuple[str, ...]

#: A line that makes a Classic CRM, and one that fills it with the leads of the sample.
CLASSIC = ("init", "--mode", "classic")
SAMPLE = ("import", str(leads_file()), "--activities", str(activities_file()))


def lay(path: Path, *lines: Line) -> None:
    """Put a file there as these command lines leave it, each without its store; they name no relative path."""
    path.write_bytes(_left_by(lines))


@cache
def _left_by(lines: tuple[Line, ...]) -> bytes:
    said = StringIO()
    with TemporaryDirectory() as folder, redirect_stdout(said), redirect_stderr(said):
        path = Path(folder) / "crm.db"
        for words in lines:
            assert main((*words, "--store", str(path))) == 0, said.getvalue()
        return path.read_bytes()

"""How a command ends: its document for a program, and what is said where standard output fails."""

import io
import json
import sys
from errno import ENOSPC, EPIPE

import pytest

from crmcore.adapters.cli import main
from crmcore.adapters.cli.terminal.streams import outlets


class FailingStream(io.StringIO):
    """A stream that cannot be written: a full disk, or a pipe that nobody reads any more."""

    def __init__(self, code: int) -> None:
        super().__init__()
        self._code = code

    def write(self, text: str, /) -> int:
        """Fail as the system does."""
        raise OSError(self._code, "no more")  # of EPIPE, Python makes a `BrokenPipeError`


@pytest.mark.rule("CLI-3.2", "CLI-3.3")
def test_the_document_has_what_others_wrote_as_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    """Pure ASCII, from which a program gets the name itself."""
    assert main(["no-\x1b[31m\u00e9", "--json"]) == 2
    text = capsys.readouterr().out
    assert text.isascii()
    assert "\\u001b[31m\\u00e9" in text
    assert "\x1b[31m\u00e9" in json.loads(text)["errors"][0]["message"]


@pytest.mark.rule("CLI-5.1", "CLI-5.3")
@pytest.mark.parametrize("code, said", [(ENOSPC, "standard output could not be written"), (EPIPE, "")])
def test_a_reader_that_stops_is_not_told_about_and_a_full_disk_is(
    code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On standard error, in one line; the work goes on either way."""
    err = io.StringIO()
    monkeypatch.setattr(sys, "stdout", FailingStream(code))
    monkeypatch.setattr(sys, "stderr", err)
    with outlets():
        sys.stdout.write("a table")
    assert err.getvalue().startswith(said)
    assert err.getvalue().count("\n") == bool(said)

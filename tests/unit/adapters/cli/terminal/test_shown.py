"""How a command ends: its document for a program, and what is said where standard output fails."""

import io
import json
import sys
from collections.abc import Iterator
from errno import ENOSPC, EPIPE
from importlib import import_module
from typing import get_type_hints

import pytest

from crmcore.adapters.cli import main
from crmcore.adapters.cli.terminal.shown import _SHOWN
from crmcore.adapters.cli.terminal.streams import outlets
from crmcore.adapters.cli.work.document import Document
from crmcore.adapters.cli.work.documents import OfFiles


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


def _documents(of: type[Document]) -> Iterator[type[Document]]:
    for each in of.__subclasses__():
        yield each
        yield from _documents(each)


def test_a_document_that_is_shown_in_its_own_way_is_named_as_it_is_called() -> None:
    """Each name is one of a document and each function is there and takes it; another name would be shown plainly."""
    documents = {each.__name__: each for each in _documents(Document)}
    for name, (module, function) in _SHOWN.items():
        taken = get_type_hints(getattr(import_module(f"crmcore.adapters.cli.terminal.{module}"), function))["report"]
        assert issubclass(documents[name], taken)


def test_every_way_to_show_a_document_is_used() -> None:
    """A function that shows one kind of documents and that nothing leads to would be written in vain."""
    own = {
        (module, name)
        for module in ("inspections", "results", "stories", "tables")
        for name, function in vars(import_module(f"crmcore.adapters.cli.terminal.{module}")).items()
        if name.startswith("show_") and function.__module__.endswith(module)
        if get_type_hints(function).get("report", Document) in set(_documents(Document)) - {OfFiles}
    }
    assert own == {(module, function) for module, function in _SHOWN.values()}

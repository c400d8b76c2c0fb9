"""The streams of the command line: what can go wrong with one, and that nobody closes it."""

import gc
import sys
import weakref
from io import StringIO, TextIOWrapper, UnsupportedOperation
from pathlib import Path

import pytest

from crmcore.adapters.cli.terminal.streams import Outlet, outlets


def test_an_outlet_hands_on_what_is_written() -> None:
    """In its order, whichever way it is written."""
    stream = StringIO()
    outlet = Outlet(stream)
    assert outlet.write("one ") == 4
    outlet.writelines(["two ", "three"])
    print("!", file=outlet)
    outlet.flush()
    assert stream.getvalue() == "one two three!\n"
    assert (outlet.lost, outlet.closed, outlet.writable(), outlet.isatty()) == (None, False, True, False)


def test_an_outlet_that_goes_leaves_its_stream_open() -> None:
    """Whoever opened the stream closes it; and one that is closed already is no matter when the outlet goes."""
    stream = StringIO()
    outlet = Outlet(stream)
    gone = weakref.ref(outlet)
    del outlet
    gc.collect()
    assert gone() is None
    assert not stream.closed
    outlet = Outlet(stream)
    stream.close()
    assert not hasattr(outlet, "__del__")
    del outlet
    gc.collect()


@pytest.mark.rule("CLI-5.2")
def test_a_stream_that_was_closed_meanwhile_is_lost() -> None:
    """Nothing raises, and it is known why nothing was written."""
    stream = StringIO()
    outlet = Outlet(stream)
    stream.close()
    assert (outlet.closed, outlet.isatty()) == (True, False)
    outlet.flush()
    assert outlet.write("text") == 4
    assert outlet.lost is not None
    assert outlet.lost.strerror == "it is closed"
    outlet.write("more")


def test_a_stream_that_was_never_open_is_lost_at_the_first_letter() -> None:
    """As where a shell closes it."""
    outlet = Outlet(None)
    assert (outlet.encoding, outlet.errors, outlet.closed, outlet.isatty()) == ("utf-8", None, True, False)
    with pytest.raises(UnsupportedOperation):
        outlet.fileno()
    outlet.flush()
    assert outlet.lost is None
    outlet.write("text")
    assert outlet.lost is not None


def test_a_stream_that_lacks_a_letter_shows_another(tmp_path: Path) -> None:
    """A terminal without Unicode is no obstacle."""
    with (tmp_path / "out").open("wb") as file, TextIOWrapper(file, encoding="ascii") as stream:
        outlet = Outlet(stream)
        outlet.write("ä")
        outlet.flush()
        assert (outlet.encoding, outlet.errors) == ("ascii", "replace")
        assert (tmp_path / "out").read_bytes() == b"?"


def test_both_streams_are_outlets_for_as_long_as_the_command() -> None:
    """And those of before afterwards."""
    before = sys.stdout, sys.stderr
    with outlets():
        assert type(sys.stdout) is type(sys.stderr) is Outlet
    assert (sys.stdout, sys.stderr) == before

"""The progress bar of the command line: for people who wait, and for nobody else."""

from io import StringIO

import pytest
from rich.console import Console

from crmcore.adapters.cli.terminal.progress import PATIENCE, Bar


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


def _shown(*, terminal: bool, seconds: float) -> str:
    said, hand = StringIO(), Hand()
    with Bar(Console(file=said, force_terminal=terminal, width=80), clock=hand) as bar:
        bar.show("Reading", 0, None)
        hand.time = seconds
        bar.show("Converting", 500, 7531)
    return said.getvalue()


def test_a_bar_shows_work_that_takes_its_time() -> None:
    """What is done, how much of it and how much there is."""
    shown = _shown(terminal=True, seconds=PATIENCE + 0.1)
    assert "Converting" in shown
    assert "500 of 7,531" in shown


@pytest.mark.rule("CLI-4.1", "CLI-4.2")
@pytest.mark.parametrize("terminal, seconds", [(True, PATIENCE - 0.1), (False, PATIENCE + 0.1)])
def test_no_bar_is_shown_for_short_work_or_to_a_file(terminal: bool, seconds: float) -> None:
    """Short work needs none, and a file is no reader."""
    assert _shown(terminal=terminal, seconds=seconds) == ""

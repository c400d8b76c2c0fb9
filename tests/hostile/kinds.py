"""The four kinds of trials, and how many there are of each in a small run and in a large one."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.hostile.calls import session
from tests.hostile.documents import document_trial
from tests.hostile.files import file_trial
from tests.hostile.ground import Ground
from tests.hostile.lines import line_trial
from tests.hostile.trials import DEEP, Trial

__all__ = ["KINDS", "Kind"]


class Kind(NamedTuple):
    """A kind of trial."""

    trial: Callable[[Random, Ground], Trial]
    few: int
    many: int
    #: What a trial tries, for the figures.
    what: str

    @property
    def trials(self) -> int:
        """How many of them `make test` runs, or `make deep`."""
        return self.many if DEEP else self.few


KINDS = {
    "calls": Kind(session, 20, 2_000, "calls on `Crm`, 50 on each CRM, half of the CRMs in memory and half on SQLite"),
    "files": Kind(file_trial, 300, 30_000, "damaged exports"),
    "documents": Kind(document_trial, 150, 15_000, "damaged documents"),
    "lines": Kind(line_trial, 10, 1_000, "command lines, 5 in each folder"),
}

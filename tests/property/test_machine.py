"""All commands in all states, by several actors, with stale decisions and every fault: the laws always hold."""

from typing import ClassVar

import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.image import CrmImage
from crmcore.domain.rules.mode import CrmState
from crmcore.testing.machine import StoreMachine
from crmcore.testing.wrapped import FoldInterrupter
from tests.property.effort import examples

#: What a run of the machine has to meet, or it proves little.
DEEP = {
    *CrmState,
    "answer lost",
    "cancelled",
    "commit failed",
    "cut inside a commit",
    "died",
    "held decision committed",
    "looked around",
    "record fault",
    "refused",
    "second switch",
    "set aside",
    "stale decision",
    "two at once",
}


class AnyOrderOfCommands(StoreMachine):
    """The machine over the in-memory store, which is interrupted in the middle of its own writes too."""

    conflicts_exactly = True
    met: ClassVar[set[str]] = set()

    def make_store(self, seed: CrmImage) -> InMemoryStore:
        store = InMemoryStore(seed)
        self.interrupter = FoldInterrupter(store)
        return store

    def dies_inside(self, at: int | None) -> None:
        self.interrupter.at = at

    def was_cut(self, committed: bool) -> None:
        assert committed  # the commit was made by one assignment, and the next call brings it to its end


@pytest.mark.rule("MODE-6", "SWITCH-1", "SWITCH-3", "SWITCH-5", "SWITCH-6", "SWITCH-7", "SWITCH-9", "SWITCH-13")
def test_any_order_of_commands_and_faults_keeps_the_laws() -> None:
    """The machine with the examples of the profile."""
    run_state_machine_as_test(AnyOrderOfCommands, settings=settings(examples(0.12), stateful_step_count=30))


@pytest.mark.rule("MODE-6")
def test_the_machine_reaches_every_state_and_every_fault() -> None:
    """A machine that never leaves the easy states would prove nothing; these runs are the same every time."""

    class Counted(AnyOrderOfCommands):
        met: ClassVar[set[str]] = set()

    few = settings(examples(0), max_examples=15, stateful_step_count=40, database=None, phases=[Phase.generate])
    for number in range(22, 42):  # what the first of them meet is rare
        run_state_machine_as_test(seed(number)(Counted), settings=few)
        if Counted.met >= DEEP:
            break
    assert DEEP - Counted.met == set()

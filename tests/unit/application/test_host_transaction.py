"""A store inside a host's transaction: what is told when, what is not repeated, and what is refused there."""

from collections.abc import Callable

import pytest

from crmcore import (
    Conflict,
    Crm,
    CrmMode,
    Epoch,
    ImportRecords,
    InHostTransaction,
    Kind,
    Lead,
    LeadId,
    Ref,
    StageSemantics,
    SwitchToken,
)
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.workers import Task, convert_part, run_switch_on
from crmcore.ports import Changes, Joined, LeadAdded, LeadClosed, RecordsImported, new_crm
from crmcore.testing import ADMIN, STRANGER, EventRecorder, accepted
from tests.building import Scene

TOKEN = SwitchToken("k", Epoch(2))
STALE = (Ref(Kind.LEAD, 1),)


class InATransaction(InMemoryStore):
    """A store whose host commits when the test says so; commits may be in conflict."""

    def __init__(self) -> None:
        super().__init__(new_crm(CrmMode.CLASSIC))
        self.acts: list[Callable[[], object]] = []
        self.conflicts = 0
        self.asked = 0

    def when_committed(self, act: Callable[[], object]) -> None:
        self.acts.append(act)

    def commit(self, changes: Changes, confirm: Callable[[], bool] | None = None) -> None:
        self.asked += 1
        if self.conflicts:
            self.conflicts -= 1
            raise Conflict(STALE)
        super().commit(changes, confirm)


@pytest.fixture
def store() -> InATransaction:
    """A new CRM, of which the host has committed nothing."""
    store = InATransaction()
    assert isinstance(store, Joined)
    return store


@pytest.fixture
def told() -> EventRecorder:
    """What the observer is told."""
    return EventRecorder()


@pytest.fixture
def crm(store: InATransaction, told: EventRecorder) -> Crm:
    """The CRM in the transaction."""
    scene = Scene(store)
    return Crm(store=store, permissions=scene.roles, plan=scene.plan, clock=scene.clock, observer=told)


def _parts() -> tuple[ImportRecords, ...]:
    lead = Lead(id=LeadId(7), responsible=ADMIN, stage="NEW", semantics=StageSemantics.IN_PROCESS)  # type: ignore[arg-type]  # a plain text
    return (ImportRecords(leads=(lead,)),)


@pytest.mark.rule("JOIN-1.4")
def test_the_observer_is_told_after_the_hosts_commit(store: InATransaction, told: EventRecorder, crm: Crm) -> None:
    """In the order of the commands; of a refusal, and of an import of nothing, there is nothing to tell."""
    lead = accepted(crm.add_lead(ADMIN))
    accepted(crm.close_lead(ADMIN, lead))
    crm.close_lead(STRANGER, lead)
    accepted(crm.import_in_parts(ADMIN, "k", _parts()))
    accepted(crm.import_in_parts(ADMIN, "k", ()))
    assert (list(told), len(store.acts)) == ([], 3)
    for act in store.acts:
        act()
    assert list(told) == [LeadAdded(lead), LeadClosed(lead), RecordsImported(1, 0, 0, 0, 0)]


@pytest.mark.parametrize("heard", [True, False])
def test_without_a_host_the_observer_is_told_at_once(heard: bool) -> None:
    """If there is one: what was committed, and nothing of a refusal."""
    scene, told = Scene(InMemoryStore.classic()), EventRecorder()
    observer = told if heard else None
    crm = Crm(store=scene.store, permissions=scene.roles, plan=scene.plan, clock=scene.clock, observer=observer)
    lead = accepted(crm.add_lead(ADMIN))
    crm.close_lead(STRANGER, lead)
    accepted(crm.import_in_parts(ADMIN, "k", _parts()))
    assert list(told) == ([LeadAdded(lead), RecordsImported(1, 0, 0, 0, 0)] if heard else [])


@pytest.mark.rule("JOIN-2.1", "JOIN-2.2")
@pytest.mark.parametrize(
    "call", [lambda crm: crm.add_lead(ADMIN), lambda crm: crm.import_in_parts(ADMIN, "k", _parts())]
)
def test_a_conflict_reaches_the_caller_and_nothing_is_repeated(
    store: InATransaction, crm: Crm, call: Callable[[Crm], object]
) -> None:
    """Who calls again is answered."""
    store.conflicts = 1
    with pytest.raises(Conflict) as caught:
        call(crm)
    assert (caught.value.args, store.asked) == ((STALE,), 1)
    assert accepted(call(crm))
    assert store.asked == 2


@pytest.mark.rule("JOIN-2.4")
@pytest.mark.parametrize(
    "name, call",
    [
        ("switch_to_simple", lambda crm: crm.switch_to_simple(ADMIN, key="k", on_progress=5)),
        ("run_switch", lambda crm: crm.run_switch(TOKEN, on_progress=5)),
        ("run_switch_on", lambda crm: run_switch_on(None, lambda: crm, TOKEN, workers=1)),  # type: ignore[arg-type]  # never asked
        ("convert_part", lambda crm: convert_part(lambda: crm, Task(TOKEN, 1, (0, 1), 1))),
    ],
)
def test_what_commits_many_times_is_refused_by_its_name(
    store: InATransaction, crm: Crm, name: str, call: Callable[[Crm], object]
) -> None:
    """Before anything is begun."""
    with pytest.raises(InHostTransaction) as caught:
        call(crm)
    assert (caught.value.args, store.asked) == ((name,), 0)

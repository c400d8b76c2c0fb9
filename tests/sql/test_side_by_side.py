"""Writers side by side: what must not happen when two commits that overlap run at the same time.

Each test holds one commit open at its serial point, where it asks for the last time, and lets another one run into it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from crmcore import Conflict, Kind, LeadId, ModeSwitchPolicy, Ref
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import AddActivity, AddLead, BeginSwitch, ConvertLead, TakeInquiry
from crmcore.testing.contracts.scene import ADMIN, Scene, accepted, decided
from tests.sql.conftest import Database
from tests.sql.servers import new_postgres_store, new_sqlite_store

MAIL = (ContactPoint(kind=PointKind.EMAIL, value="one@example.com"),)
CLOSING = ModeSwitchPolicy(keep_activities=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    seed = new_crm(CrmMode.CLASSIC)
    if request.param == "sqlite":
        store = new_sqlite_store(tmp_path / "crm.db", seed)
    else:
        place: Database = request.getfixturevalue("postgres")
        store = new_postgres_store(place.url, str(place.schema), seed)
    yield Scene(store)
    store.close()


class Held:
    """A commit that stands at its serial point, in a thread of its own, until it is let go."""

    def __init__(self, store: Any, changes: Changes) -> None:
        self.error: BaseException | None = None
        self._here, self._go = Event(), Event()
        self._thread = Thread(target=self._commit, args=(store, changes))
        self._thread.start()
        assert self._here.wait(20)

    def _commit(self, store: SqlStore, changes: Changes) -> None:
        def confirm() -> bool:
            self._here.set()
            return self._go.wait(20)

        try:
            store.commit(changes, confirm)
        except BaseException as error:
            self.error = error
            self._here.set()

    def let_go(self) -> BaseException | None:
        self._go.set()
        self._thread.join()
        return self.error


def both(scene: Scene, first: Changes, second: Changes) -> list[BaseException | None]:
    """What becomes of two commits of which the second comes while the first stands at its serial point."""
    held = Held(scene.store, first)
    errors: list[BaseException | None] = []

    def late() -> None:
        try:
            scene.store.commit(second)
            errors.append(None)
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=late)
    thread.start()
    # Whether the second waits or is through already is the database's business; both are right.
    thread.join(0.3)
    before = held.let_go()
    thread.join()
    return [before, *errors]


def stale(error: BaseException | None) -> set[Kind]:
    assert isinstance(error, Conflict), error
    return {ref.kind for ref in error.stale}


@pytest.mark.rule("SWITCH-1", "SWITCH-7")
def test_two_conversions_of_one_lead_make_one_deal(scene: Scene) -> None:
    """The second waits for the first and finds the lead moved on."""
    lead_id = scene.add()
    first, second = (decided(scene, ConvertLead(lead_id=lead_id)) for _ in range(2))
    one, two = both(scene, first, second)

    assert one is None
    assert Kind.LEAD in stale(two)
    assert len(scene.image().deals) == 1


@pytest.mark.rule("CONV-6", "POLICY-4")
def test_two_leads_that_share_an_activity_are_not_converted_past_each_other(scene: Scene) -> None:
    """Who converts one of them moves the other, so the second conversion is decided again."""
    ids = [scene.add(), scene.add()]
    scene.add_activity(*(Ref(Kind.LEAD, id) for id in ids))
    first, second = (decided(scene, ConvertLead(lead_id=id, policy=CLOSING)) for id in ids)
    one, two = both(scene, first, second)

    assert one is None
    assert Kind.LEAD in stale(two)
    for id in ids:
        scene.convert(id, CLOSING)
    assert scene.broken_laws() == []


@pytest.mark.rule("CONV-7", "INTAKE-3")
@pytest.mark.parametrize("by", ["inquiries", "leads"])
def test_two_who_looked_for_one_address_and_found_nobody_make_one_client(scene: Scene, by: str) -> None:
    """The key that nobody had is claimed by the first; the second finds the client and makes none."""
    accepted(scene.crm.change_settings(ADMIN, match=MatchSetting.EMAIL))
    accepted(scene.crm.switch_to_simple(ADMIN, key="k"))
    makers: dict[str, Callable[[], Any]] = {
        "inquiries": lambda: TakeInquiry(channel="call", fields={"contact_points": MAIL}),
        "leads": lambda: AddLead(fields={"contact_points": MAIL}),
    }
    first, second = (decided(scene, makers[by]()) for _ in range(2))
    one, two = both(scene, first, second)

    assert one is None
    assert Kind.MATCH_KEY in stale(two)
    assert len(scene.image().contacts) == 1


@pytest.mark.rule("CONV-6", "CONV-9")
def test_an_activity_does_not_come_to_a_lead_while_it_is_converted(scene: Scene) -> None:
    """Either the conversion knows the activity, or the activity is decided again and refused."""
    lead_id: LeadId = scene.add()
    bound = frozenset({Ref(Kind.LEAD, lead_id)})
    first = decided(scene, ConvertLead(lead_id=lead_id))
    second = decided(scene, AddActivity(fields={}, bound_to=bound))
    one, two = both(scene, first, second)

    assert one is None
    assert Kind.LEAD in stale(two)
    assert scene.broken_laws() == []


@pytest.mark.rule("SWITCH-4", "SWITCH-13")
def test_a_lead_does_not_come_in_past_a_switch_that_begins(scene: Scene) -> None:
    """Begin counts the leads while nobody else writes; what was decided before it belongs to another epoch."""
    scene.add()
    begin, add = decided(scene, BeginSwitch(key="k")), decided(scene, AddLead(fields={}))
    one, two = both(scene, begin, add)

    assert one is None
    assert Kind.EPOCH in stale(two)
    assert scene.broken_laws() == []


@pytest.mark.rule("SWITCH-4", "SWITCH-13")
def test_a_switch_does_not_begin_past_a_lead_that_comes_in(scene: Scene) -> None:
    """The other way round: begin waits for the lead and counts again."""
    begin, add = decided(scene, BeginSwitch(key="k")), decided(scene, AddLead(fields={}))
    one, two = both(scene, add, begin)

    assert one is None
    assert Kind.LEAD in stale(two)

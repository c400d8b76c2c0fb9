"""Random scripts of a host: its rows, the CRM and the events agree, whatever becomes of the transactions (JOIN-1)."""

import os
import random
import signal
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from crmcore import Conflict, Crm, Kind, LeadId, Ref, Refused, Tombstone
from crmcore.adapters.sql import keep_events
from crmcore.application.images import image_of
from crmcore.application.step import Step
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import CloseLead
from crmcore.testing.contracts.scene import ADMIN, accepted
from tests.sql.conftest import Database
from tests.sql.doings import Said, about, do_one
from tests.sql.hosts import HostApp

#: How many scripts run on each database.
SCRIPTS = int(os.environ.get("CRMCORE_SCRIPTS", "1000" if os.environ.get("CRMCORE_DEEP") else "30"))


@pytest.mark.rule("JOIN-1.3", "JOIN-1.4", "EVENT-1.2", "EVENT-2.3", "SWITCH-1")
def test_host_rows_records_and_events_agree_after_any_script(database: Database) -> None:
    """After transactions that commit, roll back, conflict, lose their connection or die with their process."""
    host = HostApp(database)
    keep_events(host.store)
    books = _Books(host, host.store.events(None, 1).after)
    for number in range(SCRIPTS):
        _Script(host, books, random.Random(number)).run()
        books.agree(f"script {number}")
    assert host.crm.audit(ADMIN) == ()
    books.activities_agree()
    assert all(books.ends[end] for end in _ENDS), books.ends
    assert len(books.said) >= (13 if SCRIPTS >= 1000 else 9), books.said
    host.close()


_ENDS = ("commit", "rollback", "lost", "killed", "conflict", "undone")


class _Books:
    """What the host has written down of each record, and what the CRM says of it."""

    def __init__(self, host: HostApp, after: str) -> None:
        self.host = host
        self.after = after
        self.seen = 0
        self.told: dict[Ref, list[str]] = defaultdict(list)
        self.said: Counter[str] = Counter()
        self.ends: dict[str, int] = defaultdict(int)

    @property
    def records(self) -> list[Ref]:
        """Those that the host knows."""
        return list(self.told)

    def agree(self, script: str) -> None:
        """Read what is new on either side and compare it, record by record."""
        with self.host.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT id, lead, said FROM note WHERE id > {self.seen} ORDER BY id"
            ).all()
            counts = [
                connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
                for name in ("crm_lead", "crm_deal", "crm_ledger", "crm_activity", "crm_event")
            ]
        noted: dict[Ref, list[str]] = defaultdict(list)
        for at, id, said in rows:
            self.seen = at
            kind, name = said.split()
            noted[Ref(Kind(kind), id)].append(name)
            self.told[Ref(Kind(kind), id)].append(name)
            self.said[name] += 1
        kept: dict[Ref, list[str]] = defaultdict(list)
        while True:
            page = self.host.store.events(self.after, 7)
            self.after = page.after
            for each in page.entries:
                kept[about(each.event)].append(type(each.event).__name__)
            if not page.entries:
                break
        assert kept == noted, script
        converted = self.said["LeadConverted"]
        made = [self.said["LeadAdded"], converted, converted, self.said["ActivityAdded"]]
        assert counts == [*made, self.said.total()], script
        for ref in noted:
            self._stands(ref, self.told[ref], script)

    def _stands(self, ref: Ref, told: list[str], script: str) -> None:
        """The record is as the host has noted it."""
        crm, at = self.host.crm, ref.id
        read: dict[Kind, Any] = {Kind.LEAD: crm.lead, Kind.ACTIVITY: crm.activity}
        read |= {Kind.DEAL: crm.deal, Kind.CONTACT: crm.contact, Kind.COMPANY: crm.company}
        found = read[ref.kind](ADMIN, at)
        if {"LeadDeleted", "RecordDeleted", "ActivityDeleted"} & set(told):
            assert isinstance(found, Refused), script
        elif ref.kind is Kind.LEAD:
            lead = accepted(found).record
            assert (lead.deal_id is not None) == ("LeadConverted" in told), script
            moves = [each for each in told if each != "RecordEdited"]
            assert lead.is_active == (moves[-1] in ("LeadAdded", "LeadReopened")), script
        elif ref.kind is Kind.ACTIVITY and not isinstance(found, Refused):  # else it went with the last of its records
            moves = [each for each in told if each in ("ActivityAdded", "ActivitiesCompleted", "ActivityReopened")]
            assert found.record.completed == (moves[-1] == "ActivitiesCompleted"), script

    def activities_agree(self) -> None:
        """Each activity is there while a record of it is, unless the host has deleted it; and none is left behind."""
        image = image_of(self.host.store)
        tables = {Kind.LEAD: image.leads, Kind.DEAL: image.deals}
        tables |= {Kind.CONTACT: image.contacts, Kind.COMPANY: image.companies}
        for id, activity in image.activities.items():
            there: dict[Kind, Any] = dict(tables)
            left = any(not isinstance(there[ref.kind][ref.id], Tombstone) for ref in image.bindings[id])
            deleted = "ActivityDeleted" in self.told[Ref(Kind.ACTIVITY, id)]
            assert isinstance(activity, Tombstone) == (deleted or not left), id


class _Script:
    """One script: a few transactions, each with a few steps and an end."""

    def __init__(self, host: HostApp, books: _Books, rng: random.Random) -> None:
        self.host = host
        self.books = books
        self.rng = rng

    def run(self) -> None:
        """Run it to its end."""
        for _ in range(self.rng.randint(1, 3)):
            end = self.rng.choices(("commit", "rollback", "lost", "killed"), (6, 3, 2, 1))[0]
            self.books.ends[end] += 1
            if end == "killed":
                self._in_a_process_that_dies()
            else:
                self._transaction(end)

    def _transaction(self, end: str, dies_at: int = -1) -> None:
        heard = len(self.host.heard)
        steps = self.rng.randint(1, 5)
        with self._connection() as (target, connection):
            crm = self.host.on(target)
            records = self.books.records
            known = self.rng.sample(records, min(5, len(records)))
            noted: list[Said] = []
            for step in range(steps):
                if step == dies_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                noted += self._step(crm, target, connection, known)
            assert len(self.host.heard) == heard
            if end == "lost":
                connection.invalidate()
            elif end == "rollback":
                target.rollback()
            else:
                target.commit()
                assert [(about(each), type(each).__name__) for each in self.host.heard[heard:]] == noted
                if dies_at >= 0:
                    os.kill(os.getpid(), signal.SIGKILL)
        assert end == "commit" or len(self.host.heard) == heard

    @contextmanager
    def _connection(self) -> Iterator[tuple[Any, Connection]]:
        """A session or a connection, to work on and to look at."""
        if self.rng.random() < 0.5:
            with self.host.engine.connect() as connection:
                yield connection, connection
        else:
            with Session(self.host.engine) as session:
                yield session, session.connection()

    def _in_a_process_that_dies(self) -> None:
        """At any step, or right after its commit."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            child = os.fork()
        if not child:
            try:
                self.host.engine.dispose(close=False)
                self._transaction("commit", self.rng.randint(0, 5))
            finally:
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)

    def _step(self, crm: Crm, target: Any, connection: Connection, known: list[Ref]) -> list[Said]:
        """One thing that a host does; what of it is noted and stays."""
        kind = self.rng.choices(("plain", "savepoint", "undone", "conflict", "asked"), (6, 1, 1, 1, 1))[0]
        if kind == "plain":
            return self._command(crm, target, connection, known)
        if kind == "asked":
            self._not_confirmed(target, known)
            return []
        if kind == "conflict":
            self._overtaken(target, known)
            return []
        before = list(known)
        nested = target.begin_nested()
        noted = [each for _ in range(2) for each in self._command(crm, target, connection, known)]
        if kind == "savepoint":
            nested.commit()
            return noted
        nested.rollback()
        self.books.ends["undone"] += 1
        known[:] = before
        return []

    def _command(self, crm: Crm, target: Any, connection: Connection, known: list[Ref]) -> list[Said]:
        """A command, and the host's row for each thing that happened; none where it is refused or changes nothing."""
        said = do_one(crm, self.host.joined(target), self.rng, known)
        for ref, name in said:
            self.host.note(connection, int(ref.id), f"{ref.kind} {name}")
        return said

    def _not_confirmed(self, target: Any, known: list[Ref]) -> None:
        """A step that is taken back at its last question."""
        changes = self._decided(target, known)
        if changes is not None:
            with pytest.raises(Conflict):
                self.host.joined(target).commit(changes, lambda: False)

    def _overtaken(self, target: Any, known: list[Ref]) -> None:
        """A step that is stale: the version of its lead has moved, as other code of a host may move it."""
        changes, joined = self._decided(target, known), self.host.joined(target)
        if changes is None:
            return
        (lead,) = changes.leads
        with joined.changing() as tx:
            tx.run("UPDATE crm_lead SET version = version + 1 WHERE portal = ? AND id = ?", (tx.portal, lead))
        with pytest.raises(Conflict):
            joined.commit(changes)
        self.books.ends["conflict"] += 1

    def _decided(self, target: Any, known: list[Ref]) -> Changes | None:
        """What would be written if somebody closed a lead."""
        leads = [LeadId(int(ref.id)) for ref in known if ref.kind is Kind.LEAD]
        if not leads:
            return None
        joined, lead = self.host.joined(target), self.rng.choice(leads)
        step = Step.of(joined, joined.permissions, joined.plan, self.host.clock, ADMIN, CloseLead(lead_id=lead))
        return None if isinstance(step.decision, Refused) else step.decision.changes

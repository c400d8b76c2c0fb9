"""Random scripts of a host: its rows, the CRM and the events agree, whatever becomes of the transactions (JOIN-1)."""

import os
import random
import signal
import warnings
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from crmcore import Conflict, Crm, LeadId, Refused
from crmcore.adapters.sql import keep_events
from crmcore.application.step import Step
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import CloseLead
from crmcore.ports import Event
from crmcore.testing.contracts.scene import ADMIN, accepted
from tests.sql.conftest import Database
from tests.sql.hosts import HostApp

#: How many scripts run on each database.
SCRIPTS = 1_000 if os.environ.get("CRMCORE_DEEP") else 30


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
    assert all(books.ends[end] for end in _ENDS), books.ends
    host.close()


_ENDS = ("commit", "rollback", "lost", "killed", "conflict", "undone")


class _Books:
    """What the host has written down of each lead, and what the CRM says of it."""

    def __init__(self, host: HostApp, after: str) -> None:
        self.host = host
        self.after = after
        self.seen = 0
        self.told: dict[int, list[str]] = defaultdict(list)
        self.ends: dict[str, int] = defaultdict(int)

    @property
    def leads(self) -> list[int]:
        """Those that the host knows."""
        return list(self.told)

    def agree(self, script: str) -> None:
        """Read what is new on either side and compare it, lead by lead."""
        with self.host.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                f"SELECT id, lead, said FROM note WHERE id > {self.seen} ORDER BY id"
            ).all()
            counts = [
                connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one()
                for name in ("crm_lead", "crm_deal", "crm_ledger", "crm_event")
            ]
        noted: dict[int, list[str]] = defaultdict(list)
        for id, lead, said in rows:
            self.seen = id
            noted[lead].append(said)
            self.told[lead].append(said)
        kept: dict[int, list[str]] = defaultdict(list)
        while True:
            page = self.host.store.events(self.after, 7)
            self.after = page.after
            for each in page.entries:
                kept[_lead_of(each.event)].append(type(each.event).__name__)
            if not page.entries:
                break
        assert kept == noted, script
        said = [each for every in self.told.values() for each in every]
        converted = said.count("LeadConverted")
        assert counts == [said.count("LeadAdded"), converted, converted, len(said)], script
        for id in noted:
            lead = accepted(self.host.crm.lead(ADMIN, LeadId(id))).record
            assert (lead.deal_id is not None) == ("LeadConverted" in self.told[id]), script
            moves = [each for each in self.told[id] if each != "RecordEdited"]
            assert lead.is_active == (moves[-1] in ("LeadAdded", "LeadReopened")), script


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
            known = self.rng.sample(self.books.leads, min(3, len(self.books.leads)))
            noted: list[str] = []
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
                assert [type(each).__name__ for each in self.host.heard[heard:]] == noted
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

    def _step(self, crm: Crm, target: Any, connection: Connection, known: list[int]) -> list[str]:
        """One thing that a host does; what of it is noted and stays."""
        kind = self.rng.choices(("plain", "savepoint", "undone", "conflict", "asked"), (6, 1, 1, 1, 1))[0]
        if kind == "plain":
            return self._command(crm, connection, known)
        if kind == "asked":
            self._not_confirmed(target, known)
            return []
        if kind == "conflict":
            self._overtaken(target, known)
            return []
        before = list(known)
        nested = target.begin_nested()
        noted = self._command(crm, connection, known) + self._command(crm, connection, known)
        if kind == "savepoint":
            nested.commit()
            return noted
        nested.rollback()
        self.books.ends["undone"] += 1
        known[:] = before
        return []

    def _command(self, crm: Crm, connection: Connection, known: list[int]) -> list[str]:
        """A command, and the host's row about it; none where it is refused or changes nothing."""
        name = self.rng.choice(("add", "close", "reopen", "convert", "edit")) if known else "add"
        lead = LeadId(self.rng.choice(known)) if known else LeadId(0)
        answer: Any
        if name == "add":
            answer = accepted(crm.add_lead(ADMIN, title=f"Lead {self.rng.random()}"))
            lead, said = LeadId(answer), "LeadAdded"
            known.append(lead)
        else:
            found = accepted(crm.lead(ADMIN, lead))
            active = found.record.is_active
            if name == "close":
                answer, said = (crm.close_lead(ADMIN, lead), "LeadClosed") if active else (Refused, "")
            elif name == "reopen":
                answer, said = (crm.reopen_lead(ADMIN, lead), "LeadReopened") if not active else (Refused, "")
            elif name == "convert":
                answer, said = crm.convert_lead(ADMIN, lead), "LeadConverted"
                answer = Refused if getattr(answer, "already", False) else answer
            else:
                answer = crm.edit_lead(ADMIN, lead, found.version, comments=f"{self.rng.random()}")
                said = "RecordEdited"
                answer = Refused if answer == found.version else answer  # the same again changes nothing
        if answer is Refused or isinstance(answer, Refused):
            return []
        self.host.note(connection, lead, said)
        return [said]

    def _not_confirmed(self, target: Any, known: list[int]) -> None:
        """A step that is taken back at its last question."""
        changes = self._decided(target, known)
        if changes is not None:
            with pytest.raises(Conflict):
                self.host.joined(target).commit(changes, lambda: False)

    def _overtaken(self, target: Any, known: list[int]) -> None:
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

    def _decided(self, target: Any, known: list[int]) -> Changes | None:
        """What would be written if somebody closed a lead."""
        if not known:
            return None
        joined, lead = self.host.joined(target), LeadId(self.rng.choice(known))
        step = Step.of(joined, joined.permissions, joined.plan, self.host.clock, ADMIN, CloseLead(lead_id=lead))
        return None if isinstance(step.decision, Refused) else step.decision.changes


def _lead_of(event: Event) -> int:
    found = event.ref.id if hasattr(event, "ref") else event.lead_id  # type: ignore[union-attr]  # of leads alone
    return int(found)

"""A relay hands on each event at least once, whoever is killed: none is missed, none invented, in order by record."""

import os
import random
import signal
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import pytest

from crmcore import Kind, Ref, StoreError
from crmcore.adapters.sql import keep_events
from crmcore.adapters.sql.rows.event_rows import event_from
from crmcore.testing.contracts.scene import ADMIN, accepted
from tests.sql.conftest import Database
from tests.sql.doings import about, do_one
from tests.sql.hosts import HostApp

#: How often writer and relay are killed, on each database.
KILLS = 250 if os.environ.get("CRMCORE_DEEP") else 8


@pytest.mark.rule("EVENT-1.2", "EVENT-2.3", "EVENT-2.4", "EVENT-2.5", "JOIN-1.3")
def test_each_event_is_handed_on_at_least_once_whoever_is_killed(database: Database, tmp_path: Path) -> None:
    """Two writers and a relay die at any moment, again and again; what was handed on is what is there."""
    host = HostApp(database)
    keep_events(host.store)
    for _ in range(3):
        accepted(host.crm.add_lead(ADMIN))
    outbox = _Outbox(host, tmp_path)
    rng, life, known = random.Random(7), 0.1, 3
    for number in range(KILLS):
        seeds = (2 * number, 2 * number + 1)
        children = [_forked(partial(_write, host, random.Random(seed))) for seed in seeds] + [_forked(outbox.relay)]
        time.sleep(rng.uniform(0.2, 1) * life)
        for child in rng.sample(children, 3):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        count_now = len(_rows(host))
        life = min(life * 1.5, 3) if count_now == known else life  # longer where a busy machine lets nothing happen
        known = count_now
    if database.schema is not None:
        _settle(database)
    outbox.relay(until_empty=True)

    kept = _rows(host)
    handed = outbox.handed()
    assert set(handed) == {(id, ref) for id, ref, _ in kept}
    first: dict[Ref, list[int]] = defaultdict(list)
    for id, ref in dict.fromkeys(handed):
        first[ref].append(id)
    assert all(ids == sorted(ids) for ids in first.values())
    assert len(kept) > 3
    assert sorted(_notes(host)) == sorted((ref, name) for _, ref, name in kept[3:])
    assert host.crm.audit(ADMIN) == ()
    host.close()


class _Outbox:
    """A receiver, which is a file that lines are added to, and the place of its relay beside it."""

    def __init__(self, host: HostApp, folder: Path) -> None:
        self._host = host
        self._sent = folder / "sent"
        self._place = folder / "place"
        self._sent.touch()

    def relay(self, until_empty: bool = False) -> None:
        """Hand on page after page; the place is stored after its page."""
        with self._sent.open("a", encoding="ascii", buffering=1) as receiver:
            while True:
                page = self._host.store.events(self._place.read_text() if self._place.exists() else None, 5)
                for each in page.entries:
                    receiver.write(" ".join(map(str, (each.id, *about(each.event)))) + "\n")
                if page.entries:
                    whole = self._place.with_suffix(".new")
                    whole.write_text(page.after, encoding="ascii")
                    whole.replace(self._place)
                elif until_empty:
                    return

    def handed(self) -> list[tuple[int, Ref]]:
        """What the receiver got, id and record, in order."""
        lines = self._sent.read_text(encoding="ascii").splitlines()
        return [(int(id), Ref(Kind(kind), int(number))) for id, kind, number in (line.split() for line in lines)]


def _write(host: HostApp, rng: random.Random) -> None:
    """Transactions of a host, one after another: a command or two and a row for each, and some taken back.

    Both writers begin with the same three leads, and each goes on with what it has made of them.
    """
    known = [Ref(Kind.LEAD, id) for id in (1, 2, 3)]
    while True:
        with host.engine.connect() as connection:
            crm, store, before = host.on(connection), host.joined(connection), list(known)
            try:
                for _ in range(rng.randint(1, 2)):
                    for ref, name in do_one(crm, store, rng, known):
                        host.note(connection, int(ref.id), f"{ref.kind} {name}")
            except StoreError:  # the other writer was faster, or is in the way
                connection.rollback()
                known = before
                continue
            if rng.random() < 0.7:
                connection.commit()
            else:
                known = before


def _forked(work: Callable[[], object]) -> int:
    """A process of its own that does this until it is killed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        child = os.fork()
    if not child:
        try:
            work()
        finally:
            os.kill(os.getpid(), signal.SIGKILL)
    return child


def _settle(database: Database) -> None:
    """Wait for the server, which may still carry out the last word of a client that was killed."""
    others = "SELECT 1 FROM pg_stat_activity WHERE xact_start IS NOT NULL AND backend_type = 'client backend'"
    with psycopg.connect(database.url, autocommit=True) as connection:
        while connection.execute(others + " AND pid <> pg_backend_pid()").fetchone():
            time.sleep(0.002)


def _rows(host: HostApp) -> list[tuple[int, Ref, str]]:
    """What is in the table, past the store."""
    with host.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, name, body FROM crm_event ORDER BY id").all()
    return [(int(id), about(event_from(name, body)), name) for id, name, body in rows]


def _notes(host: HostApp) -> list[tuple[Ref, str]]:
    with host.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT lead, said FROM note").all()
    return [(Ref(Kind(said.split()[0]), int(id)), said.split()[1]) for id, said in rows]

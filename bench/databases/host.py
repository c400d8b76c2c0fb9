"""`python -m bench.databases.host`: what a host's transaction and kept events cost; `--write` keeps the figures.

Everything is measured in turns, in one run on one machine, and told as the middle of the ratios of each turn.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from platform import python_implementation, python_version
from statistics import median
from typing import Any, NamedTuple

from sqlalchemy import Engine, create_engine, event, make_url

from bench import library
from bench.databases.places import Place, SqlitePlace, postgres_place
from bench.report import processor
from crmcore import Crm, run_switch_on
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.sql import CrmOpener, SqlStore, keep_events, open_store
from crmcore.application.collector import collector_waits

__all__ = ["Row", "as_document", "measure"]

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "performance-host.md"


class Row(NamedTuple):
    """One comparison: what the plain way and the other one cost in turns, and what their ratio may be."""

    place: str
    name: str
    pairs: list[tuple[float, float]]
    goal: str

    @property
    def plain(self) -> float:
        """The middle of the plain way."""
        return median(plain for plain, _ in self.pairs)

    @property
    def other(self) -> float:
        """The middle of the other one."""
        return median(other for _, other in self.pairs)

    @property
    def ratio(self) -> float:
        """The middle of the ratios of each turn, since a busy machine is about as busy for both."""
        return median(other / plain for plain, other in self.pairs)


def main() -> int:
    """Measure, and print or keep the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.databases.host", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small CRMs, to see that it runs")
    parser.add_argument("--leads", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write docs/performance-host.md")
    given = parser.parse_args()
    leads, rounds = (200, 1) if given.quick else (given.leads, given.rounds)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, postgres_place(Path(folder)) as postgres:
        for place in (SqlitePlace(Path(folder)), postgres):
            sys.stderr.write(f"{place.name} …\n")
            rows += measure(place, leads, rounds)
    text = as_document(rows, leads)
    if given.write and not given.quick:
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def measure(place: Place, leads: int, rounds: int) -> list[Row]:
    """The rows of one database."""
    place.filled(leads)
    now = time.perf_counter if place.name == "PostgreSQL" else time.process_time
    rows = _commands(place, leads, 20 * rounds, now)
    switches = [(_switch(place, leads, False, now), _switch(place, leads, True, now)) for _ in range(rounds)]
    rows.append(Row(place.name, f"a switch of {leads:,} leads, events kept", switches, "at most 1.10"))
    if place.name == "PostgreSQL":
        name = "the speed-up of two workers, events kept"
        rows.append(Row(place.name, name, [_speed_ups(place, leads, now) for _ in range(rounds)], "at least 0.90"))
    return rows


def _speed_ups(place: Place, leads: int, now: Callable[[], float]) -> tuple[float, float]:
    """One worker's time by that of two, without events and with them."""
    plain, kept = (
        _switch(place, leads, keep, now, workers=1) / _switch(place, leads, keep, now, workers=2)
        for keep in (False, True)
    )
    return plain, kept


def _commands(place: Place, leads: int, rounds: int, now: Callable[[], float]) -> list[Row]:
    """A command in a transaction of its own, and the same in one of a host's that does nothing else."""
    made: dict[str, list[tuple[float, float]]] = {"add a lead": [], "convert a lead": []}
    with place.copy(leads) as url, open_store(url) as store, _host_of(url) as host:
        own = library.crm_over(store)

        def both(name: str, ask: Callable[[Crm], Any]) -> list[Any]:
            began = now()
            first = ask(own)
            between = now()
            with host.begin() as connection:
                second = ask(library.crm_over(store.on(connection)))
            made[name].append((1e3 * (between - began), 1e3 * (now() - between)))
            return [first, second]

        for _ in range(rounds):
            added = iter(both("add a lead", lambda crm: crm.add_lead(library.ACTOR, title="Desks")))
            both("convert a lead", partial(_convert, added))
    return [
        Row(
            place.name,
            f"{name}, in a host's transaction",
            each,
            "at most 1.15",
        )
        for name, each in made.items()
    ]


def _convert(leads: Iterator[Any], crm: Crm) -> Any:
    return crm.convert_lead(library.ACTOR, next(leads))


@contextmanager
def _host_of(url: str) -> Iterator[Engine]:
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        engine = create_engine(place)

        @event.listens_for(engine, "connect")
        def settle(driver: Any, _: Any) -> None:
            for setting in ("foreign_keys=ON", "synchronous=FULL", "journal_mode=WAL"):
                driver.execute(f"PRAGMA {setting}")
    else:
        engine = create_engine(place.set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


def _switch(place: Place, leads: int, keep: bool, now: Callable[[], float], *, workers: int = 0) -> float:
    """Milliseconds of a whole switch."""
    with place.copy(leads) as url, open_store(url) as store:
        if keep:
            assert keep_events(store) is None
        if workers:
            return _by_workers(store, url, now, workers)
        with collector_waits():
            began = now()
            library.switch(library.crm_over(store))
            return 1e3 * (now() - began)


def _by_workers(store: SqlStore, url: str, now: Callable[[], float], workers: int) -> float:
    opening = CrmOpener(url, clock=FixedClock())
    token: Any = library.crm_over(store).begin_switch(library.ACTOR, policy=library.POLICY, key=library.KEY)
    with ProcessPoolExecutor(workers) as executor:
        for _ in executor.map(_open, [opening] * workers):
            pass  # the processes are there, and have the database open
        began = now()
        run_switch_on(executor, opening, token, workers=workers)
        return 1e3 * (now() - began)


def _open(opening: CrmOpener) -> None:
    opening().settings()


def as_document(rows: list[Row], leads: int) -> str:
    """The text of the document."""
    lines = [
        "# Performance inside another app",
        "",
        "`python -m bench.databases.host --write` writes this page.",
        "",
        f"{datetime.now(UTC).date().isoformat()} · {processor()} · {python_implementation()} {python_version()} ·"
        f" a CRM with {leads:,} leads.",
        "",
        "What a command costs in a transaction of a host's that does nothing else ([JOIN-1](spec/host.md)), by what it"
        " costs in a transaction of its own; and what a switch costs whose events are kept ([EVENT-1](spec/host.md)),"
        " by one whose events are not.",
        "The middle of several rounds in turns: milliseconds of processor time on SQLite, of wall time on PostgreSQL,"
        " which a busy machine stretches.",
        "The speed-up is one worker's time by that of two.",
        "",
        "| database | what | plain | other | ratio | goal |",
        "|---|---|---:|---:|---:|---|",
        *(
            f"| {row.place} | {row.name} | {row.plain:,.2f} | {row.other:,.2f} | {row.ratio:.2f} | {row.goal} |"
            for row in rows
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""`python -m bench.databases.pages`: pages of lists in a small and a large CRM; `--write` keeps the figures.

Half of the leads are converted, the first half, so that what is active lies behind everything that is not.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import product
from pathlib import Path
from platform import python_implementation, python_version
from typing import Any, NamedTuple

from bench import library
from bench.databases.places import Place, SqlitePlace, postgres_place
from bench.report import processor
from crmcore import Crm, Grant, Kind, Level, Operation, Page, Ref, Role, UserId
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, RoleTable
from crmcore.adapters.sql import create_portal
from crmcore.application.images import image_of
from crmcore.domain.model.ids import CARDS, CLIENTS, TABLES
from crmcore.ports.store import Store

__all__ = ["LISTS", "Row", "as_document", "commit_of", "measure"]

PAGE = 50
#: Who asks: an administrator, a seller who reads own records, and one who also reads those that are open to all.
BOSS, SELLER, OPENER = library.ACTOR, UserId(7), UserId(8)
_LEVELS = {SELLER: Level.OWN, OPENER: Level.OPEN}
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "performance-pages.md"


class Asked(NamedTuple):
    """A list: a page of it behind an id, and the id that its last record has, as a share of the leads."""

    share: float
    page: Callable[[Crm, int], Page[Any]]


def _lists() -> Iterator[tuple[str, Asked]]:
    """Every list of the library with every filter."""
    shares = {Kind.LEAD: 1.0, Kind.DEAL: 0.5, Kind.CONTACT: 0.6, Kind.COMPANY: 0.5, Kind.ACTIVITY: 2.0}
    for kind, share in shares.items():
        states = {"": None} if kind in CLIENTS else {"": None, "active ": True, "closed ": False}
        for (state, active), (whose, actor) in product(states.items(), _ACTORS.items()):
            more = {} if active is None else {"active": active}
            yield f"{state}{TABLES[kind]}{whose}", Asked(share, partial(_asked, kind, actor, more))
    for kind, of in ((Kind.LEAD, Kind.CONTACT), (Kind.DEAL, Kind.COMPANY), (Kind.CONTACT, Kind.COMPANY)):
        yield f"{TABLES[kind]} of a {of}", Asked(shares[of], partial(_asked_of, kind, of))
    yield "activities of a lead", Asked(1.0, partial(_asked_of, Kind.ACTIVITY, Kind.LEAD))


def _asked(kind: Kind, actor: UserId, more: dict[str, Any], crm: Crm, after: int) -> Page[Any]:
    page: Page[Any] = getattr(crm, f"{kind}_page")(actor, after=after, limit=PAGE, **more)
    return page


def _asked_of(kind: Kind, of: Kind, crm: Crm, id: int) -> Page[Any]:
    page: Page[Any] = getattr(crm, f"{kind}_page")(BOSS, limit=PAGE, of=Ref(of, max(id, 1)))
    return page


_ACTORS = {"": BOSS, " of one of twenty sellers": SELLER, " of one of twenty, or open to all": OPENER}
LISTS = dict(_lists())


class Row(NamedTuple):
    """Microseconds of a page: the first of a small CRM; the first, one in the middle and the last of a large one."""

    place: str
    name: str
    small: float
    begin: float
    middle: float
    end: float

    @property
    def ratio(self) -> float:
        """The slowest page of the large CRM by the first page of the small one."""
        return max(self.begin, self.middle, self.end) / self.small


def main() -> int:
    """Measure, and print or keep the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.databases.pages", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small CRMs, to see that it runs")
    parser.add_argument("--large", type=int, default=100_000, help="how many leads the large CRM has")
    parser.add_argument(
        "--only", choices=("memory", "SQLite", "PostgreSQL"), help="one kind of store; the page keeps the others"
    )
    parser.add_argument("--write", action="store_true", help="write docs/performance-pages.md")
    given = parser.parse_args()
    small, large, calls = (200, 1_000, 5) if given.quick else (10_000, given.large, 9)
    before = DOCUMENT.read_text(encoding="utf-8").splitlines() if given.only else []
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, postgres_place(Path(folder)) as postgres:
        places = {"memory": None, "SQLite": SqlitePlace(Path(folder)), "PostgreSQL": postgres}
        wanted = {name: place for name, place in places.items() if given.only in (None, name)}
        for row in measure(wanted, small, large, calls):
            rows.append(row)
            if given.write and not given.quick:  # after each, since a large CRM takes long
                DOCUMENT.write_text(as_document(rows, small, large, before), encoding="utf-8")
    if given.quick or not given.write:
        sys.stdout.write(as_document(rows, small, large, before))
    return 0


def measure(places: Mapping[str, Place | None], small: int, large: int, calls: int) -> Iterator[Row]:
    """The rows of some kinds of store, by name, over the same records; `None` is memory."""
    first: dict[str, dict[str, list[float]]] = {}
    for leads in (small, large):
        sys.stderr.write(f"{leads:,} leads …\n")
        crm, source = library.build(leads)
        token: Any = crm.begin_switch(library.ACTOR, key=library.KEY, policy=library.POLICY)
        for _ in range(leads // 200):
            crm.convert_chunk(token, 100)
        for name, place in places.items():
            sys.stderr.write(f"{name} …\n")
            with _store(place, source) as store:
                found = _costs(store, leads, calls, is_server=name == "PostgreSQL")
            if leads == small:
                first[name] = found
            else:
                yield from (Row(name, of, first[name][of][0], *found[of]) for of in LISTS)


@contextmanager
def _store(place: Place | None, source: InMemoryStore) -> Iterator[Store]:
    """The records in a store of this kind."""
    if place is None:
        yield source
        return
    with place.empty() as url, create_portal(url, image=image_of(source)) as store:
        yield store


def _costs(store: Store, leads: int, calls: int, *, is_server: bool) -> dict[str, list[float]]:
    roles = RoleTable({BOSS: (ADMINISTRATOR,), **{actor: (_reader(level),) for actor, level in _LEVELS.items()}})
    crm = Crm(store=store, permissions=roles, plan=FixedPlan(classic=True), clock=FixedClock())
    # A server works in processes of its own; elsewhere other work on the machine does not count.
    now = time.perf_counter if is_server else time.process_time
    return {name: _cost(crm, asked, int(asked.share * leads), calls, now) for name, asked in LISTS.items()}


def _reader(level: Level) -> Role:
    return Role(name=level.name, levels={Grant(Operation.READ, kind): level for kind in CARDS})


def _cost(crm: Crm, asked: Asked, last: int, calls: int, now: Callable[[], float]) -> list[float]:
    """Microseconds of the first page, of one in the middle and of one near the end, in turns: the quickest of each."""
    seen: list[list[float]] = []
    for turn in range(calls + 1):  # the first turn makes the plans and orders, and does not count
        costs = []
        for after in (0, last // 2, max(last - 40 * PAGE, 0)):
            began = now()
            asked.page(crm, after)
            costs.append((now() - began) * 1e6)
        if turn:
            seen.append(costs)
    return [min(costs) for costs in zip(*seen, strict=True)]


def commit_of(document: Path) -> str:
    """The commit that was measured."""
    command = ("git", "-C", str(document.parent), "rev-parse", "--short", "HEAD")
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "unknown"


def as_document(rows: list[Row], small: int, large: int, before: Sequence[str] = ()) -> str:
    """The text of the document; `before` are the lines of the last one, of which other stores keep theirs."""
    measured = {row.place for row in rows}
    kept = [
        line
        for line in before
        if line.count("|") == 8 and line.split("|")[1].strip() not in {"store", "---", *measured}
    ]
    lines = [
        "# Performance of pages",
        "",
        f"`python -m bench.databases.pages --write --large {large}` writes this page; `--only` measures one store.",
        "",
        f"{datetime.now(UTC).date().isoformat()} · {processor()} · {python_implementation()} {python_version()} ·"
        f" commit {commit_of(DOCUMENT)} · pages of {PAGE}, the first half of the leads is converted.",
        "",
        f"Microseconds of a page (PERM-9): the first one of a CRM with {small:,} leads; the first, one in the middle"
        f" and one near the end of a CRM with {large:,}.",
        "The quickest of nine; processor time in memory and on SQLite, wall time on PostgreSQL, which a busy machine"
        " stretches.",
        "The ratio is the slowest one of the large CRM by that of the small one.",
        "A seller reads own records, one in twenty, and the activities bound to them, which no index knows: a page of"
        " these looks at 1,000 activities at most. Where nothing passes, such as closed activities, the page is empty.",
        "",
        f"| store | list | W({small:,}), first | W({large:,}), first | middle | near the end | ratio |",
        "|---|---|---:|---:|---:|---:|---:|",
        *kept,
        *(
            f"| {row.place} | {row.name} | {row.small:,.0f} | {row.begin:,.0f} | {row.middle:,.0f} | {row.end:,.0f}"
            f" | {row.ratio:.2f} |"
            for row in rows
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

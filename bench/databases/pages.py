"""`python -m bench.databases.pages`: pages of lists in a small and a large CRM; `--write` keeps the figures.

Half of the leads are converted, the first half, so that what is active lies behind everything that is not.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from platform import python_implementation, python_version
from statistics import median
from typing import Any, NamedTuple

from bench import library
from bench.databases.places import Place, SqlitePlace, postgres_place
from bench.report import processor
from crmcore import Crm, Grant, Kind, Level, Operation, Page, Ref, Role, UserId
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, RoleTable
from crmcore.adapters.sql import open_store
from crmcore.domain.model.ids import CARDS
from crmcore.ports.store import Store

__all__ = ["LISTS", "Row", "as_document", "measure"]

PAGE = 50
BOSS, SELLER = library.ACTOR, UserId(7)
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "performance-pages.md"
#: A list: who asks, and the page behind an id.
Asked = Callable[[Crm, int], Page[Any]]

#: The lists with the last id that a page of each may begin behind, as a share of the leads.
LISTS: dict[str, tuple[float, Asked]] = {
    "leads": (1, lambda crm, after: crm.lead_page(BOSS, after=after, limit=PAGE)),
    "active leads": (1, lambda crm, after: crm.lead_page(BOSS, after=after, limit=PAGE, active=True)),
    "leads of one of twenty sellers": (1, lambda crm, after: crm.lead_page(SELLER, after=after, limit=PAGE)),
    "deals": (0.5, lambda crm, after: crm.deal_page(BOSS, after=after, limit=PAGE)),
    "contacts": (0.6, lambda crm, after: crm.contact_page(BOSS, after=after, limit=PAGE)),
    "activities": (2, lambda crm, after: crm.activity_page(BOSS, after=after, limit=PAGE)),
    "activities of one of twenty sellers": (2, lambda crm, after: crm.activity_page(SELLER, after=after, limit=PAGE)),
    "activities of the last lead": (
        0,
        lambda crm, after: crm.activity_page(BOSS, limit=PAGE, of=Ref(Kind.LEAD, max(after, 1))),
    ),
}


class Row(NamedTuple):
    """Microseconds of a page: the first of a small CRM, the first and the last of a large one."""

    place: str
    name: str
    small: float
    begin: float
    end: float

    @property
    def ratio(self) -> float:
        """The dearer page of the large CRM by the first page of the small one."""
        return max(self.begin, self.end) / self.small


def main() -> int:
    """Measure, and print or keep the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.databases.pages", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small CRMs, to see that it runs")
    parser.add_argument("--large", type=int, default=100_000, help="how many leads the large CRM has")
    parser.add_argument("--write", action="store_true", help="write docs/performance-pages.md")
    given = parser.parse_args()
    small, large, calls = (200, 1_000, 5) if given.quick else (1_000, given.large, 9)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, postgres_place(Path(folder)) as postgres:
        for place in (None, SqlitePlace(Path(folder)), postgres):
            sys.stderr.write(f"{'memory' if place is None else place.name} …\n")
            rows += measure(place, small, large, calls)
    text = as_document(rows, small, large)
    if given.write and not given.quick:
        DOCUMENT.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


def measure(place: Place | None, small: int, large: int, calls: int) -> list[Row]:
    """The rows of one kind of store; `None` is memory."""
    found: dict[int, dict[str, tuple[float, float]]] = {}
    for leads in (small, large):
        with _half_switched(place, leads) as store:
            seller = Role(name="seller", levels={Grant(Operation.READ, kind): Level.OWN for kind in CARDS})
            roles = RoleTable({BOSS: (ADMINISTRATOR,), SELLER: (seller,)})
            crm = Crm(store=store, permissions=roles, plan=FixedPlan(classic=True), clock=FixedClock())
            # A server works in processes of its own; elsewhere other work on the machine does not count.
            now = time.perf_counter if place is not None and place.name == "PostgreSQL" else time.process_time
            found[leads] = {
                name: _cost(crm, ask, int(share * leads), calls, now) for name, (share, ask) in LISTS.items()
            }
    where = "memory" if place is None else place.name
    return [Row(where, name, found[small][name][0], *found[large][name]) for name in LISTS]


def _cost(crm: Crm, ask: Asked, last: int, calls: int, now: Callable[[], float]) -> tuple[float, float]:
    """Microseconds of the first page and of the last one, in turns."""
    seen: list[tuple[float, float]] = []
    for _ in range(calls):
        costs = []
        for after in (0, max(last - 20 * PAGE, 0)):
            began = now()
            ask(crm, after)
            costs.append((now() - began) * 1e6)
        seen.append((costs[0], costs[1]))
    return median(first for first, _ in seen), median(last for _, last in seen)


@contextmanager
def _half_switched(place: Place | None, leads: int) -> Iterator[Store]:
    if place is None:
        crm, store = library.build(leads)
        _convert_half(crm, leads)
        yield store
        return
    place.filled(leads)
    with place.copy(leads) as url, open_store(url) as opened:
        _convert_half(library.crm_over(opened), leads)
        yield opened


def _convert_half(crm: Crm, leads: int) -> None:
    token: Any = crm.begin_switch(library.ACTOR, key=library.KEY, policy=library.POLICY)
    for _ in range(leads // 200):
        crm.convert_chunk(token, 100)


def as_document(rows: list[Row], small: int, large: int) -> str:
    """The text of the document."""
    lines = [
        "# Performance of pages",
        "",
        f"`python -m bench.databases.pages --write --large {large}` writes this page.",
        "",
        f"{datetime.now(UTC).date().isoformat()} · {processor()} · {python_implementation()} {python_version()} ·"
        f" pages of {PAGE}, the first half of the leads is converted.",
        "",
        f"Microseconds of a page (PERM-9): the first one of a CRM with {small:,} leads, and the first and the last one"
        f" of a CRM with {large:,}.",
        "Processor time in memory and on SQLite, wall time on PostgreSQL, which a busy machine stretches.",
        "The ratio is the dearer one of the large CRM by that of the small one.",
        "A seller reads own records alone, one in twenty: the page looks at 1,000 records at most.",
        "",
        f"| store | list | W({small:,}), first | W({large:,}), first | W({large:,}), last | ratio |",
        "|---|---|---:|---:|---:|---:|",
        *(
            f"| {row.place} | {row.name} | {row.small:,.0f} | {row.begin:,.0f} | {row.end:,.0f} | {row.ratio:.2f} |"
            for row in rows
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())

"""One switch on a database in a process of its own, which prints what it cost as JSON.

Processor seconds are those of this process, wall seconds those of the clock; memory is the growth of the largest
resident size from the moment when the database is open. On PostgreSQL the server's work is in the wall seconds only.
"""

import gc
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

__all__ = ["main", "peak"]

Prepared = Callable[[], int]


def main(arguments: list[str]) -> None:
    """Run `VARIANT URL SCHEMA N CHUNK`; an empty schema is the usual one."""
    variant, url, schema, leads, chunk = arguments
    with VARIANTS[variant](url, schema or None, int(leads), int(chunk)) as run:
        gc.collect()
        before = peak()
        wall, processor = perf_counter(), process_time()
        converted = run()
        processor, wall = process_time() - processor, perf_counter() - wall
        grown = peak() - before
    assert converted == int(leads), converted
    print(json.dumps({"processor": processor, "wall": wall, "grown": grown / 1024}))


def peak() -> int:
    """The largest resident size of this program, in KiB; `ru_maxrss` would begin with that of the parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


@contextmanager
def _floor(url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Prepared]:
    from bench.databases import floor

    with floor.opened(url, schema) as database:

        def run() -> int:
            epoch = floor.begin(database)
            floor.convert(database, epoch, 1, leads)
            return floor.finish(database)

        yield run


@contextmanager
def _library(url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Prepared]:
    from bench import library
    from crmcore.adapters.sql import open_store
    from crmcore.application.collector import collector_waits

    with open_store(url, schema=schema) as store:
        crm = library.crm_over(store)

        def run() -> int:
            with collector_waits():
                answer: Any = crm.switch_to_simple(library.ACTOR, policy=library.POLICY, key=library.KEY, chunk=chunk)
            return int(answer.totals.converted)

        yield run


@contextmanager
def _orm(which: str, how: str, url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Prepared]:
    """What a user might write instead, of which nothing is loaded in the other runs."""
    with getattr(import_module(f"bench.databases.with_{which}"), how)(url, schema, leads, chunk) as run:
        yield run


@contextmanager
def _scaled(how: str, workers: int, url: str, schema: str | None, leads: int, chunk: int) -> Iterator[Prepared]:
    """Several workers."""
    with getattr(import_module("bench.databases.scale"), how)(workers, url, schema, leads, chunk) as run:
        yield run


VARIANTS: dict[str, Callable[[str, str | None, int, int], AbstractContextManager[Prepared]]] = {
    "floor": _floor,
    "library": _library,
    **{
        f"{how} of {workers}": partial(_scaled, how, workers)
        for how in ("pool", "dask", "ranges")
        for workers in (1, 2)
    },
    "sqlalchemy bulk": partial(_orm, "sqlalchemy", "bulk"),
    "sqlalchemy natural": partial(_orm, "sqlalchemy", "natural"),
    "django bulk": partial(_orm, "django", "bulk"),
    "django natural": partial(_orm, "django", "natural"),
}

if __name__ == "__main__":
    main(sys.argv[1:])

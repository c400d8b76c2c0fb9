"""Histories on a database, by real processes: forked once, kept warm, and let go together by a barrier.

Each process opens the store by itself and gets its script over a pipe. The CRMs of many histories are portals of one
file or schema, so that connections stay open; a file is left after some histories, since it only grows.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from sqlalchemy import Engine

from crmcore.adapters.roles import ADMINISTRATOR, MANAGER
from crmcore.adapters.sql import SqlStore, upgrade
from crmcore.adapters.sql.commits.image import load_portal
from crmcore.adapters.sql.connection.dialects import Dialect, Postgres, Sqlite
from crmcore.adapters.sql.connection.engines import dialect_of, engine_for
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.rights import write_roles
from crmcore.domain.model.ids import UserId
from crmcore.domain.protocol.snapshot import Query
from tests.ready import lay_made
from tests.survival.races.history import History, Operation, Picture
from tests.survival.races.memory import ROLES
from tests.survival.races.pictures import picture_from_sql
from tests.survival.races.players import Player, Stage
from tests.survival.races.story import CAST, Step, Story, image_of_story

__all__ = ["DATABASE_WEAKNESSES", "PostgresPlace", "Processes", "SqlitePlace"]

#: How long anybody waits for anybody, in seconds, before the run is called broken.
PATIENCE = 120


class Scene(NamedTuple):
    """Where one history takes place."""

    url: str
    schema: str | None
    portal: int


class _Deferred(Sqlite):
    """Begins a write as the driver does of its own accord: whoever reads first writes later."""

    def begin_write(self, cursor: Any, portal: int, exclusive: bool) -> None:
        cursor.execute("BEGIN")


class _OfTheDriver(Sqlite):
    """Leaves it to the driver, which by default begins before the first statement that writes: reads stand outside."""

    def begin_write(self, cursor: Any, portal: int, exclusive: bool) -> None:
        cursor.connection.isolation_level = "DEFERRED"


class _NoTransaction(Sqlite):
    """Begins nothing: every statement is its own commit."""

    def begin_write(self, cursor: Any, portal: int, exclusive: bool) -> None:
        """Nothing."""


class _NoAdvisoryLock(Postgres):
    """Lets commits that change the mode run beside all others."""

    def begin_write(self, cursor: Any, portal: int, exclusive: bool) -> None:
        cursor.execute("SET LOCAL enable_seqscan = off")


class _NoLocks(_NoAdvisoryLock):
    """The same, and no row is held either: what was checked may be gone when it is written."""

    for_update = ""
    for_share = ""


#: Weakened ways to speak to a database, by name.
DATABASE_WEAKNESSES: dict[str, Callable[[], Dialect]] = {
    "transactions begin deferred": _Deferred,
    "transactions left to the driver": _OfTheDriver,
    "no transaction": _NoTransaction,
    "no advisory lock": _NoAdvisoryLock,
    "no advisory lock, no row locks": _NoLocks,
}


class SqlitePlace:
    """SQLite files in a folder, a new one after so many histories."""

    name = "sqlite"

    def __init__(self, folder: Path, each: int = 100) -> None:
        self.folder = folder
        self.each = each
        self.made = 0
        self.files: list[Path] = []
        self.engine: Engine | None = None

    def prepare(self, story: Story) -> Scene:
        number, of = divmod(self.made, self.each)
        self.made += 1
        if not of:
            file = self.folder / f"races-{number}.db"
            lay_made(file, upgrade)
            self.files.append(file)
            if self.engine is not None:
                self.engine.dispose()
            self.engine = engine_for(f"sqlite:///{file}")
            if len(self.files) > 2:  # the one before the last may still be in use
                gone = self.files.pop(0)
                for name in (gone, gone.with_name(gone.name + "-wal"), gone.with_name(gone.name + "-shm")):
                    name.unlink(missing_ok=True)
        assert self.engine is not None  # made with the first file
        return Scene(f"sqlite:///{self.files[-1]}", None, _make(self.engine, f"race-{self.made}", story))

    def picture(self, scene: Scene) -> Picture:
        with closing(sqlite3.connect(scene.url.removeprefix("sqlite:///"))) as connection:
            connection.execute("BEGIN")
            return picture_from_sql(connection.execute, scene.portal)

    def close(self) -> None:
        if self.engine is not None:
            self.engine.dispose()


class PostgresPlace:
    """One schema of a PostgreSQL server, gone at the end."""

    name = "postgres"

    def __init__(self, url: str, schema: str = "races") -> None:
        self.url = url
        self.schema = schema
        self.made = 0
        self._connection = psycopg.connect(url, autocommit=True, options=f"-csearch_path={schema}")
        self._connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
        self._connection.execute(f"CREATE SCHEMA {schema}".encode())
        upgrade(url, schema)
        self.engine = engine_for(url, schema)

    def prepare(self, story: Story) -> Scene:
        self.made += 1
        return Scene(self.url, self.schema, _make(self.engine, f"race-{self.made}", story))

    def picture(self, scene: Scene) -> Picture:
        with self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return picture_from_sql(lambda each: self._connection.execute(each.encode()).fetchall(), scene.portal)

    def close(self) -> None:
        self.engine.dispose()
        self._connection.execute(f"DROP SCHEMA IF EXISTS {self.schema} CASCADE".encode())
        self._connection.close()


def _make(engine: Engine, name: str, story: Story) -> int:
    """A new portal over a connection that is open already: what `create_portal` does, without looking around first."""
    named = {"administrator": ADMINISTRATOR, "manager": MANAGER}
    roles = {UserId(actor): (named[role],) for actor, role in ROLES.items()}
    with engine.begin() as connection:
        dialect = dialect_of(engine)
        driver: Any = connection.connection.driver_connection
        if dialect.name == "sqlite":
            driver.execute("BEGIN IMMEDIATE")
        portal = load_portal(connection, dialect, name, image_of_story(story))
        write_roles(Transaction(connection, dialect, portal), roles)
        driver.commit()
    return portal


class Processes:
    """A target: plays stories with a process for each of the cast."""

    def __init__(self, place: Any, weakness: str | None = None) -> None:
        self.place = place
        self.name = place.name
        context = get_context("fork")
        barrier = context.Barrier(len(CAST))
        self.pipes: list[Connection] = []
        self.processes: list[Any] = []
        for number in range(len(CAST)):
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, barrier, number, weakness), daemon=True)
            process.start()
            theirs.close()
            self.pipes.append(ours)
            self.processes.append(process)

    def play(self, story: Story) -> History:
        """One history from its beginning to its end."""
        (history,) = self.histories((story,))
        return history

    def histories(self, stories: Iterable[Story]) -> Iterator[History]:
        """One after the other; while the caller looks at one, the next is played."""
        running: tuple[Story, Scene, Picture] | None = None
        for story in stories:
            scene = self.place.prepare(story)
            following = (story, scene, self.place.picture(scene))
            ended = None if running is None else self._end(*running)
            running = following
            self._begin(story, scene)
            if ended is not None:
                yield ended
        if running is not None:
            yield self._end(*running)

    def _begin(self, story: Story, scene: Scene) -> None:
        for number, pipe in enumerate(self.pipes):
            pipe.send((scene, story.seed, story.scripts[number], True))

    def _end(self, story: Story, scene: Scene, before: Picture) -> History:
        log = [operation for pipe in self.pipes for operation in self._receive(pipe)]
        if story.last:
            self.pipes[0].send((scene, story.seed, story.last, False))
            log += [each._replace(process=len(CAST)) for each in self._receive(self.pipes[0])]
        return History(story.seed, before, ROLES, story.match, tuple(log), self.place.picture(scene))

    def _receive(self, pipe: Connection) -> list[Operation]:
        if not pipe.poll(PATIENCE):
            raise RuntimeError("a process of the cast does not answer")
        answer = pipe.recv()
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return [Operation(*each) for each in answer]

    def close(self) -> None:
        """Send everybody home."""
        for pipe in self.pipes:
            pipe.send(None)
            pipe.close()
        for process in self.processes:
            process.join(10)
            if process.is_alive():
                process.kill()
        self.place.close()


def _serve(pipe: Connection, barrier: Barrier, number: int, weakness: str | None) -> None:
    """The life of one process of the cast."""
    engines: dict[str, Engine] = {}
    parent = os.getppid()
    while True:
        while not pipe.poll(5):
            if os.getppid() != parent:  # it is gone, and the pipe does not end: its other end was forked too
                return
        asked = pipe.recv()
        if asked is None:
            break
        scene, seed, script, together = asked
        try:
            pipe.send(
                [tuple(each) for each in _play(engines, scene, seed, script, together, barrier, number, weakness)]
            )
        except Exception as error:  # told to the one who asked
            barrier.abort()
            pipe.send(f"process {number} broke: {type(error).__name__}: {error}")
    for engine in engines.values():
        engine.dispose()


def _play(
    engines: dict[str, Engine],
    scene: Scene,
    seed: int,
    script: tuple[Step, ...],
    together: bool,
    barrier: Barrier,
    number: int,
    weakness: str | None,
) -> list[Operation]:
    engine = engines.get(scene.url)
    if engine is None:
        for old in engines.values():
            old.dispose()
        engines.clear()
        engine = engines[scene.url] = engine_for(scene.url, scene.schema)
    held = engine
    store = SqlStore(lambda: held, scene.portal)
    if weakness in DATABASE_WEAKNESSES:
        store.own.dialect = DATABASE_WEAKNESSES[weakness]()
    player = Player(stage_of(store), number, seed, weakness)
    store.snapshot(Query())  # connected before the start
    if together:
        barrier.wait(PATIENCE)
    return player.play(script)


def stage_of(store: SqlStore) -> Stage:
    """A store with the rights and the plan that are kept in the same database."""

    def revoke(of: UserId) -> None:
        store.permissions.revoke(of, by=UserId(1))

    def end_plan() -> None:
        store.plan.set_classic(False, by=UserId(1))

    return Stage(store, store.permissions, store.plan, revoke=revoke, end_plan=end_plan)

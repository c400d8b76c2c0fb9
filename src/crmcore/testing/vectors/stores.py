"""Where the vectors run: in memory, or in a database in which each has a portal of its own."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.image import CrmImage
from crmcore.ports.store import Store
from crmcore.testing.fork import fork
from crmcore.testing.vectors.canonical import by_identity

__all__ = ["MakeStore", "in_memory", "stores_at"]

MakeStore = Callable[[CrmImage], Store]


def in_memory(image: CrmImage) -> InMemoryStore:
    """A store in memory with the records of an image: a copy of the first one, since vectors share their images."""
    return fork(_first(image))


#: Nobody writes to the first store of an image.
_first = by_identity(InMemoryStore)


@contextmanager
def stores_at(where: str) -> Iterator[MakeStore]:
    """A maker of stores in "memory", in a "sqlite" file that goes afterwards, or in the database of an address.

    In PostgreSQL the tables are made in a schema of their own, which is dropped afterwards; a SQLite file that is named
    must not be there, and stays. Raises `MissingExtra` without the extra `sql`, and what opening a database raises.

    >>> from crmcore.ports import new_crm
    >>> with stores_at("memory") as make_store:
    ...     print(type(make_store(new_crm())).__name__)
    InMemoryStore
    """
    if where == "memory":
        yield in_memory
        return
    with ExitStack() as left:
        if where == "sqlite":
            folder = left.enter_context(tempfile.TemporaryDirectory(prefix="crmcore-vectors-"))
            where = f"sqlite:///{Path(folder) / 'vectors.db'}"
        yield left.enter_context(_portals(where))


@contextmanager
def _portals(url: str) -> Iterator[MakeStore]:
    """Portals in one database, made over one engine: opening it for each vector would take longer than the vector."""
    from crmcore.adapters.sql import create_portal
    from crmcore.adapters.sql.commits.image import load_portal
    from crmcore.adapters.sql.connection.addresses import parsed
    from crmcore.adapters.sql.connection.engines import dialect_of, engine_for
    from crmcore.adapters.sql.store import SqlStore

    class Portal(SqlStore):
        """A portal whose connections stay open for the next one."""

        def close(self) -> None:
            """Leave the engine to the others."""

    place = parsed(url)
    is_file = place.get_backend_name() == "sqlite"
    if is_file and Path(str(place.database)).exists():
        raise InvalidValue("url", "the name of a file that is not there yet")
    schema = None if is_file else f"crmcore_vectors_{uuid4().hex[:12]}"
    create_portal(url, "none", schema=schema).close()
    engine = engine_for(url, schema)
    numbers = count(1)

    def make_store(image: CrmImage) -> Store:
        with engine.begin() as connection:
            if is_file:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            number = load_portal(connection, dialect_of(engine), f"vector-{next(numbers)}", image)
        return Portal(lambda: engine, number)

    try:
        yield make_store
    finally:
        if schema is not None:
            with engine.begin() as connection:
                connection.exec_driver_sql(f'DROP SCHEMA "{schema}" CASCADE')
        engine.dispose()

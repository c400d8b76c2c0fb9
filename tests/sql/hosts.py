"""An app that has a table of its own in the database of a CRM, and works on both in one transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import NullPool

from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.sql.store import JoinedStore, SqlStore
from crmcore.application.crm import Crm
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.rules.authority import ADMINISTRATOR
from crmcore.ports import Event
from crmcore.testing.contracts.scene import ADMIN
from tests.sql.conftest import Database
from tests.sql.servers import store_in

__all__ = ["HostApp", "host_engine"]


class HostApp:
    """The host: `engine` is its own, `note` writes a row of its own, `heard` is what its observer was told."""

    def __init__(self, database: Database, image: CrmImage | None = None) -> None:
        self.database = database
        self.store = store_in(database.url, image or new_crm(CrmMode.CLASSIC), schema=database.schema)
        self.store.permissions.grant(ADMIN, ADMINISTRATOR)
        self.engine = host_engine(database)
        with self.engine.begin() as connection:
            number = "INTEGER" if database.schema is None else "SERIAL"
            connection.exec_driver_sql(f"CREATE TABLE note (id {number} PRIMARY KEY, lead BIGINT, said TEXT)")
        self.heard: list[Event] = []
        self.clock = FixedClock()
        self.crm = self.crm_of(self.store)

    def crm_of(self, store: SqlStore) -> Crm:
        """A CRM whose observer is the host's."""
        return Crm(store=store, permissions=store.permissions, plan=store.plan, clock=self.clock, observer=self)

    def on(self, connection: Any) -> Crm:
        """A CRM in the host's transaction."""
        return self.crm_of(self.joined(connection))

    def joined(self, connection: Any) -> JoinedStore:
        """A store in the host's transaction."""
        return self.store.on(connection)

    def tell(self, events: Sequence[Event]) -> None:
        """The observer."""
        self.heard.extend(events)

    def note(self, connection: Connection, lead: int, said: str = "") -> None:
        """Write a row of the host's own about a lead."""
        connection.exec_driver_sql(f"INSERT INTO note (lead, said) VALUES ({int(lead)}, '{said}')")

    def notes(self) -> list[int]:
        """The leads that the host has committed rows about, in order."""
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql("SELECT lead FROM note ORDER BY id").scalars())

    def leads(self) -> list[int]:
        """The leads that are committed."""
        return [found.record.id for found in self.crm.leads(ADMIN)]

    def close(self) -> None:
        """Give all connections back."""
        self.store.close()
        self.engine.dispose()


def host_engine(database: Database, **options: Any) -> Engine:
    """An engine as a host makes it: links are checked, and its own tables lie beside those of the CRM."""
    url = make_url(database.url)
    if database.schema is None:
        engine = create_engine(url, poolclass=NullPool, **options)
        event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys=ON"))
        return engine
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"options": f"-csearch_path={database.schema}"},
        poolclass=NullPool,
        **options,
    )

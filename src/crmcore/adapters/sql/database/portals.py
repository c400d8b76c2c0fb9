"""The CRMs of a database: creating, opening, filling, listing and checking them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, inspect, text

from crmcore.adapters.redaction import redacted
from crmcore.adapters.sql.commits.image import load_portal
from crmcore.adapters.sql.connection.addresses import located
from crmcore.adapters.sql.connection.engines import EngineAt, dialect_of
from crmcore.adapters.sql.connection.errors import LeadsElsewhere, PortalExists, PortalInUse, UnknownPortal
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.database.versions import begun, check_version, take_turns, version_of
from crmcore.adapters.sql.rights import roles_in, write_roles
from crmcore.adapters.sql.rows.leads import LeadRows
from crmcore.adapters.sql.rows.records import TABLES
from crmcore.adapters.sql.rows.tables import metadata
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.errors import StoreCorrupt
from crmcore.domain.model.ids import Kind, UserId
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.text import check_code, check_type
from crmcore.domain.rules.authority import Role, may_settings

__all__ = [
    "count_of",
    "create_portal",
    "examine",
    "fill_portal",
    "keep_events",
    "open_store",
    "portals_of",
    "upgrade",
    "upgrade_connection",
]

#: The tables that a portal without records may have rows in, those that others link to last.
_EMPTIED = (*(name for name in metadata.tables if name not in ("crm_role", "crm_portal")), "crm_role")


def upgrade(url: str, schema: str | None = None) -> tuple[str | None, str]:
    """Create the tables, or upgrade them to this version; return the version before and after.

    A missing SQLite file is created, and on PostgreSQL a missing schema. All of it is done or nothing.
    Raises `NewerStore` if the tables have a version that this library does not know.
    """
    # Alembic is loaded only when tables are created.
    from crmcore.adapters.sql.database.upgrade import upgrade as carry_out

    return carry_out(url, schema)


def upgrade_connection(
    connection: Connection, schema: str | None = None, place: str = "the database"
) -> tuple[str | None, str]:
    """Upgrade the tables inside the running transaction; return the version before and after.

    For a host that calls this from one of its own migrations; the host commits it or rolls it back. On PostgreSQL a
    missing schema is created.
    Raises `NewerStore` if the tables have a newer version, `UnfinishedStore` if they have none, and `NoTransaction` if
    the connection commits every statement by itself.
    """
    from crmcore.adapters.sql.database.upgrade import upgrade_connection as carry_out

    return carry_out(connection, schema, place)


def create_portal(
    url: str,
    portal: str = "main",
    image: CrmImage | None = None,
    schema: str | None = None,
    *,
    roles: Mapping[UserId, Iterable[Role]] | None = None,
    events: bool = False,
    leads: LeadRows | None = None,
) -> SqlStore:
    """Create a CRM and open it: an empty Simple one, or that of the image; all of it or nothing.

    A database without any table gets the tables of crmcore; one with other tables is refused until you call `upgrade`.
    `roles` are granted at once, so that the CRM has an administrator from the start. With `events` it keeps what
    happens (EVENT-1). With `leads` what its leads say is in rows of the host's, from now on and for ever.
    Raises `PortalExists` if the name is taken, and what `open_store` raises.
    """
    check_code("portal", portal)
    with begun(url, schema, make=True, keep=True) as connection:
        take_turns(connection)
        if version_of(connection, schema) is None and not inspect(connection).get_table_names(schema=schema):
            upgrade_connection(connection, schema)
        check_version(connection, redacted(url), schema)
        if _number_of(connection, portal) is not None:
            raise PortalExists(redacted(url), portal)
        dialect = dialect_of(connection.engine)
        number = load_portal(connection, dialect, portal, image or new_crm(), events=events, leads=leads)
        write_roles(_transaction(connection, number), roles or {})
    store = _store(url, schema, number, leads, connection)
    # The first connection settles a file, which is not to come while a host is writing to it.
    store.own.again(lambda: store.own.place(number))
    return store


def open_store(url: str, portal: str = "main", schema: str | None = None, *, leads: LeadRows | None = None) -> SqlStore:
    """Open an existing CRM; this creates nothing and migrates nothing.

    `leads` are the host's rows for its leads, if it was created with some; anything else raises `LeadsElsewhere`.
    Raises `MissingStore`, `OlderStore`, `NewerStore`, `ForeignStore`, `UnfinishedStore`, `UnreachableStore`,
    `ForbiddenStore` or `UnknownPortal`, each of which says what to do, and `StoreBusy` if the database is unavailable
    at the moment.
    """
    check_code("portal", portal)
    with begun(url, schema, keep=True) as connection:
        check_version(connection, redacted(url), schema)
        number = _number_of(connection, portal)
        if number is None:
            raise UnknownPortal(redacted(url), portal)
        asked = text("SELECT own_leads FROM crm_portal WHERE id = :number")
        if bool(connection.execute(asked, {"number": number}).scalar()) is not (leads is not None):
            raise LeadsElsewhere(redacted(url), portal, has_rows=leads is None)
    return _store(url, schema, number, leads, connection)


def _store(url: str, schema: str | None, number: int, leads: LeadRows | None, opened: Connection) -> SqlStore:
    """The store; on a server it goes on with the connection that found it, a file gets one with its settings."""
    engine = None if opened.dialect.name == "sqlite" else opened.engine
    return SqlStore(EngineAt(located(url), schema), number, leads=leads, engine=engine)


def fill_portal(store: SqlStore, image: CrmImage, *, by: UserId | None = None) -> Refused | None:
    """Fill a portal that has no records with a whole CRM; its roles and its plan stay.

    The actor needs the right to change settings, as for an export (PERM-6). Raises `PortalInUse`.
    """

    with store.changing() as tx:
        refused = None if by is None else may_settings(store.permissions.rights(by), "PERM-6")
        if refused is not None:
            return refused
        tx.portal_row()
        columns = "name, has_classic, keeps_events"
        name, has_classic, events = tx.rows(f"SELECT {columns} FROM crm_portal WHERE id = ?", (tx.portal,))[0]
        for kind, table in TABLES.items():
            if kind is not Kind.PIPELINE and tx.rows(f"SELECT 1 FROM {table.name} WHERE portal = ?", (tx.portal,)):
                raise PortalInUse(f"the portal {name!r}", f"at least one {kind.value}")
        granted, defined = roles_in(tx)
        # The new one beside the old one, so that it gets a number of its own: who decided on the old one finds it gone.
        tx.run("UPDATE crm_portal SET name = ? WHERE id = ?", (f"{name} (replaced)", tx.portal))
        number = load_portal(tx.connection, tx.dialect, name, image, events=bool(events), leads=store.lead_rows)
        for table_name in ("crm_event", "crm_counter"):  # what happened stays, and its numbers go on
            kept = " AND kind = 'event'" if table_name == "crm_counter" else ""
            tx.run(f"UPDATE {table_name} SET portal = ? WHERE portal = ?{kept}", (number, tx.portal))
        for table_name in _EMPTIED:
            tx.run(f"DELETE FROM {table_name} WHERE portal = ?", (tx.portal,))
        tx.run("DELETE FROM crm_portal WHERE id = ?", (tx.portal,))
        made = _transaction(tx.connection, number)
        made.run("UPDATE crm_portal SET has_classic = ? WHERE id = ?", (has_classic, number))
        write_roles(made, granted, defined)
    store.portal_id = number
    return None


def keep_events(store: SqlStore, keep: bool = True, *, by: UserId | None = None) -> Refused | None:
    """Keep what happens from now on, or no longer (EVENT-1); what was kept stays.

    The actor needs the right to change settings. Refused as `switch_in_progress` while a switch is live. The epoch
    moves, so that no step that was decided before is committed without its events.
    """
    check_type("keep", keep, bool)
    with store.changing() as tx:
        refused = None if by is None else may_settings(store.permissions.rights(by), "PERM-6")
        portal = tx.portal_row()
        if refused is None and portal.settings.switching is not None:
            refused = Refused(Reason.SWITCH_IN_PROGRESS)
        if refused is None and portal.keeps_events is not keep:
            tx.run(
                "UPDATE crm_portal SET keeps_events = ?, epoch = epoch + 1, settings_version = settings_version + 1"
                " WHERE id = ?",
                (keep, tx.portal),
            )
    return refused


def portals_of(url: str, schema: str | None = None) -> tuple[str, ...]:
    """The names of all CRMs in a database."""
    with begun(url, schema) as connection:
        check_version(connection, redacted(url), schema)
        return tuple(connection.execute(text("SELECT name FROM crm_portal ORDER BY name")).scalars())


def count_of(store: SqlStore, kind: Kind) -> int:
    """How many records of a kind a CRM has, deleted ones included."""
    with store.reading() as tx:
        return int(tx.rows(f"SELECT COUNT(*) FROM {TABLES[kind].name} WHERE portal = ?", (tx.portal,))[0][0])


def examine(url: str, schema: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield one check after another, each with its finding; the first that fails raises its error."""
    with begun(url, schema) as connection:
        yield "reachable", redacted(url)
        check_version(connection, redacted(url), schema)
        yield "tables", f"version {version_of(connection, schema)}"
        yield from _sqlite_checks(connection) if connection.dialect.name == "sqlite" else _postgres_checks(connection)
    yield "portals", ", ".join(portals_of(url, schema)) or "none"


def _sqlite_checks(connection: Connection) -> Iterator[tuple[str, str]]:
    def pragma(name: str) -> Any:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    found = pragma("quick_check")
    if found != "ok":
        raise StoreCorrupt("the file is damaged; restore a backup")
    yield "file", f"sound, {pragma('page_count') * pragma('page_size')} bytes"
    yield "journal", str(pragma("journal_mode"))
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise StoreCorrupt("a record links to one that does not exist; restore a backup")
    yield "links", "each leads to a record"


def _postgres_checks(connection: Connection) -> Iterator[tuple[str, str]]:
    for name, setting in (("server", "server_version"), ("isolation", "transaction_isolation"), ("disk", "fsync")):
        yield name, f"{setting} {connection.execute(text(f'SHOW {setting}')).scalar()}"


def _number_of(connection: Connection, portal: str) -> int | None:
    found = connection.execute(text("SELECT id FROM crm_portal WHERE name = :name"), {"name": portal}).scalar()
    return None if found is None else int(found)


def _transaction(connection: Connection, number: int) -> Transaction:
    return Transaction(connection, dialect_of(connection.engine), number)

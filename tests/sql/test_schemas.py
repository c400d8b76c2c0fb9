"""A schema that an earlier test has used is as good as new, and one that it has changed is never used again."""

from uuid import uuid4

import psycopg
import pytest

from crmcore.application.images import image_of
from crmcore.domain.model.image import new_crm
from crmcore.testing.contracts.scene import Scene
from tests.sql.schemas import give_back
from tests.sql.servers import new_postgres_store


def _tables(url: str) -> set[int]:
    """The tables of leads on the server: what is made anew has another number."""
    with psycopg.connect(url) as connection:
        return {oid for (oid,) in connection.execute("SELECT oid FROM pg_class WHERE relname = 'crm_lead'").fetchall()}


def _next_event(url: str, schema: str) -> int:
    with psycopg.connect(url) as connection:
        (number,) = connection.execute(f"SELECT nextval('\"{schema}\".crm_event_id')".encode()).fetchone() or (0,)
    return int(number)


def test_a_schema_that_is_given_back_is_the_next_one_and_empty(postgres_url: str) -> None:
    """Nothing is made, no row is left, and ids begin at one again."""
    one, other = (f"given_{uuid4().hex}" for _ in range(2))
    with new_postgres_store(postgres_url, one, new_crm()) as store:
        first = Scene(store).add(title="Request")
    assert _next_event(postgres_url, one) == 1
    give_back(postgres_url, one)
    before = _tables(postgres_url)
    with new_postgres_store(postgres_url, other, new_crm()) as store:
        assert _tables(postgres_url) == before
        assert image_of(store) == new_crm()
        assert (store.portal_id, Scene(store).add(title="Request")) == (1, first)
    assert _next_event(postgres_url, other) == 1
    give_back(postgres_url, other)


def test_a_table_of_a_host_goes_and_the_others_are_used_again(postgres_url: str) -> None:
    """Also with a sequence of its own, and a link to a table of crmcore."""
    one, other = (f"hosted_{uuid4().hex}" for _ in range(2))
    new_postgres_store(postgres_url, one, new_crm()).close()
    own = "CREATE TABLE own (id serial, portal integer REFERENCES crm_portal); INSERT INTO own (portal) VALUES (1)"
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f'SET search_path TO "{one}"; {own}'.encode())
    before = _tables(postgres_url)
    give_back(postgres_url, one)
    new_postgres_store(postgres_url, other, new_crm()).close()
    assert _tables(postgres_url) == before
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT to_regclass(%s)", (f"{other}.own",)).fetchone() == (None,)
    give_back(postgres_url, other)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE crm_lead ADD COLUMN own integer",
        "ALTER TABLE crm_lead ALTER COLUMN title SET DEFAULT 'x'",
        "ALTER TABLE crm_lead DROP CONSTRAINT crm_lead_check_whole",
        "CREATE INDEX own ON crm_lead (title)",
        "CREATE TABLE crm_own (id integer)",
        "CREATE VIEW own AS SELECT 1",
        "GRANT SELECT ON crm_lead TO PUBLIC",
        "UPDATE crmcore_version SET version_num = 'x'",
        "DROP TABLE crm_event",
    ],
)
def test_a_schema_that_was_changed_is_dropped(postgres_url: str, change: str) -> None:
    """Whatever a test does to its tables, no other test has them."""
    schema = f"changed_{uuid4().hex}"
    new_postgres_store(postgres_url, schema, new_crm()).close()
    with psycopg.connect(postgres_url) as connection:
        connection.execute(f'SET search_path TO "{schema}"; {change}'.encode())
        (table,) = connection.execute("SELECT to_regclass('crm_lead')::oid").fetchone() or (None,)
    give_back(postgres_url, schema)
    assert table not in _tables(postgres_url)

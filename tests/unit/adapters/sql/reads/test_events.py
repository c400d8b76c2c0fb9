"""The events of a CRM page after page: on SQLite in the order of ids, on PostgreSQL between two moments.

What a server says of its transactions is said here by two functions on a file, so that each moment can be set.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from crmcore import InvalidValue, NoEvents
from crmcore.adapters.sql.connection.dialects import Sqlite
from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.reads.events import events_of
from crmcore.adapters.sql.rows.event_rows import event_row
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.model.ids import LeadId
from crmcore.domain.model.image import new_crm
from crmcore.domain.protocol.events import LeadAdded
from tests.unit.adapters.sql.pairs import paired, run

#: How a server refuses a place that it has not come to.
RESTORED = "a place in the events of this server; of a restored one, none to begin anew"
Read = Callable[[str | None, int], tuple[list[int], str]]


class Server(Sqlite):
    """A file that answers as a server does of which transactions a moment sees."""

    name = "postgresql"

    def text(self, statement: str) -> str:
        """Without the types of PostgreSQL."""
        return re.sub(r"::\w+", "", statement)


class Moment:
    """What a server says of its transactions now: below which all are over, at which none has begun, who is at work."""

    now = "3:3:"

    def __init__(self, driver: Any) -> None:
        driver.create_function("pg_current_snapshot", 0, lambda: self.now)
        driver.create_function("pg_visible_in_snapshot", 2, _is_seen)


def _is_seen(step: int, moment: str) -> bool:
    low, high, at_work = moment.split(":")
    return step < int(low) or (step < int(high) and str(step) not in at_work.split(","))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """A CRM that keeps its events, beside one that has some."""
    with paired(tmp_path / "crm.db", new_crm()).sql as made:
        run(made, "UPDATE crm_portal SET keeps_events = 1", "DELETE FROM crm_event")
        happened(made, {7: 0, 8: 5}, portal=1)
        yield made


@pytest.fixture
def tx(store: SqlStore) -> Iterator[Transaction]:
    """A transaction on such a server."""
    with store.engine().connect() as connection:
        yield Transaction(connection, Server(), store.portal_id)
        connection.invalidate()


def happened(store: SqlStore, steps: dict[int, int], portal: int | None = None) -> None:
    """A lead was added in each of these transactions, told under these ids."""
    for id, step in steps.items():
        name, body = event_row(LeadAdded(LeadId(id)))
        row = f"{portal or store.portal_id}, {id}, {step}, '{name}', '{body}'"
        run(store, f"INSERT INTO crm_event (portal, id, step, name, body) VALUES ({row})")


def reader(tx: Transaction) -> Read:
    """What a page tells, each event by the lead, which has its id, and where the next one begins."""

    def read(after: str | None, limit: int) -> tuple[list[int], str]:
        page = events_of(tx, after, limit)
        assert [each.event for each in page.entries] == [LeadAdded(LeadId(each.id)) for each in page.entries]
        return [each.id for each in page.entries], page.after

    return read


@pytest.mark.rule("EVENT-2.3")
def test_a_file_tells_its_events_in_the_order_of_ids(store: SqlStore) -> None:
    """Each page goes on after the last id; a page without events stays where it was."""
    happened(store, {3: 0, 1: 0, 10: 0, 7: 0})
    with store.reading() as tx:
        read = reader(tx)
        assert read(None, 10) == ([1, 3, 7, 10], "10")
        assert read(None, 3) == ([1, 3, 7], "7")
        assert read("7", 3) == ([10], "10")
        assert read("10", 3) == ([], "10")
        assert read("0", 1) == ([1], "1")
        assert read("9" * 18, 1) == ([], "9" * 18)


@pytest.mark.rule("EVENT-2.1")
@pytest.mark.parametrize("after", ["", "x", "-1", "1.5", " 1", "9" * 19, "3:3:/"])
def test_a_place_that_is_none_of_a_file_is_refused(store: SqlStore, after: str) -> None:
    """The page before says where the next one begins."""
    with store.reading() as tx, pytest.raises(InvalidValue) as told:
        events_of(tx, after, 1)
    assert (told.value.field, told.value.expected) == ("after", "the `after` of a page of these events")


@pytest.mark.rule("EVENT-1.1")
def test_where_no_events_are_kept_nobody_reads_some(store: SqlStore) -> None:
    """What there was of them before is not told either."""
    happened(store, {1: 0})
    run(store, "UPDATE crm_portal SET keeps_events = 0")
    with store.reading() as tx, pytest.raises(NoEvents):
        events_of(tx, None, 1)


@pytest.mark.rule("EVENT-2.3", "EVENT-2.4")
def test_a_server_tells_what_was_committed_between_two_moments(store: SqlStore, tx: Transaction) -> None:
    """A commit that comes after others with higher ids is on the page of the moment that sees it, and on no other."""
    server, read = Moment(tx.driver), reader(tx)
    assert read(None, 10) == ([], "3:3:/")
    happened(store, {1: 5, 2: 6, 3: 7, 4: 9})
    server.now = "5:8:5,7"
    assert read(None, 10) == ([2], "5:8:5,7/")
    assert read("3:3:/", 10) == ([2], "5:8:5,7/")
    server.now = "7:10:7"
    assert read("5:8:5,7/", 10) == ([1, 4], "7:10:7/")
    server.now = "10:10:"
    assert read("7:10:7/", 10) == ([3], "10:10:/")
    assert read("10:10:/", 10) == ([], "10:10:/")
    assert read(None, 10) == ([1, 2, 3, 4], "10:10:/")


@pytest.mark.rule("EVENT-2.4")
def test_a_full_page_of_a_server_goes_on_within_its_moment(store: SqlStore, tx: Transaction) -> None:
    """What is committed meanwhile comes after all that this moment sees, though its id be lower."""
    server, read = Moment(tx.driver), reader(tx)
    happened(store, {1: 8, 2: 5, 3: 6, 4: 7, 5: 5, 6: 8})
    server.now = "8:9:8"
    assert read(None, 2) == ([2, 3], "3:3:/8:9:8/3")
    assert read(None, 4) == ([2, 3, 4, 5], "3:3:/8:9:8/5")
    server.now = "9:9:"
    assert read("3:3:/8:9:8/3", 1) == ([4], "3:3:/8:9:8/4")
    assert read("3:3:/8:9:8/3", 2) == ([4, 5], "3:3:/8:9:8/5")
    assert read("3:3:/8:9:8/3", 3) == ([4, 5, 1], "8:9:8/9:9:/1")
    assert read("3:3:/8:9:8/3", 5) == ([4, 5, 1, 6], "9:9:/")
    assert read("3:3:/8:9:8/5", 1) == ([1], "8:9:8/9:9:/1")
    assert read("8:9:8/9:9:/1", 2) == ([6], "9:9:/")


@pytest.mark.rule("EVENT-2.4")
def test_a_server_does_not_tell_what_was_written_on_a_file(store: SqlStore, tx: Transaction) -> None:
    """Such an event has no transaction of this server."""
    server, read = Moment(tx.driver), reader(tx)
    happened(store, {1: 0, 2: 1, 3: 3})
    server.now = "4:4:"
    assert read(None, 10) == ([3], "4:4:/")
    assert read("1:1:/", 10) == ([2, 3], "4:4:/")


@pytest.mark.rule("EVENT-2")
@pytest.mark.parametrize(
    "after, says",
    [
        ("11:11:/", RESTORED),
        ("11:12:/3:3:/1", RESTORED),
        *(
            (each, "the `after` of a page of these events")
            for each in ("", "7", "3:3:", "3:3:/3:3:", "3:3:/x", "3:3:5,/")
        ),
    ],
)
def test_a_place_that_is_none_of_this_server_is_refused(tx: Transaction, after: str, says: str) -> None:
    """A restored server counts its transactions anew, and a reader would miss what it writes."""
    Moment(tx.driver).now = "9:10:9"
    with pytest.raises(InvalidValue) as told:
        events_of(tx, after, 1)
    assert (told.value.field, told.value.expected) == ("after", says)


def test_a_place_at_the_end_of_what_a_server_has_seen_is_one_of_it(tx: Transaction) -> None:
    """Nothing was written since."""
    Moment(tx.driver).now = "9:10:9"
    assert reader(tx)("10:10:/", 5) == ([], "9:10:9/")

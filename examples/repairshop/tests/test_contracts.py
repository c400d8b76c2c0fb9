"""The order book is a store, the staff table are permissions, and the subscription is a plan, as crmcore wants them."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from crmcore import Role, UserId
from crmcore.ports import CrmImage, new_crm
from crmcore.testing import CrmMachine, PermissionsContract, PlanContract, StoreContract
from hypothesis.stateful import run_state_machine_as_test

from repairshop import OrderBook, Staff, Subscription


class WithBooks:
    """Tests that need any number of order books, each in a file of its own."""

    @pytest.fixture(autouse=True)
    def _shelf(self, tmp_path: Path) -> Iterator[None]:
        self.folder = tmp_path
        self.books: list[OrderBook] = []
        yield
        for book in self.books:
            book.close()

    def new_book(self, seed: CrmImage) -> OrderBook:
        book = OrderBook.new(self.folder / f"orders{len(self.books)}.db", seed, durable=False)
        self.books.append(book)
        return book

    def reopened(self, book: OrderBook) -> OrderBook:
        book.close()
        self.books.append(OrderBook.open(book.database.path, durable=False))
        return self.books[-1]


class TestOrderBook(WithBooks, StoreContract):
    """All that crmcore asks of a store, also behind its port."""

    def make_store(self, seed: CrmImage) -> OrderBook:
        return self.new_book(seed)

    def reopen(self, store: OrderBook) -> OrderBook:
        return OrderBook.open(store.database.path, durable=False)

    def raw(self, store: OrderBook) -> list[str]:
        with closing(sqlite3.connect(store.database.path)) as sql:
            return [*sql.iterdump()]

    @contextmanager
    def interrupted(self, store: OrderBook, n: int) -> Iterator[None]:
        connection = store.database._sql
        cut_off: Any = CutOff(connection, n)
        store.database._sql = cut_off
        yield
        store.database._sql = connection


class CutOff:
    """A connection on which commit `n` and all after it fail."""

    def __init__(self, connection: sqlite3.Connection, n: int) -> None:
        self.connection = connection
        self.left = n

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        self.left -= statement == "COMMIT"
        if statement == "COMMIT" and self.left <= 0:
            raise sqlite3.OperationalError("the process was killed")
        return self.connection.execute(statement, *values)


class TestOrderBookInUse(WithBooks):
    """What a list of promises cannot foresee."""

    def test_it_stays_right_in_any_order_of_events(self) -> None:
        """Commands, crashes, two people at once, and nights in between."""
        run_state_machine_as_test(CrmMachine(self.new_book, reopen=self.reopened))


class TestStaff(WithBooks, PermissionsContract):
    """All that crmcore asks of permissions."""

    def make_permissions(self, roles: Mapping[UserId, tuple[Role, ...]]) -> Staff:
        staff = Staff(self.new_book(new_crm()).database)
        for person, titles in roles.items():
            staff.set_titles(person, *titles)
        return staff

    def set_roles(self, permissions: Staff, actor: UserId, roles: tuple[Role, ...]) -> None:
        permissions.set_titles(actor, *roles)


class TestSubscription(WithBooks, PlanContract):
    """All that crmcore asks of a plan."""

    def make_plan(self, has_classic: bool) -> Subscription:
        subscription = Subscription(self.new_book(new_crm()).database)
        subscription.set_enquiries(has_classic)
        return subscription

    def change_plan(self, plan: Subscription, has_classic: bool) -> None:
        plan.set_enquiries(has_classic)

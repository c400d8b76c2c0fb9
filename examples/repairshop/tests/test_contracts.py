"""The order book is a store, the staff table are permissions, and the subscription is a plan, as crmcore wants them."""

from collections.abc import Callable, Mapping

import pytest
from crmcore import Role, UserId
from crmcore.domain.image import CrmImage, new_crm
from crmcore.testing import CrmMachine, PermissionsContract, PlanContract, StoreContract
from hypothesis.stateful import run_state_machine_as_test

from repairshop import OrderBook, Staff, Subscription

NewBook = Callable[[CrmImage], OrderBook]


def reopened(book: OrderBook) -> OrderBook:
    """The order book on the next morning."""
    book.close()
    return OrderBook.open(book.database.path)


class WithBooks:
    """A suite whose factories need a new order book."""

    new_book: NewBook

    @pytest.fixture(autouse=True)
    def _books(self, new_book: NewBook) -> None:
        self.new_book = new_book


class TestOrderBook(WithBooks, StoreContract):
    """All that crmcore asks of a store."""

    survives_restart = True

    def make_store(self, seed: CrmImage) -> OrderBook:
        return self.new_book(seed)

    def reopen(self, store: OrderBook) -> OrderBook:
        return reopened(store)


def test_the_order_book_stays_right_in_any_order_of_events(new_book: NewBook) -> None:
    """Commands, crashes, two people at once, and nights in between."""
    run_state_machine_as_test(CrmMachine(new_book, reopen=reopened))


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

"""What the contracts cannot know: this file, these tables, and the other processes that use them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from crmcore import (
    ADMINISTRATOR,
    MANAGER,
    BeginSwitch,
    Conflict,
    Crm,
    CrmMode,
    Kind,
    LeadId,
    ModeSwitchPolicy,
    RecordFault,
    Ref,
    StoreBusy,
    StoreCorrupt,
    UserId,
)
from crmcore.adapters.clocks import SystemClock
from crmcore.ports import Query, new_crm
from crmcore.testing import Step, accepted

from repairshop import OrderBook, Staff, Subscription

BOSS = UserId(1)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[OrderBook]:
    """An order book that takes enquiries."""
    book = OrderBook.new(tmp_path / "orders.db", new_crm(CrmMode.CLASSIC), durable=False)
    yield book
    book.close()


@pytest.fixture
def staff(book: OrderBook) -> Staff:
    """The staff: only the boss."""
    staff = Staff(book.database)
    staff.set_titles(BOSS, ADMINISTRATOR)
    return staff


@pytest.fixture
def crm(book: OrderBook, staff: Staff) -> Crm:
    """The shop at work."""
    return Crm(store=book, permissions=staff, plan=Subscription(book.database), clock=SystemClock())


def added(crm: Crm, title: str) -> LeadId:
    """A new enquiry."""
    enquiry = accepted(crm.add_lead(BOSS, title=title))
    assert isinstance(enquiry, int)
    return enquiry


def test_a_file_is_neither_overwritten_nor_made_up(book: OrderBook, tmp_path: Path) -> None:
    """A new order book needs a new name, and a mistyped name is no empty order book."""
    with pytest.raises(FileExistsError):
        OrderBook.new(book.database.path)
    with pytest.raises(FileNotFoundError):
        OrderBook.open(tmp_path / "mistyped.db")
    (tmp_path / "letter.txt").write_text("Dear customer, " * 100)
    with pytest.raises(StoreCorrupt):
        OrderBook.open(tmp_path / "letter.txt")


@pytest.mark.parametrize("table", ["enquiry", "task"])
def test_a_card_that_cannot_be_read_is_the_fault_of_one_enquiry(crm: Crm, book: OrderBook, table: str) -> None:
    """The changeover sets this enquiry aside, with a word on why, and converts the others."""
    broken, whole = added(crm, "Front wheel"), added(crm, "Brakes")
    accepted(crm.add_activity(BOSS, of=[Ref(Kind.LEAD, broken)]))
    with book.database.writing() as sql:
        sql.execute(f"UPDATE {table} SET card = json_remove(card, '$.created_at') WHERE ref = 1")
    with pytest.raises(RecordFault) as fault:
        book.snapshot(Query(leads=(whole, broken)))
    assert (fault.value.ref, fault.value.code) == (Ref(Kind.LEAD, broken), f"unreadable_{table}")

    report = accepted(crm.switch_to_simple(BOSS, policy=ModeSwitchPolicy(), key="2026"))
    assert (report.result, report.totals.converted, report.set_aside) == ("blocked", 1, (broken,))
    assert [entry.id for entry in book.page(Kind.LEDGER)] == [whole]
    accepted(crm.close_lead(BOSS, broken) if table == "task" else crm.delete_lead(BOSS, broken))
    assert accepted(crm.switch_to_simple(BOSS, policy=ModeSwitchPolicy(), key="2026")).result == "switched"


def test_whoever_is_demoted_while_deciding_writes_nothing(book: OrderBook, staff: Staff) -> None:
    """The staff table is asked again inside the transaction that would write."""
    begin = BeginSwitch(key="2026", policy=ModeSwitchPolicy())
    decided = Step.of(book, staff, Subscription(book.database), SystemClock(), BOSS, begin)
    staff.set_titles(BOSS, MANAGER)

    with pytest.raises(Conflict) as conflict:
        decided.commit()
    assert conflict.value.stale == (Ref(Kind.RIGHTS, 0),)
    assert book.page(Kind.SWITCH) == ()


def test_a_file_that_another_process_holds_is_busy(crm: Crm, book: OrderBook) -> None:
    """Nothing is written, and the same can be asked again."""
    other = OrderBook.open(book.database.path, patience=0)
    with book.database.writing(), pytest.raises(StoreBusy):
        other.reserve(Kind.LEAD, 1)
    assert other.reserve(Kind.LEAD, 1)[0] == 1
    other.close()
    assert added(crm, "Gears") == 2


def test_two_processes_share_one_order_book(crm: Crm, book: OrderBook, staff: Staff) -> None:
    """What one has written the other one finds, and one conversion of two wins."""
    enquiry = added(crm, "Front wheel")
    other = OrderBook.open(book.database.path)
    there = Crm(store=other, permissions=staff, plan=Subscription(other.database), clock=SystemClock())

    answers = [accepted(each.convert_lead(BOSS, enquiry)) for each in (crm, there)]
    assert [answer.already for answer in answers] == [False, True]
    assert len(book.page(Kind.DEAL)) == 1
    other.close()

"""What became of each lead, or would: the client with its name and how it was found, what is lost, in order."""

from decimal import Decimal

import pytest

from crmcore import ClientChoice, LeadId, MatchSetting, ModeSwitchPolicy, Money, NoChange, PersonName, Preview, Refused
from crmcore.adapters.cli.work.result_rows import ResultRow, Tally, rows_of_plan, rows_of_result
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.testing import ADMIN, TestCrm

pytestmark = pytest.mark.rule("CLI-6.1", "CLI-6.2")

BOTH = ModeSwitchPolicy(client=ClientChoice.BOTH)


def _mail(address: str) -> list[ContactPoint]:
    return [ContactPoint(kind=PointKind.EMAIL, value=address)]


@pytest.fixture
def scene() -> TestCrm:
    """A linked lead, one whose e-mail a contact has, two of one new e-mail, one without anything."""
    p = TestCrm.classic()
    ann = p.contact(name=PersonName(first="Ann", last="Known"), contact_points=_mail("ann@example.com"))
    p.lead(title="linked", contact_id=p.contact(name=PersonName(first="Lin")).id)
    p.lead(
        title="mailed", contact_points=_mail("ANN@example.com"), amount=Money(amount=Decimal("1.50"), currency="EUR")
    )
    p.lead(title="first", name=PersonName(first="Bo"), contact_points=_mail("bo@example.com"), company_title="Bo Ltd")
    p.lead(title="second", name=PersonName(first="Bob"), contact_points=_mail("bo@example.com"))
    p.lead(title="plain", observers=(p.manager,))
    assert ann.id == 1
    assert not isinstance(p.crm.change_settings(ADMIN, match=MatchSetting.EMAIL), Refused)
    return p


def _clients(rows: list[ResultRow]) -> list[tuple[object, ...]]:
    return [
        (
            row.title,
            *((row.contact.name, str(row.contact.found)) if row.contact else (None, None)),
            *((row.company.name, str(row.company.found)) if row.company else (None, None)),
        )
        for row in rows
    ]


EXPECTED = [
    ("linked", "Lin", "known", None, None),
    ("mailed", "Ann Known", "matched", "mailed", "new"),
    ("first", "Bo", "new", "Bo Ltd", "new"),
    ("second", "Bo", "matched", "Bo Ltd", "matched"),
    ("plain", "Unnamed contact", "new", "plain", "new"),
]


def test_a_plan_says_whom_each_lead_gets_and_the_result_says_the_same(scene: TestCrm) -> None:
    """Names, how they were found, amounts and what is not carried are equal before and after; only ids come in."""
    plan = scene.crm.preview_switch(ADMIN, BOTH)
    assert isinstance(plan, Preview)
    planned = list(rows_of_plan(scene.store, plan))
    assert _clients(planned) == EXPECTED
    done = scene.crm.switch_to_simple(ADMIN, key="k", policy=BOTH)
    assert not isinstance(done, NoChange | Refused)
    rows = list(rows_of_result(scene.store, done))
    assert _clients(rows) == EXPECTED
    assert [row.id for row in rows] == [row.id for row in planned] == [1, 2, 3, 4, 5]
    assert [row.deal_id for row in rows] == [1, 2, 3, 4, 5]
    assert {row.deal_id for row in planned} == {None}
    for name in ("title", "amount", "activities", "not_carried", "outcome"):
        assert [getattr(row, name) for row in rows] == [getattr(row, name) for row in planned], name
    assert rows[1].amount == Money(amount=Decimal("1.50"), currency="EUR")
    assert rows[4].not_carried == ("observers",)


def test_rows_are_counted_on_their_way(scene: TestCrm) -> None:
    """By outcome, by contact and company, by what is lost; the first rows are kept and no others."""
    done = scene.crm.switch_to_simple(ADMIN, key="k", policy=BOTH)
    assert not isinstance(done, NoChange | Refused)
    tally = Tally()
    assert len(list(tally.counted(rows_of_result(scene.store, done)))) == 5
    groups = tally.groups
    assert groups.outcomes == {"converted": 5}
    assert groups.contacts == {"new": 2, "matched": 2, "known": 1}
    assert groups.companies == {"new": 3, "matched": 1}
    assert groups.not_carried == {"emails": 1, "name": 1, "observers": 1}
    more = Tally()
    assert len(list(more.counted(tally.kept * 5))) == 25
    assert len(more.kept) == 10


def test_a_lead_that_cannot_be_read_has_its_reason_alone(scene: TestCrm) -> None:
    """The others are read all the same; a deleted lead has no title any more."""
    scene.trouble.unreadable.add(LeadId(2))
    token = scene.crm.begin_switch(ADMIN, key="k", policy=BOTH)
    assert not isinstance(token, NoChange | Refused)
    report = scene.crm.run_switch(token)  # type: ignore[arg-type]  # it has just begun
    assert not isinstance(report, Refused)
    rows = list(rows_of_result(scene.trouble, report))
    assert [(row.id, str(row.outcome), row.title) for row in rows[:2]] == [
        (1, "converted", "linked"),
        (2, "set_aside", None),
    ]
    assert rows[1].code == "unreadable"
    scene.crm.delete_lead(ADMIN, rows[0].id)
    assert [row.title for row in rows_of_result(scene.store, report)][:1] == [None]

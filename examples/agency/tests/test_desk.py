"""What users of the desk can do, over HTTP and from one transaction to the next."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import Web
from crmcore import Conflict, Kind, LeadId, Ref, Refused, Role, UserId
from crmcore.testing import PermissionsContract
from sqlalchemy import inspect, select, text, update

from agency import Office, Staff, relay, work
from agency.staff import TITLES
from agency.tables import Order, Quote, User


class TestStaff(PermissionsContract):
    """The table of users holds what crmcore asks of permissions."""

    one_role_each = True

    @pytest.fixture(autouse=True)
    def _office(self, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
        self.office = office
        monkeypatch.setattr("agency.staff.TITLES", dict(TITLES))

    def make_permissions(self, roles: Any) -> Staff:
        for actor, given in roles.items():
            self.set_roles(None, actor, given)
        return Staff(self.office.sessions)

    def set_roles(self, permissions: Any, actor: UserId, roles: tuple[Role, ...]) -> None:
        from agency import staff

        staff.TITLES.update({role.name: role for role in roles})
        with self.office.sessions.begin() as session:
            session.merge(User(id=actor, title=roles[0].name if roles else None, token=f"of {actor}"))


def quotes(office: Office) -> dict[int, Decimal]:
    """The fee of each lead."""
    with office.sessions() as session:
        return {quote.lead: quote.fee for quote in session.scalars(select(Quote))}


def test_a_lead_and_its_quote_are_one_write(office: Office, web: Web) -> None:
    """Both are there, once for each key; a refused lead leaves no quote, and a quote that fails no lead."""
    lead = web.add("A new site", key="form 1")
    assert web.add("A new site", key="form 1") == lead
    assert quotes(office) == {lead: Decimal("1200.50")}

    body = {"key": "form 2", "title": "A shop", "email": "bob@example.com", "fee": "1"}
    assert web.call("POST", "/leads", "trainee", body)[0] == 403

    def then_fails(session: Any, crm: Any) -> None:
        session.add(Quote(lead=crm.add_lead(UserId(1), title="Lost"), fee=Decimal(5)))
        session.flush()
        raise RuntimeError("the host's own code")

    with pytest.raises(RuntimeError):
        office.transact(then_fails)
    assert quotes(office).keys() == {lead} == {each.record.id for each in office.crm.leads(UserId(1))}


def test_a_transaction_runs_anew_or_leaves_nothing(office: Office) -> None:
    """After a conflict all of the work is done again, once; where the CRM refuses, nothing of the agency's stays."""
    tries: list[int] = []

    def second_time(session: Any, crm: Any) -> int:
        session.add(Quote(lead=1, fee=Decimal(1)))
        session.flush()
        tries.append(len(tries))
        if len(tries) == 1:
            raise Conflict((Ref(Kind.LEAD, 1),))
        return len(tries)

    def refused(session: Any, crm: Any) -> Any:
        session.add(Quote(lead=2, fee=Decimal(1)))
        session.flush()
        return crm.close_lead(UserId(1), LeadId(2))

    assert office.transact(second_time) == 2
    assert isinstance(office.transact(refused), Refused)
    assert quotes(office).keys() == {1}


def test_who_is_not_known_or_not_permitted_gets_nothing(web: Web) -> None:
    """Each path of the switch asks for the right, and an unknown token is nobody."""
    assert web.call("GET", "/switch/preview", "a guess")[0] == 401
    for method, path in [
        ("GET", "/switch/preview"),
        ("POST", "/switches/2026"),
        ("GET", "/switches/2026"),
        ("GET", "/switches/2026/progress"),
        ("GET", "/switches/2026/result"),
        ("POST", "/switches/2026/cancel"),
        ("POST", "/switches/2026/retry"),
    ]:
        status, answer = web.call(method, path, "seller")
        assert (status, answer["code"]) == (403, "not_permitted"), path


def test_a_switch_from_its_preview_to_its_result(office: Office, web: Web) -> None:
    """What the preview says is what happens, each lead has an outcome, and the same key does nothing again."""
    leads = [web.add(f"Site {number}", f"{number}@example.com") for number in range(3)]
    preview = web.call("GET", "/switch/preview")[1]
    assert web.call("POST", "/switches/2026")[1]["result"] == "switching"
    assert (work(office, chunk=2), work(office)) == ("switched", None)

    status, result = web.call("GET", "/switches/2026/result")
    assert (status, result["result"], result["totals"]["converted"]) == (200, "switched", 3)
    assert result["totals"]["contacts"] == preview["totals"]["contacts"]
    assert result["leads"] == [{"lead": lead, "became": "converted"} for lead in leads]
    assert web.call("GET", f"/switches/2026/result?after={leads[0]}&limit=1")[1]["leads"] == result["leads"][1:2]
    assert web.call("POST", "/switches/2026")[1]["switch"]["ended"] == "finished"
    assert web.call("POST", "/switches/2027")[0] == 200  # there is nothing to do in Simple
    assert web.call("GET", "/switches/2025/result")[0] == 404


def test_a_switch_is_cancelled_by_its_key(office: Office, web: Web) -> None:
    """Another key cancels nothing, the worker then closes the order, and leads stay leads."""
    lead = web.add("A new site")
    web.call("POST", "/switches/2026")
    assert web.call("POST", "/switches/2025/cancel")[0] == 404
    assert web.call("POST", "/switches/2027")[1]["code"] == "switch_in_progress"
    with office.sessions() as session:
        assert session.scalars(select(Order.key)).all() == ["2026"]  # the refused begin left no order
    assert web.call("POST", "/switches/2026/cancel")[1]["switch"]["ended"] == "cancelled"
    assert [name for name, _ in web.told("/switches/2026/progress")] == ["cancelled"]
    assert (work(office), work(office)) == ("cancelled", None)
    assert [each.record.id for each in office.crm.leads(UserId(1), active=True)] == [lead]


def test_progress_ends_with_the_right_to_see_it(office: Office, web: Web) -> None:
    """The right is asked for each time, and not only at the beginning."""
    web.add("A new site")
    web.call("POST", "/switches/2026")
    progress = web.told("/switches/2026/progress")
    assert next(progress)[0] == "switching"
    with office.sessions.begin() as session:
        session.execute(update(User).where(User.title == "director").values(title=None))
    assert [name for name, _ in progress] == ["refused"]


def test_each_event_is_handed_on_at_least_once(office: Office, web: Web) -> None:
    """After a crash between the two it comes again with the same id, and afterwards no more."""
    lead = web.add("A new site")
    web.add("A shop")

    def crash(happened: Any) -> None:
        got.append(happened)
        if len(got) == 2:
            raise ConnectionError("the relay was killed")

    got: list[Any] = []
    with pytest.raises(ConnectionError):
        relay(office, "mail", crash)
    assert relay(office, "mail", got.append) == 2
    assert relay(office, "mail", got.append) == 0
    assert [each.id for each in got[:2]] == [each.id for each in got[2:]]
    assert got[0].event.lead_id == lead


def test_an_erased_person_is_nowhere(office: Office, web: Web, tmp_path: Path) -> None:
    """The report comes first, then records and quotes go in one write, and no file has what they said."""
    canary = "zq-canary@example.com"
    leads = [web.add("By zq-canary", canary, key=f"form of {canary}"), web.add("Another", canary)]
    other = web.add("By somebody else", "bob@example.com")
    web.call("POST", "/switches/2026")
    work(office)
    relay(office, "mail", lambda happened: None)

    assert web.call("DELETE", f"/leads/{leads[0]}/person", "trainee")[0] in (403, 404)
    assert web.call("GET", f"/leads/{leads[0]}/person")[1]["leads"] == leads
    assert web.call("DELETE", f"/leads/{leads[0]}/person")[1]["leads"] == leads
    assert quotes(office).keys() == {other}
    with office.engine.connect() as connection:
        rows = {
            each: connection.execute(text(f"SELECT * FROM {each}")).all()
            for each in inspect(connection).get_table_names()
        }
    assert (len(rows["crm_lead"]), len(rows["crm_command"]), len(rows["crm_event"]) > 5) == (3, 3, True)
    assert [name for name, found in rows.items() if "zq-canary" in repr(found)] == []
    assert office.crm.audit(UserId(1)) == ()
    assert b"zq-canary" not in b"".join(file.read_bytes() for file in tmp_path.iterdir() if file.is_file())
    assert web.add("By zq-canary", canary, key=f"form of {canary}") == leads[0]  # it is still known

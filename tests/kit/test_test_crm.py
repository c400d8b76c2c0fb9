"""A CRM in one line: what is in reach of a host's test, and what leaving the block means."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from crmcore import ActivityId, DealId, Money, PersonName, Reason, Refused, SourceCode, StageCode, UserId
from crmcore.adapters.memory import InMemoryStore
from crmcore.domain.model.errors import Conflict, ContractBroken
from crmcore.domain.model.ids import Kind, LeadId, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.commands import ConvertLead
from crmcore.domain.protocol.events import LeadClosed, LeadConverted, SwitchFinished
from crmcore.domain.rules.mode import CrmState
from crmcore.testing import ADMIN, MANAGER, STRANGER, TestCrm, accepted, check

SECRET = "Zebra-Quince"


def broken() -> TestCrm:
    """A lead that names a deal which nobody has."""
    lead = Lead(
        id=LeadId(3),
        stage=StageCode("CONVERTED"),
        semantics=StageSemantics.SUCCESS,
        responsible=ADMIN,
        title=SECRET,
        deal_id=accepted(TestCrm.classic().crm.add_deal(ADMIN)),
    )
    return TestCrm.of(CrmImage(leads={lead.id: lead}))


class TestReady:
    def test_it_is_classic_or_simple_and_empty(self) -> None:
        """Both are one line, with and without a `with` block."""
        assert TestCrm.classic().crm.mode() is CrmState.CLASSIC
        with TestCrm.simple() as p:
            assert p.crm.mode() is CrmState.SIMPLE
            assert not p.image().leads

    def test_it_is_no_test_class(self) -> None:
        """Pytest does not collect it, nor what a host derives from it."""

        class TestOurs(TestCrm):
            pass

        assert not TestCrm.__test__
        assert not TestOurs.__test__

    def test_it_runs_over_the_store_of_a_host(self) -> None:
        """`make_store` gets the records to begin with, and its store is the one that is used."""
        made = []

        def make_store(seed: CrmImage) -> InMemoryStore:
            made.append(InMemoryStore(seed))
            return made[-1]

        p = TestCrm.classic(make_store=make_store)
        p.as_administrator.add_lead()
        assert p.store is made[0]
        assert [entry.id for entry in made[0].page(Kind.LEAD)] == [1]

    def test_two_runs_of_one_story_are_equal(self) -> None:
        """Ids and instants are the same each time."""

        def story() -> str:
            with TestCrm.classic() as p:
                p.leads(3, activities=1)
                p.clock.move(timedelta(hours=1))
                p.as_administrator.switch_to_simple(key="k")
                return p.snapshot()

        assert story() == story()

    def test_the_clock_moves_only_when_told(self) -> None:
        """What happens gets the instant at which the clock stands."""
        p = TestCrm.classic()
        p.clock.move(timedelta(days=1))
        assert p.lead().created_at == datetime(2026, 1, 2, tzinfo=UTC)
        assert p.lead().created_at == datetime(2026, 1, 2, tzinfo=UTC)


class TestPersonas:
    @pytest.mark.rule("PERM-1")
    def test_each_may_do_what_the_name_says(self) -> None:
        """The manager works with records and not with settings; the stranger sees nothing."""
        p = TestCrm.classic()
        lead = p.lead()
        assert p.as_stranger.close_lead(lead.id) == Refused(Reason.UNKNOWN_RECORD, Ref(Kind.LEAD, lead.id))
        assert p.as_manager.close_lead(lead.id) == lead.id
        assert p.as_manager.switch_to_simple(key="k").reason is Reason.NOT_PERMITTED
        assert p.as_administrator.switch_to_simple(key="k").result == "switched"

    def test_a_person_is_a_plain_user_id(self) -> None:
        """So it can be stored as the responsible, and asks through `crm` with all types known."""
        p = TestCrm.classic()
        assert (p.administrator, p.manager, p.stranger) == (ADMIN, MANAGER, STRANGER)
        assert type(p.manager) is int
        lead = p.lead(responsible=p.manager)
        assert p.crm.close_lead(p.manager, lead.id) == lead.id

    def test_a_driver_passes_questions_on_that_take_nobody(self) -> None:
        """The mode is on everybody's screen, and a token speaks for itself."""
        p = TestCrm.classic()
        token = p.as_administrator.begin_switch(key="k")
        assert p.as_stranger.mode() is CrmState.SWITCHING
        assert p.as_stranger.finish_switch(token).switch.key == "k"
        with pytest.raises(AttributeError):
            _ = p.as_manager.no_such_command

    def test_rights_and_plan_may_change(self) -> None:
        """A test takes a role away from a person, or Classic from the company, and the builders still work."""
        p = TestCrm.simple()
        p.plan.classic = False
        assert p.as_administrator.switch_to_classic().reason is Reason.PLAN_WITHOUT_CLASSIC
        p.roles.revoke(ADMIN)
        assert isinstance(p.as_administrator.add_deal(), Refused)
        assert p.image().deals == {}
        assert p.deal() == p.image().deals[DealId(2)]  # the refused one has used up the first id


class TestBuilders:
    def test_records_come_in_one_line_and_are_answered_as_stored(self) -> None:
        """Every kind, linked with each other."""
        p = TestCrm.classic()
        company = p.company(title="Calm Ltd")
        contact = p.contact(name=PersonName(first="Carla"), company_id=company.id)
        lead = p.lead(title="Forty desks", contact_id=contact.id)
        other = p.pipeline("Partners")
        deal = p.deal(title="Ten desks", pipeline_id=other.id)
        call = p.activity(lead, deal, subject="Call")
        assert (lead.title, lead.contact_id, contact.company_id) == ("Forty desks", contact.id, company.id)
        assert (other.name, deal.stage) == ("Partners", other.first_stage.code)
        assert p.crm.bindings(ADMIN, call.id) == {p.ref(lead), p.ref(deal)}
        assert p.image().leads == {lead.id: lead}

    def test_pipelines_are_numbered(self) -> None:
        """Each has stages of its own."""
        p = TestCrm.classic()
        assert [p.pipeline().id, p.pipeline().id] == [1, 2]
        assert len({stage.code for each in p.crm.pipelines() for stage in each.record.stages}) == 8 + 3 + 3

    @pytest.mark.parametrize("p", [TestCrm.classic(), TestCrm.simple()], ids=["classic", "simple"])
    def test_many_leads_are_different_and_numbered(self, p: TestCrm) -> None:
        """They are filled, so that a switch has something to carry; given fields are those of all."""
        made = p.leads(3, activities=2, source=SourceCode("WEB"))
        assert [lead.id for lead in made] == [1, 2, 3]
        assert [lead.title for lead in made] == ["Lead 1", "Lead 2", "Lead 3"]
        assert made[2].amount == Money(amount=Decimal(3), currency="EUR")
        assert {lead.source for lead in made} == {"WEB"}
        assert {lead.created_at for lead in made} == {p.clock.now()}
        assert len({lead.contact_points for lead in made}) == 3
        assert made == tuple(p.image().leads.values())
        assert len(p.image().activities) == 6
        in_force = p.crm.mode() is CrmState.CLASSIC
        assert p.image().bindings[ActivityId(1)] == {Ref(Kind.LEAD if in_force else Kind.DEAL, 1)}
        assert [lead.deal_id is None for lead in made] == [in_force] * 3
        assert p.leads(1)[0].title == "Lead 4"
        p.check()

    def test_many_leads_may_stand_in_any_stage(self) -> None:
        """The meaning of the stage is that of the catalogue."""
        p = TestCrm.classic()
        closed = p.leads(2, stage=StageCode("JUNK"), title="Same")
        assert [lead.title for lead in closed] == ["Same", "Same"]
        assert not any(lead.is_active for lead in closed)
        with pytest.raises(ValueError, match="lead stages"):
            p.leads(1, stage=StageCode("no-such-stage"))

    def test_a_builder_that_is_refused_says_why(self) -> None:
        """A test that is set up wrongly fails at once."""
        with pytest.raises(AssertionError, match="unknown_record"):
            TestCrm.classic().lead(contact_id=TestCrm.classic().contact().id)

    def test_a_record_can_be_read_again(self) -> None:
        """What a builder answers is a value; `reread` gives what became of it."""
        p = TestCrm.classic()
        lead = p.lead()
        call = p.activity(lead)
        p.as_administrator.switch_to_simple(key="k")
        assert lead.deal_id is None
        assert p.reread(lead).deal_id == 1
        assert p.reread(call) == call


class TestEvents:
    def test_events_are_kept_in_order_and_found_by_type(self) -> None:
        """What the builders do is no event of the test."""
        p = TestCrm.classic()
        first, second, closed = p.leads(3)
        p.as_manager.close_lead(closed.id)
        p.as_administrator.switch_to_simple(key="k")
        assert p.events[0] == LeadClosed(closed.id)
        assert isinstance(p.events[-1], SwitchFinished)
        assert [event.lead_id for event in p.events.of(LeadConverted)] == [first.id, second.id]
        assert list(p.events[:1]) == [*p.events][:1]
        assert len(p.events) == 5
        p.events.clear()
        assert list(p.events) == []


class TestLaws:
    @pytest.mark.rule("DATA-2")
    def test_broken_laws_are_named_with_their_records_and_no_personal_data(self) -> None:
        """One error names every rule and every record."""
        p = broken()
        with pytest.raises(ContractBroken) as raised:
            p.check()
        assert "SWITCH-1" in raised.value.rule
        assert "every_active_lead_converts_exactly_once" in str(raised.value)
        assert Ref(Kind.LEAD, 3) in raised.value.refs
        assert SECRET not in f"{raised.value!s}{raised.value!r}"

    def test_a_store_and_a_crm_can_be_checked(self) -> None:
        """The function takes what a host has at hand, and asks for no rights."""
        p = broken()
        for what in (p.crm, p.store):
            with pytest.raises(ContractBroken):
                check(what)
        check(TestCrm.classic().store)

    def test_leaving_the_block_checks_the_laws(self) -> None:
        """A test that ends well has left a CRM that is whole."""
        with pytest.raises(ContractBroken), broken():
            pass

    def test_an_error_in_the_block_is_not_hidden(self) -> None:
        """It says more than what it left behind."""
        with pytest.raises(ZeroDivisionError), broken():
            _ = 1 / 0

    def test_leaving_the_block_closes_the_store(self) -> None:
        """Stores that hold a connection are given back, also when a law is broken."""
        closed = []

        class Closable(InMemoryStore):
            def close(self) -> None:
                closed.append(True)

        with TestCrm.classic(make_store=Closable):
            pass
        with pytest.raises(ContractBroken), TestCrm.of(broken().image(), make_store=Closable):
            pass
        assert closed == [True, True]


class TestLooking:
    def test_the_snapshot_is_a_stable_document(self) -> None:
        """Equal CRMs give equal texts, whatever the order in which the records came."""
        one, other = TestCrm.classic(), TestCrm.classic()
        one.company(title="A")
        one.lead(title="B")
        other.lead(title="B")
        other.company(title="A")
        assert one.snapshot() == other.snapshot()
        assert json.loads(one.snapshot())["leads"][0]["title"] == "B"

    def test_showing_a_record_hides_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The `repr` of the library hides personal data; a person who looks at a failed test needs it."""
        p = TestCrm.classic()
        (lead,) = p.leads(1, custom={"A": "b", "C": ("d",)}, observers=(UserId(4),))
        p.show(lead)
        text = capsys.readouterr().out
        assert text.startswith("Lead(\n    id=1,\n")
        for part in ("last='Sample-1'", "value='lead1@example.com'", "{'A': 'b', 'C': ['d']}", "observers=[4]"):
            assert part in text
        assert "stage='NEW',\n    semantics=StageSemantics.IN_PROCESS" in text
        assert "Sample" not in repr(lead)

    def test_everything_can_be_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Without arguments it is the whole CRM; anything else than a record is shown as well."""
        p = TestCrm.simple()
        p.activity(p.deal(title="Ten desks"))
        p.show()
        text = capsys.readouterr().out
        assert [line for line in text.splitlines() if line[0] not in " )"] == ["Settings(", "Deal(", "Activity("]
        p.show(p.crm.pipelines()[0], frozenset({Ref(Kind.DEAL, 1)}), None)
        assert "Versioned(\n    record=Pipeline(id=0, " in capsys.readouterr().out

    def test_a_new_process_has_the_store_and_nothing_else(self) -> None:
        """Events and troubles stay behind; people, plan and clock are the same."""
        p = TestCrm.classic()
        p.as_administrator.add_lead()
        p.trouble.fail("commit")
        again = p.restarted()
        assert again.store is p.store
        assert again.roles is p.roles
        assert again.plan is p.plan
        assert again.clock is p.clock
        assert not again.events
        assert not again.trouble.is_armed

    def test_a_held_decision_goes_stale(self) -> None:
        """What a slow process decided is not committed over what came in between."""
        p = TestCrm.classic()
        lead = p.lead()
        held = p.hold(ADMIN, ConvertLead(lead_id=lead.id))
        assert getattr(held.decision, "changes", None).__class__ is Changes
        p.as_manager.close_lead(lead.id)
        with pytest.raises(Conflict):
            held.commit()

    @pytest.mark.rule("PERM-2")
    def test_a_held_decision_needs_the_right_to_the_end(self) -> None:
        """A role that is taken away in between stops it."""
        p = TestCrm.classic()
        held = p.hold(MANAGER, ConvertLead(lead_id=p.lead().id))
        p.roles.revoke(MANAGER)
        with pytest.raises(Conflict):
            held.commit()

"""What the trials have found, each as a row of its own (docs/hostile.md)."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from crmcore import (
    ContactPoint,
    ContractBroken,
    Crm,
    CustomFields,
    Epoch,
    ImportRecords,
    InvalidValue,
    Kind,
    LeadId,
    ModeSwitchPolicy,
    Money,
    PersonName,
    PointKind,
    Ref,
    SetAside,
    StageCode,
    StageSemantics,
    SwitchToken,
)
from crmcore.adapters.cli import main
from crmcore.adapters.clocks import FixedClock
from crmcore.adapters.document import BadDocument, dump_crm, load_crm
from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.application.answers import page_of
from crmcore.application.images import image_of
from crmcore.domain.model.image import new_crm
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.settings import CrmMode
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.ports import Listed, Listing
from crmcore.ports.store import close_store
from crmcore.testing.personas import roles_of_personas
from tests.building import ADMIN, Scene, accepted, classic
from tests.hostile.planted import PLANTED, planted
from tests.hostile.values import EndlessMapping, SlyDecimal, SlyNumber, SlyText, Word, Zone, forged, half_built
from tests.sql.servers import new_sqlite_store

HUGE = 10**30


class Day(date):
    """A day of a class of its own, as a library for tests makes them."""


class Instant(datetime):
    """An instant of a class of its own."""


@pytest.mark.rule("DATA-1")
class TestDerivedClasses:
    """D-94. What answers by itself is not believed; a text, a day and an instant are taken over as plain ones."""

    @pytest.mark.rule("DATA-1.10", "DATA-1.11")
    @pytest.mark.parametrize(
        "call",
        [
            lambda crm: crm.lead(ADMIN, SlyNumber(HUGE)),
            lambda crm: crm.close_lead(ADMIN, LeadId(1), stage=SlyText("JUNK\ud800")),
            lambda crm: crm.add_lead(ADMIN, stage=Word.NEW),
            lambda crm: crm.add_lead(ADMIN, key=SlyText("k" * 500)),
            lambda crm: crm.edit_lead(ADMIN, LeadId(1), SlyNumber(7), title="x"),
            lambda crm: crm.add_lead(ADMIN, amount=Money(amount=SlyDecimal("NaN"))),
            lambda crm: crm.add_lead(ADMIN, title=SlyText("a\ud800")),
            lambda crm: crm.add_lead(ADMIN, title=SlyText("x" * 256)),
            lambda crm: crm.add_lead(ADMIN, custom={"UF_A": SlyNumber(HUGE)}),
            lambda crm: crm.run_switch(SwitchToken("k", Epoch(2)), chunk=SlyNumber(HUGE)),
        ],
    )
    def test_one_that_lies_is_a_bad_value(self, call: Callable[[Any], object]) -> None:
        """Whatever it says of itself."""
        scene = classic()
        scene.add()
        with pytest.raises(InvalidValue):
            call(scene.crm)

    def test_the_error_says_what_to_give(self) -> None:
        """The type itself; and where the type is another one, just that."""
        with pytest.raises(InvalidValue, match="str itself, not of a subclass"):
            classic().crm.add_lead(ADMIN, stage=StageCode(Word.NEW))
        with pytest.raises(InvalidValue, match=r"amount: expected Decimal$"):
            Money(amount=True)  # type: ignore[arg-type]

    def test_texts_days_and_instants_become_plain(self) -> None:
        """Equal, and of no class that does more."""
        born = Day(1980, 2, 29)
        custom: dict[str, Any] = {
            "UF_TEXT": Word.NEW,
            "UF_DAY": born,
            "UF_AT": Instant(2026, 1, 1, tzinfo=UTC),
            "UF_LIST": (Word.NEW,),
        }
        scene = classic()
        lead = accepted(scene.crm.lead(ADMIN, scene.add(title=Word.NEW, birth_date=born, custom=custom))).record
        assert (lead.title, lead.birth_date, lead.custom) == (
            "NEW",
            date(1980, 2, 29),
            CustomFields(
                {
                    "UF_TEXT": "NEW",
                    "UF_DAY": date(1980, 2, 29),
                    "UF_AT": datetime(2026, 1, 1, tzinfo=UTC),
                    "UF_LIST": ("NEW",),
                }
            ),
        )
        assert [type(each) for each in (lead.title, lead.birth_date)] == [str, date]
        texts = lead.custom["UF_LIST"]
        assert isinstance(texts, tuple)
        assert type(texts[0]) is str

    @pytest.mark.parametrize(
        "zone", [Zone("x"), Zone(timedelta(days=3)), Zone(ValueError("x"))], ids=["a text", "three days", "raises"]
    )
    def test_a_time_zone_that_tells_nonsense_is_a_bad_value(self, zone: tzinfo) -> None:
        """The caller's own class may do anything."""
        with pytest.raises(InvalidValue, match="an instant with a time zone that has an offset"):
            CustomFields({"UF_AT": datetime(2026, 1, 1, tzinfo=zone)})


@pytest.mark.rule("DATA-1", "PERM-4")
class TestForgedValues:
    """What was checked when it was built is checked again where it comes in."""

    @pytest.mark.rule("DATA-1.12")
    @pytest.mark.parametrize(
        "token",
        [
            forged(SwitchToken),
            forged(SwitchToken, key="k"),
            forged(SwitchToken, key=[], epoch=2),
            forged(SwitchToken, key="k", epoch=HUGE),
        ],
        ids=["nothing", "no epoch", "a list", "huge"],
    )
    @pytest.mark.parametrize("call", ["convert_chunk", "finish_switch", "run_switch", "switch_report"])
    def test_a_forged_token_is_a_bad_value(self, call: str, token: Any) -> None:
        """Also one without the parts of a token."""
        scene = classic()
        scene.begin()
        with pytest.raises(InvalidValue):
            getattr(scene.crm, call)(token)

    @pytest.mark.parametrize(
        "policy", [forged(ModeSwitchPolicy), half_built(ModeSwitchPolicy(), "pipeline_id", EndlessMapping())]
    )
    def test_a_forged_policy_is_a_bad_value(self, policy: Any) -> None:
        """By every way that takes one."""
        scene = classic()
        scene.add()
        for call in (
            lambda: scene.crm.begin_switch(ADMIN, key="k", policy=policy),
            lambda: scene.crm.preview_switch(ADMIN, policy),
            lambda: scene.crm.convert_lead(ADMIN, LeadId(1), policy=policy),
        ):
            with pytest.raises(InvalidValue):
                call()

    def test_a_record_that_was_changed_behind_its_back_is_a_bad_value(self) -> None:
        """In an import, in a field, in a list, and in a command."""
        scene = classic()
        lead = Lead(id=LeadId(7), stage="NEW", semantics=StageSemantics.IN_PROCESS, responsible=ADMIN)  # type: ignore[arg-type]
        point = half_built(ContactPoint(kind=PointKind.EMAIL, value="ann@example.com"), "value", ...)
        command = half_built(ImportRecords(), "leads", ...)
        for call in (
            lambda: scene.crm.import_records(ADMIN, ImportRecords(leads=(half_built(lead, "title", 5),))),
            lambda: scene.crm.add_lead(ADMIN, name=half_built(PersonName(first="Ann"), "first", "a\0")),
            lambda: scene.crm.add_lead(ADMIN, contact_points=[point]),
            lambda: scene.crm.add_contact(ADMIN, contact_points=(EndlessMapping(),)),  # type: ignore[arg-type]
            lambda: scene.crm.import_records(ADMIN, command),
        ):
            with pytest.raises(InvalidValue):
                call()
        assert scene.counts()["leads"] == 0

    def test_a_list_that_holds_itself_is_a_bad_value(self) -> None:
        """So is one that is nested deeper than Python follows."""
        scene = classic()
        circle, deep = list[Any](), list[Any]()
        circle.append(circle)
        for _ in range(5000):
            deep = [deep]
        for points in (circle, (circle,), deep):
            with pytest.raises(InvalidValue):
                scene.crm.take_inquiry(ADMIN, channel="call", contact_points=points)  # type: ignore[arg-type]
        assert scene.counts()["activities"] == 0

    def test_nothing_is_read_without_an_end(self) -> None:
        """Neither custom fields nor contact points, blank ones included."""
        blank = ContactPoint(kind=PointKind.EMAIL, value=" ")
        with pytest.raises(InvalidValue, match="at most 500"):
            CustomFields(EndlessMapping())
        from itertools import repeat

        from crmcore import ContactPoints

        with pytest.raises(InvalidValue, match="at most 200"):
            ContactPoints(repeat(blank))

    @pytest.mark.parametrize("call", ["run_switch", "switch_to_simple"])
    def test_what_cannot_be_called_is_refused_before_anything_is_converted(self, call: str) -> None:
        """It would be called after the first chunk only."""
        scene = classic()
        scene.add()
        token = scene.begin()
        given = {"run_switch": (token,), "switch_to_simple": (ADMIN,)}[call]
        named = {"run_switch": {}, "switch_to_simple": {"key": token.key}}[call]
        with pytest.raises(InvalidValue, match="on_progress"):
            getattr(scene.crm, call)(*given, **named, on_progress=5)
        assert scene.counts()["deals"] == 0


class _Answers:
    """A port of which one method answers this."""

    def __init__(self, port: Any, method: str, answer: Any) -> None:
        self._port, self._method, self._answer = port, method, answer

    def __getattr__(self, name: str) -> Any:
        return (lambda *_, **__: self._answer) if name == self._method else getattr(self._port, name)


RUBBISH: list[Any] = [None, "x", 5, {}, object()]


@pytest.mark.rule("DATA-1", "PERM-5")
class TestPorts:
    """D-95. What a port answers is of the type that it declares, or the port is broken and nothing is written."""

    @pytest.mark.rule("DATA-1.13")
    @pytest.mark.parametrize(
        "port, method, answer",
        [
            *(("permissions", "rights", answer) for answer in RUBBISH),
            *(("plan", "has_classic", answer) for answer in (*RUBBISH, 1)),
            *(("store", "snapshot", answer) for answer in RUBBISH),
            *(("store", "reserve", answer) for answer in (*RUBBISH, ["x"], [None], [HUGE], range(1), iter([1]))),
        ],
    )
    def test_another_answer_breaks_the_contract(self, port: str, method: str, answer: Any) -> None:
        """Before anything is written."""
        store = InMemoryStore.classic()
        ports: dict[str, Any] = {
            "store": store, "permissions": roles_of_personas(), "plan": FixedPlan(), "clock": FixedClock(),
        }  # fmt: skip
        ports[port] = _Answers(ports[port], method, answer)
        with pytest.raises(ContractBroken):
            Crm(**ports).add_lead(ADMIN, title="x")
        assert image_of(store) == new_crm(CrmMode.CLASSIC)

    @pytest.mark.parametrize("answer", [*RUBBISH, 1])
    def test_the_plan_is_asked_for_yes_or_no(self, answer: Any) -> None:
        """Also by whoever only shows it."""
        plan: Any = _Answers(FixedPlan(), "has_classic", answer)
        store = InMemoryStore.classic()
        with pytest.raises(ContractBroken):
            Crm(store=store, permissions=roles_of_personas(), plan=plan, clock=FixedClock()).has_classic()

    @pytest.mark.parametrize("answer", [*RUBBISH, Listed(("x",), None)])  # type: ignore[arg-type]  # on purpose
    def test_a_list_is_of_entries(self, answer: Any) -> None:
        """As a page is."""

        class Store(InMemoryStore):
            def listed(self, listing: Listing) -> Listed:
                listed: Listed = answer
                return listed

        crm = Crm(store=Store(), permissions=roles_of_personas(), plan=FixedPlan(), clock=FixedClock())
        with pytest.raises(ContractBroken, match="Listed"):
            crm.lead_page(ADMIN)

    @pytest.mark.parametrize("page", [*RUBBISH[1:], ("x",), [1], iter(())])
    def test_a_page_is_of_entries(self, page: Any) -> None:
        """Nothing else is read as one."""
        store: Any = _Answers(InMemoryStore.classic(), "page", page)
        crm = Crm(store=store, permissions=roles_of_personas(), plan=FixedPlan(), clock=FixedClock())
        with pytest.raises(ContractBroken):
            crm.pipelines()

    def test_each_activity_has_its_bindings(self) -> None:
        """A decision looks them up: one without them is a broken store, and no missing key."""

        class Store(InMemoryStore):
            def snapshot(self, query: Query) -> Snapshot:
                return evolve(super().snapshot(query), bindings={})

        crm = Crm(store=Store(), permissions=roles_of_personas(), plan=FixedPlan(), clock=FixedClock())
        deal = accepted(crm.add_deal(ADMIN, title="x"))
        activity = accepted(crm.add_activity(ADMIN, subject="Call", of=[Ref(Kind.DEAL, deal)]))
        for ask in (crm.activity, crm.bindings, crm.complete_activity):
            with pytest.raises(ContractBroken, match="bindings"):
                ask(ADMIN, activity)

    def test_ids_of_several_types_are_no_order(self) -> None:
        """A page is compared with the one before it."""
        from crmcore.ports import Entry

        store: Any = _Answers(InMemoryStore.classic(), "page", (Entry(1, None, 1), Entry("x", None, 1)))
        crm = Crm(store=store, permissions=roles_of_personas(), plan=FixedPlan(), clock=FixedClock())
        with pytest.raises(ContractBroken, match="of several types"):
            crm.pipelines()


@pytest.mark.rule("SWITCH-4", "SWITCH-9")
@pytest.mark.parametrize("kept_in", ["memory", "sqlite"])
def test_a_chunk_may_be_as_large_as_a_number_beside_what_was_set_aside(kept_in: str, tmp_path: Path) -> None:
    """The lead that was set aside is read over, and not asked for in addition."""
    image = new_crm(CrmMode.CLASSIC)
    store = InMemoryStore(image) if kept_in == "memory" else new_sqlite_store(tmp_path / "crm.db", image)
    scene = Scene(store)
    for _ in range(3):
        scene.add()
    token = scene.begin()
    accepted(scene.crm.run(ADMIN, SetAside(token=token, lead_id=LeadId(2), code="unreadable")))
    done = accepted(scene.crm.convert_chunk(token, 2**63 - 1))
    assert [row.lead_id for row in done.rows] == [1, 3]
    close_store(store)


DAMAGES: list[tuple[str, str, Callable[[Any], object]]] = [
    ("leads", "id", lambda d: d["leads"][0].update(id=0)),
    ("activities", "id", lambda d: d["activities"][0].update(id=0)),
    ("activities", "contact_id", lambda d: _deleted(d, "activities").update(contact_id=-1)),
    ("leads", "created_at", lambda d: _deleted(d, "leads").update(deleted_at="2026-01-01T00:00:00")),
    ("ledger", "deal_id", lambda d: d["ledger"][0].update(deal_id=0)),
    ("outcomes", "epoch", lambda d: d["outcomes"][0].update(epoch=-1)),
    ("outcomes", "contacts", lambda d: d["outcomes"][0].update(contacts=-1)),
    ("commands", "made", lambda d: d["commands"][0].update(made=[["lead", "x"]])),
    ("activities", "bindings", lambda d: d["activities"][0].update(bindings=[["pipeline", 0]])),
    ("switches", "at_begin", lambda d: d["switches"][0].update(at_begin=-1)),
]


def _deleted(document: Any, part: str) -> Any:
    return next(row for row in document[part] if row["deleted_at"] is not None)


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("part, field, damage", DAMAGES, ids=[f"{part}.{field}" for part, field, _ in DAMAGES])
def test_a_document_with_a_value_beyond_its_limit_is_refused(
    part: str, field: str, damage: Callable[[Any], object]
) -> None:
    """Also in what only the library makes: tombstones, the ledger, outcomes, switches, commands."""
    document = json.loads(dump_crm(planted(PLANTED[0])))
    damage(document)
    with pytest.raises(BadDocument) as told:
        load_crm(json.dumps(document))
    assert told.value.field.startswith(f"{part}[")


def test_a_command_line_starts_no_more_processes_than_a_machine_bears(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """D-96. The limit is told."""
    store = str(tmp_path / "crm.db")
    assert main(["init", "--store", store, "--mode", "classic"]) == 0
    for command in ("switch", "resume", "retry"):
        capsys.readouterr()
        assert main([command, "--store", store, "--workers", "1000000", "--json"]) == 2
        assert "256" in capsys.readouterr().out


def test_decimals_are_kept_as_they_are() -> None:
    """A plain decimal passes, whatever its digits."""
    assert Money(amount=Decimal("1.50")).amount == Decimal("1.5")


def test_a_reference_is_checked_in_every_place() -> None:
    """Where it is bound, and where it is unbound."""
    scene = classic()
    lead = scene.add()
    activity = scene.add_activity(Ref(Kind.LEAD, lead))
    with pytest.raises(InvalidValue):
        scene.crm.unbind_activity(ADMIN, activity, Ref(Kind.LEAD, SlyNumber(HUGE)))


@pytest.mark.parametrize("columns", ["1", "2"])
def test_help_comes_to_its_end_in_any_width(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one column or two, the layout of the help never ended."""
    monkeypatch.setenv("COLUMNS", columns)
    assert main(["role", "list", "-h"]) == 0
    assert "--store" in capsys.readouterr().out


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize("odd", ["\udcff", "\0"])
@pytest.mark.parametrize("where", ["schema", "user", "password", "host", "database", "option", "value"])
def test_a_text_that_no_server_can_be_told_is_a_wrong_call(
    where: str, odd: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A lone surrogate in a schema ended in an error of the driver that showed the password."""
    it = dict.fromkeys(("user", "host", "database", "option", "value"), "x") | {"password": "zqs3cret"}
    it |= {where: it.get(where, "x") + odd}
    place = "postgresql://{user}:{password}@{host}:1/{database}?{option}={value}".format(**it)
    schema = ("--schema", it["schema"]) if where == "schema" else ()
    assert main(["status", *schema, "--store", place, "--json"]) == 2
    shown = capsys.readouterr()
    assert "without NUL and lone surrogates" in shown.out
    assert "zqs3cret" not in shown.out + shown.err


@pytest.mark.rule("SWITCH-5")
def test_a_page_that_is_none_is_refused_at_once() -> None:
    """A range of all numbers was looked through to its end, which takes for ever."""

    class Numbers(InMemoryStore):
        def page(self, kind: Kind, after: Any = None, limit: int = 1000) -> Any:
            return range(2**62)

    with pytest.raises(ContractBroken, match=r"Store\.page: expected a tuple of Entry"):
        page_of(Numbers(), Kind.LEAD, None, 500)

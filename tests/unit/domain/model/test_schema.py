"""The limits of DATA-1 on every field, at and just over the limit, and the silence of DATA-2 about what was given.

lines: tables of limits, and the few tests that walk them.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from crmcore import (
    Activity,
    Address,
    Company,
    CompanyId,
    Contact,
    ContactPoint,
    ContactPoints,
    CustomFields,
    Deal,
    ExternalOrigin,
    InvalidValue,
    Lead,
    Money,
    PersonName,
    Pipeline,
    PointKind,
    Ref,
    Stage,
    StageSemantics,
    UserId,
    Utm,
)
from crmcore.domain.model import making
from crmcore.domain.model.ids import Kind, LeadId
from crmcore.domain.model.schema import IDS_LIMIT, Field, parts_of
from crmcore.domain.model.stages import STAGES_LIMIT, LeadStages
from crmcore.domain.model.text import CODE_LIMIT, DIRECTION_OVERRIDES, LINE_LIMIT, TEXT_LIMIT, Discreet
from crmcore.domain.model.values import CUSTOM_FIELDS_LIMIT, LIST_LIMIT, POINTS_LIMIT
from crmcore.domain.protocol.commands import BINDINGS_LIMIT, AddActivity
from crmcore.domain.rules.authority import Role
from tests.building import email

#: A value that must never be shown: it stands in every bad value that can hold it.
SECRET = "Mario Rossi"

P = StageSemantics.IN_PROCESS


def lead(**given: Any) -> Lead:
    return Lead(**{"id": 1, "stage": "NEW", "semantics": P, "responsible": 1, **given})


def deal(**given: Any) -> Deal:
    return Deal(**{"id": 1, "pipeline_id": 0, "stage": "NEW", "semantics": P, "responsible": 1, **given})


def contact(**given: Any) -> Contact:
    return Contact(**{"id": 1, "responsible": 1, **given})


def company(**given: Any) -> Company:
    return Company(**{"id": 1, "responsible": 1, **given})


def activity(**given: Any) -> Activity:
    return Activity(**{"id": 1, **given})


def stage(**given: Any) -> Stage:
    return Stage(**{"code": "A", "semantics": P, **given})


def pipeline(**given: Any) -> Pipeline:
    return Pipeline(**{"id": 1, "stages": (stage(),), **given})


Build = Callable[..., Any]

#: How each class that has texts is built.
BUILDS: dict[type, Build] = {
    Lead: lead,
    Deal: deal,
    Contact: contact,
    Company: company,
    Activity: activity,
    Stage: stage,
    Pipeline: pipeline,
    PersonName: PersonName,
    Address: Address,
    ExternalOrigin: ExternalOrigin,
    Utm: Utm,
}


def _fields_with(mark: Field) -> list[Any]:
    return [
        pytest.param(build, part.name, id=f"{cls.__name__}.{part.name}")
        for cls, build in BUILDS.items()
        for part in parts_of(cls)
        if mark in part.marks
    ]


LINE_FIELDS = _fields_with(Field.LINE)
TEXT_FIELDS = _fields_with(Field.TEXT)


def test_every_class_with_texts_is_built_here() -> None:
    """A contact point has a limit of its own, which is tested below."""
    left: list[type] = [Discreet]
    found = set()
    while left:
        cls = left.pop()
        left += cls.__subclasses__()
        if cls.__module__ != making.__name__ and any({Field.LINE, Field.TEXT} & part.marks for part in parts_of(cls)):
            found.add(cls)
    assert {cls for cls in found if not cls.__subclasses__()} == {*BUILDS, ContactPoint}


def _refuses(build: Build, **given: Any) -> InvalidValue:
    with pytest.raises(InvalidValue) as caught:
        build(**given)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    return caught.value


#: What has a name by which people choose, and the fields that are kept to the letter.
NAMED = [(stage, "name"), (pipeline, "name"), (Role, "name")]
KEPT = [param for param in LINE_FIELDS if (param.values[0], param.values[1]) not in NAMED]


@pytest.mark.rule("DATA-1", "DATA-2")
class TestNames:
    """DATA-1. Names of stages, pipelines and roles hold no direction overrides; names of people are kept as given."""

    @pytest.mark.rule("DATA-1.3")
    @pytest.mark.parametrize("turn", [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))])
    @pytest.mark.parametrize("build, name", NAMED)
    def test_a_name_that_reads_as_another_is_refused(self, build: Build, name: str, turn: str) -> None:
        """Each of the nine characters, wherever it stands, with the field and without the text."""
        for bad in (f"{SECRET}{turn}", f"{turn}{SECRET}", f"Won{turn}{SECRET}", f"{turn} "):
            error = _refuses(build, **{name: bad})
            assert error.field.endswith(".name")
            assert error.expected == "a name without direction overrides"
        assert turn in DIRECTION_OVERRIDES

    @pytest.mark.parametrize("build, name", NAMED)
    def test_a_name_keeps_joiners_and_other_scripts(self, build: Build, name: str) -> None:
        """Persian needs the zero-width non-joiner; marks of direction that turn nothing are kept too."""
        for good in ("می\u200cخواهم", "👩\u200d👧", "שלום", "\u200fשלום", " Won "):
            assert getattr(build(**{name: good}), name) == good

    @pytest.mark.rule("DATA-1.2", "DATA-1.14")
    @pytest.mark.parametrize("build, name", NAMED)
    def test_a_name_is_a_line(self, build: Build, name: str) -> None:
        """Bounded, and without control characters."""
        assert _refuses(build, **{name: SECRET * 30}).expected == f"at most {LINE_LIMIT} characters"
        assert "control characters" in _refuses(build, **{name: f"{SECRET}\x1b"}).expected

    @pytest.mark.parametrize("build, name", KEPT)
    def test_any_other_line_is_kept_to_the_letter(self, build: Build, name: str) -> None:
        """Names of people and titles are what somebody wrote."""
        assert getattr(build(**{name: "\u202eright to left\u202c"}), name) == "\u202eright to left\u202c"


@pytest.mark.rule("DATA-1", "DATA-2")
class TestText:
    """DATA-1. Text holds no control characters and is bounded; the error shows field and limit, not the value."""

    @pytest.mark.parametrize("build, name", LINE_FIELDS)
    def test_a_line_is_bounded(self, build: Build, name: str) -> None:
        """A line takes 255 characters, and the 256th is refused with field and limit."""
        assert getattr(build(**{name: "x" * LINE_LIMIT}), name) == "x" * LINE_LIMIT
        error = _refuses(build, **{name: SECRET + "x" * LINE_LIMIT})
        assert error.field.endswith(f".{name}")
        assert str(LINE_LIMIT) in error.expected

    @pytest.mark.parametrize("build, name", TEXT_FIELDS)
    def test_a_long_text_is_bounded(self, build: Build, name: str) -> None:
        """A long text takes 65535 characters, line breaks and tabs among them."""
        assert getattr(build(**{name: "a\n\t" + "x" * (TEXT_LIMIT - 3)}), name).startswith("a\n\t")
        error = _refuses(build, **{name: SECRET + "x" * TEXT_LIMIT})
        assert error.field.endswith(f".{name}")
        assert str(TEXT_LIMIT) in error.expected

    @pytest.mark.parametrize("build, name", LINE_FIELDS + TEXT_FIELDS)
    def test_control_characters_and_lone_surrogates_are_refused(self, build: Build, name: str) -> None:
        """NUL, escape, other controls and halves of a surrogate pair never enter."""
        for bad in ("\x00", "\x1b", "\x7f", "\x85", "\udfff", "\x0b"):
            assert name in str(_refuses(build, **{name: SECRET + bad})), ascii(bad)

    @pytest.mark.parametrize("build, name", LINE_FIELDS)
    def test_a_line_has_no_line_break(self, build: Build, name: str) -> None:
        """Line breaks and tabs belong into long texts only."""
        for bad in ("\n", "\t", "\r"):
            assert name in str(_refuses(build, **{name: SECRET + bad})), ascii(bad)

    @pytest.mark.parametrize("build, name", LINE_FIELDS + TEXT_FIELDS)
    def test_what_is_no_text_is_refused(self, build: Build, name: str) -> None:
        """Numbers, bytes and lists are no text."""
        for bad in (5, b"x", ["x"], True, 1.5):
            assert name in str(_refuses(build, **{name: bad})), bad

    @pytest.mark.rule("CONV-4", "DATA-1.4")
    @pytest.mark.parametrize("build, name", LINE_FIELDS + TEXT_FIELDS)
    def test_blank_is_absent_and_other_text_is_kept_to_the_letter(self, build: Build, name: str) -> None:
        """Blank text becomes `None`; the spaces around other text stay."""
        for blank in ("", "  ", "\u00a0", "\u3000 "):
            assert getattr(build(**{name: blank}), name) is None, ascii(blank)
            assert getattr(build(**{name: f"{blank}a "}), name) == f"{blank}a ", ascii(blank)

    @pytest.mark.parametrize("text", ["naïve 日本 🙂", "a\u200db", "\ufeffa"])
    def test_text_of_every_script_is_kept(self, text: str) -> None:
        """Marks that are not printable but harmless are part of text."""
        assert lead(title=text, comments=text).title == text


@pytest.mark.rule("DATA-1", "DATA-2")
class TestNumbersAndTimes:
    """DATA-1. Amounts are finite decimals with bounded digits; instants are aware and become UTC."""

    @pytest.mark.parametrize("good", ["9" * 20 + "." + "9" * 10, "-0.0000000001", "0", "1E+19"])
    def test_amounts_within_the_limit(self, good: str) -> None:
        """Twenty digits before and ten after the point are kept as they are."""
        for kept in (Money(amount=Decimal(good)).amount, CustomFields({"A": Decimal(good)})["A"]):
            assert isinstance(kept, Decimal)
            assert kept.as_tuple() == Decimal(good).as_tuple()

    @pytest.mark.rule("DATA-1.5")
    @pytest.mark.parametrize("bad", ["1" + "0" * 20, "0.00000000001", "NaN", "sNaN", "Infinity", "-Infinity", "1E+20"])
    def test_amounts_over_the_limit(self, bad: str) -> None:
        """One digit more, and what is no finite number, is refused."""
        assert _refuses(Money, amount=Decimal(bad)).field == "Money.amount"
        assert _refuses(CustomFields, items={"A": Decimal(bad)}).field == "custom.A"

    @pytest.mark.parametrize("bad", [1, 1.5, "1", True])
    def test_an_amount_is_a_decimal(self, bad: Any) -> None:
        """Whole numbers, floats and text are not taken for amounts."""
        assert "amount" in str(_refuses(Money, amount=bad))

    @pytest.mark.rule("CSV-5.3")
    @pytest.mark.parametrize("bad", ["eur", "EURO", "EU", "", " EUR", 5, "ÄÖÜ"])
    def test_a_currency_is_three_capitals(self, bad: Any) -> None:
        """Anything else is no currency."""
        assert "currency" in str(_refuses(Money, currency=bad))

    def test_money_is_something(self) -> None:
        """Neither amount nor currency is no money."""
        assert _refuses(Money).field == "Money"

    def test_an_instant_that_utc_has_no_year_for_is_refused(self) -> None:
        """The first hours of the year 1 lie before it elsewhere, and are an invalid value like any other."""
        early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=3)))
        with pytest.raises(InvalidValue, match="years 1 to 9999"):
            CustomFields({"SINCE": early})

    @pytest.mark.rule("DATA-1.6")
    @pytest.mark.parametrize("build, name", [(lead, "created_at"), (activity, "deadline"), (activity, "created_at")])
    def test_instants_are_aware_and_stored_as_utc(self, build: Build, name: str) -> None:
        """An instant of any zone becomes the same instant in UTC; one without a zone is refused."""
        rome = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=1)))
        kept = getattr(build(**{name: rome}), name)
        assert (kept, kept.tzinfo) == (rome, UTC)
        _refuses(build, **{name: datetime(2026, 1, 1)})  # noqa: DTZ001  # the point of the test
        _refuses(build, **{name: "2026-01-01"})
        _refuses(build, **{name: date(2026, 1, 1)})

    def test_an_open_activity_has_no_time_of_completion(self) -> None:
        """A time of completion needs a completed activity."""
        at = datetime(2026, 1, 1, tzinfo=UTC)
        assert activity(completed=True, completed_at=at).completed_at == at
        _refuses(activity, completed_at=at)


@pytest.mark.rule("DATA-1", "DATA-2")
class TestCounts:
    """DATA-1. Counts are bounded."""

    def test_contact_points(self) -> None:
        """A card has at most 200 contact points; blank ones do not count."""
        points = [email(f"{n}@example.com") for n in range(POINTS_LIMIT)]
        assert len(lead(contact_points=[*points, email("  ")]).contact_points) == POINTS_LIMIT
        _refuses(lead, contact_points=[*points, email("one@example.com")])

    def test_custom_fields_and_their_lists(self) -> None:
        """At most 500 custom fields, and at most 1000 texts in a list."""
        full = {f"F{n}": n for n in range(CUSTOM_FIELDS_LIMIT)}
        assert len(CustomFields(full)) == CUSTOM_FIELDS_LIMIT
        _refuses(CustomFields, items={**full, "ONE": 1})
        assert len(CustomFields({"A": ("x",) * LIST_LIMIT})["A"]) == LIST_LIMIT  # type: ignore[arg-type]  # a list of texts
        _refuses(CustomFields, items={"A": ("x",) * (LIST_LIMIT + 1)})

    def test_observers(self) -> None:
        """At most 200 persons watch a lead, and each is named by an id."""
        assert len(lead(observers=tuple(range(1, IDS_LIMIT + 1))).observers) == IDS_LIMIT
        _refuses(lead, observers=tuple(range(1, IDS_LIMIT + 2)))
        _refuses(lead, observers=(SECRET,))
        _refuses(lead, observers=[1])

    def test_bindings(self) -> None:
        """At most 200 records have an activity in common from its beginning, and at least one."""
        many = [Ref(Kind.LEAD, LeadId(n)) for n in range(1, BINDINGS_LIMIT + 2)]
        assert len(AddActivity(bound_to=frozenset(many[1:]), fields={}).bound_to) == BINDINGS_LIMIT
        for wrong in (many, []):
            _refuses(AddActivity, bound_to=frozenset(wrong), fields={})

    def test_stages(self) -> None:
        """A catalogue has at most 200 stages, each code once, one in process, lead stages one for success."""
        many = tuple(stage(code=f"S{n}") for n in range(STAGES_LIMIT))
        assert len(pipeline(stages=many).stages) == STAGES_LIMIT
        _refuses(pipeline, stages=(*many, stage(code="ONE")))
        _refuses(pipeline, stages=(stage(), stage()))
        _refuses(pipeline, stages=(stage(semantics=StageSemantics.SUCCESS),))
        _refuses(pipeline, stages=[stage()])
        _refuses(pipeline, stages=(SECRET,))
        _refuses(LeadStages, stages=(stage(),))
        won = tuple(stage(code=code, semantics=StageSemantics.SUCCESS) for code in "BC")
        _refuses(LeadStages, stages=(stage(), *won))
        assert LeadStages(stages=(stage(), won[0])).success == won[0]

    def test_codes(self) -> None:
        """A code has 1 to 100 characters and no spaces."""
        assert stage(code="x" * CODE_LIMIT).code == "x" * CODE_LIMIT
        for bad in ("x" * (CODE_LIMIT + 1), "", "a b", "a\n", SECRET, 5, None):
            _refuses(stage, code=bad)
            _refuses(ContactPoint, kind=PointKind.PHONE, type=bad, value="1")
            _refuses(activity, kind=bad)
            _refuses(lead, stage=bad)

    def test_a_contact_point_is_bounded(self) -> None:
        """A contact point has at most 2000 characters, a known kind and text."""
        good = ContactPoint(kind=PointKind.WEBSITE, value="x" * 2000)
        assert good.value == "x" * 2000
        _refuses(ContactPoint, kind=PointKind.WEBSITE, value="x" * 2001)
        _refuses(ContactPoint, kind="phone", value=SECRET)
        _refuses(ContactPoint, kind=PointKind.PHONE, value=5)


#: Every other bad value of a public constructor: the call, and the field that the error names.
BAD: list[tuple[Build, dict[str, Any], str]] = [
    *[
        (build, {name: bad}, name)
        for build in (lead, deal, contact, company)
        for name, bads in {
            "id": (-1, "1", 1.0, True, None, 2**63),
            "responsible": (0, "1", None, True, [1]),
            "opened": (1, "yes", None),
            "address": (SECRET, {"city": SECRET}),
            "origin": (SECRET, PersonName(first=SECRET)),
            "utm": (SECRET, 5),
            "custom": (SECRET, 5, [("A", 1)], {"A": 1.5}, {"A": None}, {"A": [SECRET]}, {"A": (SECRET, 5)}),
        }.items()
        for bad in bads
    ],
    *[
        (build, {name: bad}, name)
        for build in (lead, contact)
        for name, bads in {
            "name": (SECRET, None),
            "birth_date": (SECRET, datetime(2026, 1, 1, tzinfo=UTC)),
            "contact_points": (SECRET, [SECRET], {SECRET: 1}, 5, None, (None,)),
            "source": (5, SECRET),
            "company_id": (0, "1", True),
        }.items()
        for bad in bads
    ],
    *[
        (build, {name: bad}, name)
        for build in (lead, deal)
        for name, bads in {
            "semantics": ("P", None),
            "amount": (5, Decimal(5), SECRET),
            "contact_id": (0, "1", True),
        }.items()
        for bad in bads
    ],
    (lead, {"deal_id": 0}, "deal_id"),
    (deal, {"lead_id": "1"}, "lead_id"),
    (deal, {"pipeline_id": -1}, "pipeline_id"),
    (deal, {"id": 0}, "id"),
    (contact, {"lead_id": 0}, "lead_id"),
    (company, {"lead_id": True}, "lead_id"),
    (company, {"contact_points": [SECRET]}, "contact_points"),
    (activity, {"id": 0}, "id"),
    (activity, {"completed": 1}, "completed"),
    (activity, {"unbound": [Ref(Kind.LEAD, 1)]}, "unbound"),
    (activity, {"responsible": SECRET}, "responsible"),
    (stage, {"semantics": "P"}, "semantics"),
    (pipeline, {"id": -1}, "id"),
    (pipeline, {"id": 0, "archived": True}, "archived"),
    (ContactPoints, {"points": 5}, "contact_points"),
    (ContactPoints, {"points": [None]}, "contact_points"),
    (CustomFields, {"items": {5: "x"}}, "custom"),
    (CustomFields, {"items": {SECRET: "x"}}, "custom"),
    (CustomFields, {"items": {"A": 2**63}}, "A"),
    (CustomFields, {"items": {"A": -(2**63) - 1}}, "A"),
    (CustomFields, {"items": {"A": datetime(2026, 1, 1)}}, "A"),  # noqa: DTZ001  # the point of the row
    (CustomFields, {"items": {"A": SECRET + "\x00"}}, "A"),
]


@pytest.mark.rule("DATA-1", "DATA-2")
@pytest.mark.parametrize(
    "build, given, field",
    [pytest.param(*row, id=f"{row[0].__name__}.{row[2]}-{number}") for number, row in enumerate(BAD)],
)
def test_a_constructor_refuses_what_is_of_another_type(build: Build, given: dict[str, Any], field: str) -> None:
    """A value of the wrong type is refused by its field's name, and is not shown."""
    assert _refuses(build, **given).field.rpartition(".")[2] in (field, "A")


@pytest.mark.rule("DATA-2.1")
def test_no_repr_shows_personal_data() -> None:
    """The `repr` of every entity and value names what is filled and shows none of it."""
    person = {"address": Address(full=SECRET), "comments": SECRET, "custom": {"UF": SECRET}}
    cards: list[Any] = [
        lead(title=SECRET, name=PersonName(first=SECRET), contact_points=[email(SECRET)], **person),
        deal(title=SECRET, amount=Money(amount=Decimal(98765)), **person),
        contact(name=PersonName(last=SECRET), contact_points=[email(SECRET)], **person),
        company(title=SECRET, origin=ExternalOrigin(id=SECRET), utm=Utm(term=SECRET), **person),
        activity(subject=SECRET, description=SECRET),
    ]
    for card in cards:
        assert SECRET not in repr(card)
        assert "98765" not in repr(card)
        for name in ("address", "custom", "name", "contact_points", "amount", "origin", "utm"):
            assert SECRET not in repr(getattr(card, name, None))
    assert "filled=" in repr(cards[0])
    assert repr(ContactPoints([email(SECRET, "HOME")])) == "ContactPoints(email/HOME)"
    assert repr(CustomFields({"UF_B": SECRET, "UF_A": 1})) == "CustomFields(UF_A, UF_B)"


@pytest.mark.rule("DATA-1.1")
def test_a_line_has_its_limit_and_not_one_character_more() -> None:
    """The last length that is taken, and the first that is not."""
    assert Company(id=CompanyId(1), responsible=UserId(7), title="x" * 255).title == "x" * 255
    with pytest.raises(InvalidValue, match="at most 255 characters"):
        Company(id=CompanyId(1), responsible=UserId(7), title="x" * 256)

"""Small values: equality, order, pickling, matching, policy labels, and the tables that must agree.

lines: a few tests for each of a dozen small modules.
"""

import pickle
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, get_type_hints

import pytest
from attrs import fields as fields_of

from crmcore import (
    Activity,
    ActivityId,
    Address,
    ClientChoice,
    Company,
    Conflict,
    Contact,
    ContractBroken,
    CustomFields,
    Deal,
    ExternalOrigin,
    InvalidValue,
    Kind,
    Lead,
    LeadStages,
    MatchSetting,
    ModeSwitchPolicy,
    OptionPage,
    OutcomeUnknown,
    PersonName,
    Pipeline,
    PipelineId,
    PointKind,
    RecordFault,
    Ref,
    Refused,
    StageSemantics,
    StoreBusy,
    StoreCorrupt,
    StoreFull,
    StoreReadOnly,
    Utm,
    default_pipeline,
    options_asked,
)
from crmcore.domain.model.fields import (
    EDITABLE_AFTER_CONVERSION,
    ENTITIES,
    ActivityFields,
    CompanyFields,
    ContactFields,
    DealFields,
    LeadFields,
    check_fields,
)
from crmcore.domain.model.ids import DEFAULT_PIPELINE
from crmcore.domain.model.outcomes import Reason
from crmcore.domain.model.policy import DEFAULT_POLICY, OPTION_PAGES, ConversionTerms
from crmcore.domain.model.schema import given_parts
from crmcore.domain.model.settings import Settings
from crmcore.domain.model.stages import DEFAULT_LEAD_STAGES
from crmcore.domain.model.text import ID_LIMIT, IMPORTED_ID_LIMIT, check_imported_id, check_key
from crmcore.domain.model.tombstone import Tombstone
from crmcore.domain.rules.binding import after_conversions, targets_of
from crmcore.domain.rules.conversion import FIELD_MAP
from crmcore.domain.rules.matching import match_keys
from tests.building import ADMIN, accepted, classic, email, euros, phone

TYPED: dict[Kind, tuple[type, Any]] = {
    Kind.LEAD: (Lead, LeadFields),
    Kind.DEAL: (Deal, DealFields),
    Kind.CONTACT: (Contact, ContactFields),
    Kind.COMPANY: (Company, CompanyFields),
    Kind.ACTIVITY: (Activity, ActivityFields),
}


@pytest.mark.rule("DATA-1")
@pytest.mark.parametrize("kind", list(TYPED))
def test_the_fields_for_programs_and_for_type_checkers_are_the_same(kind: Kind) -> None:
    """The typed dictionaries name what a caller may give; ids, outcomes and times are the library's own."""
    entity, typed = TYPED[kind]
    assert ENTITIES[kind] is entity
    assert set(given_parts(entity)) == set(get_type_hints(typed))
    own = {"id", "semantics", "deal_id", "lead_id", "created_at", "completed_at", "unbound"}
    assert set(given_parts(entity)) == {each.name for each in fields_of(entity)} - own


@pytest.mark.rule("CONV-3")
def test_the_field_map_speaks_of_every_field_of_a_lead() -> None:
    """Each one is carried somewhere or counted as lost; links and the stage are the conversion's own."""
    assert {row.field for row in FIELD_MAP} == set(given_parts(Lead)) - {"stage", "contact_id", "company_id"}


@pytest.mark.rule("CONV-9")
def test_two_fields_of_a_converted_lead_may_be_edited() -> None:
    """Comments and responsible."""
    assert {"comments", "responsible"} == EDITABLE_AFTER_CONVERSION


@pytest.mark.rule("DATA-1", "DATA-2")
@pytest.mark.parametrize(
    "fields",
    [
        {"id": 1},
        {"deal_id": 1},
        {5: 1},
        {"title": 5},
        {"opened": None},
        {"responsible": None},
        {"stage": "a b"},
        {"contact_id": 0},
        {"birth_date": datetime(2026, 1, 1, tzinfo=UTC)},
        {"observers": ("Mario Rossi",)},
        "Mario Rossi",
    ],
)
def test_a_field_that_a_lead_has_not_is_refused(fields: Any) -> None:
    """The error names the field, not the value."""
    with pytest.raises(InvalidValue) as caught:
        check_fields(Kind.LEAD, fields)
    assert "Mario" not in str(caught.value)


@pytest.mark.rule("DATA-1")
def test_fields_are_of_a_kind_that_has_fields() -> None:
    """A switch has none."""
    with pytest.raises(InvalidValue):
        check_fields(Kind.SWITCH, {})
    check_fields(Kind.LEAD, {"title": None, "contact_id": None})


@pytest.mark.rule("SWITCH-10", "DATA-1.8")
@pytest.mark.parametrize("key", ["", "  ", "x" * 101, "a\nb", 5, "a\udfff"])
def test_a_key_is_short_printable_text(key: Any) -> None:
    """Anything else is refused."""
    check_key("key", "x" * 100)
    with pytest.raises(InvalidValue):
        check_key("key", key)


@pytest.mark.rule("CONV-3")
class TestCustomFields:
    """CONV-3. Custom values are typed: yes is not 1, and 1 is not 1.0."""

    def test_equal_means_equal_in_type(self) -> None:
        """As values and as keys of a set."""
        values: list[Any] = [1, True, Decimal(1), "1", ("1",)]
        customs = [CustomFields({"A": value}) for value in values]
        assert len(set(customs)) == len(customs)
        assert all(one != other for n, one in enumerate(customs) for other in customs[:n])
        assert CustomFields({"A": 1, "B": 2}) == CustomFields({"B": 2, "A": 1})
        assert hash(CustomFields({"A": 1, "B": 2})) == hash(CustomFields({"B": 2, "A": 1}))
        assert CustomFields({"A": 1}) != {"A": 1}

    def test_a_day_and_an_instant_are_kept(self) -> None:
        """One without an offset is no instant."""
        at = datetime(2026, 1, 1, 12, tzinfo=UTC)
        assert dict(CustomFields({"A": at, "B": at.date()})) == {"A": at, "B": at.date()}
        with pytest.raises(InvalidValue, match=r"^custom\.A: "):
            CustomFields({"A": at.replace(tzinfo=None)})

    def test_it_is_a_read_only_mapping(self) -> None:
        """Reading works like a dictionary; writing is not offered."""
        custom = CustomFields({"A": 1})
        assert isinstance(custom, Mapping)
        assert (dict(custom), len(custom), custom["A"]) == ({"A": 1}, 1, 1)
        assert not hasattr(custom, "__setitem__")


@pytest.mark.rule("CONV-4")
def test_a_value_of_blanks_is_false_and_absent_from_a_card() -> None:
    """An address, an origin and campaign marks without content do not exist; an honorific alone names nobody."""
    assert not PersonName(honorific="Dr", first=" ")
    assert PersonName(middle="M")
    for name, blank, filled in (
        ("address", Address(city=" "), Address(city="York")),
        ("origin", ExternalOrigin(id=""), ExternalOrigin(id="1")),
        ("utm", Utm(term=" "), Utm(term="x")),
    ):
        build: Any = Company
        given = [build(**{"id": 1, "responsible": 1, name: value}) for value in (blank, filled)]
        assert getattr(given[0], name) is None
        assert getattr(given[1], name) == filled


@pytest.mark.rule("DATA-2", "CONV-7")
def test_a_conflict_over_an_e_mail_does_not_show_it() -> None:
    """The key that two workers race for is somebody's address."""
    [key] = match_keys([email("mario@example.com")], (Kind.CONTACT,))
    error = Conflict((Ref(Kind.MATCH_KEY, key),))  # type: ignore[arg-type]  # stores name keys like this
    assert "mario" not in f"{error} {error!r} {key!r}"


@pytest.mark.rule("CONV-3", "CONV-4")
def test_an_honorific_alone_is_carried_to_a_contact_and_named_as_lost_without_one() -> None:
    """It names nobody, and is not dropped silently either."""
    scene = classic()
    ids = [scene.add(name=PersonName(honorific="Dr")) for _ in range(2)]
    contact = scene.convert(ids[0], ModeSwitchPolicy(client=ClientChoice.CONTACT))
    company = scene.convert(ids[1], ModeSwitchPolicy(client=ClientChoice.COMPANY))
    assert scene.contact(contact.contact_id).name == PersonName(honorific="Dr", first="Unnamed contact")
    assert (contact.not_carried, company.not_carried) == ((), ("name",))


@pytest.mark.rule("CONV-7")
def test_a_phone_alone_is_no_key_of_a_conversion() -> None:
    """Only e-mails are, unless phones are asked for."""
    points = (email("a@b"), phone("1"), email("no"), phone("none"))
    assert {key.value for key in match_keys(points, (Kind.CONTACT,))} == {"a@b"}
    by = (PointKind.EMAIL, PointKind.PHONE)
    assert {key.value for key in match_keys(points, (Kind.CONTACT,), by)} == {"a@b", "1"}


@pytest.mark.rule("CONV-7")
@pytest.mark.parametrize(
    "client, kinds",
    [
        (ClientChoice.CONTACT, {Kind.CONTACT}),
        (ClientChoice.COMPANY, {Kind.COMPANY}),
        (ClientChoice.BOTH, {Kind.CONTACT, Kind.COMPANY}),
    ],
)
def test_matching_goes_by_the_kinds_that_are_wanted(client: ClientChoice, kinds: set[Kind]) -> None:
    """And by nothing where it is off."""
    for match, wanted in ((MatchSetting.NONE, set()), (MatchSetting.EMAIL, kinds)):
        terms = ConversionTerms(
            client=client,
            pipeline_id=DEFAULT_PIPELINE,
            deal_stage=DEFAULT_LEAD_STAGES.entry.code,
            lead_stage=DEFAULT_LEAD_STAGES.success.code,
            keep_activities=True,
            match=match,
        )
        assert terms.kinds_to_match == wanted
    assert Settings(match=MatchSetting.EMAIL).kinds_to_match == {Kind.CONTACT, Kind.COMPANY}


@pytest.mark.rule("POLICY-1", "POLICY-2", "POLICY-3")
def test_the_default_policy() -> None:
    """A contact, the default pipeline, activities kept open."""
    assert ModeSwitchPolicy() == DEFAULT_POLICY
    assert (DEFAULT_POLICY.client, DEFAULT_POLICY.pipeline, DEFAULT_POLICY.keep_activities) == (
        ClientChoice.CONTACT,
        DEFAULT_PIPELINE,
        True,
    )
    assert [choice.value for choice in ClientChoice] == ["contact", "company", "both"]


@pytest.mark.rule("POLICY-1", "POLICY-2", "POLICY-3")
@pytest.mark.parametrize(
    "given",
    [{"client": "contact"}, {"client": None}, {"pipeline_id": -1}, {"pipeline_id": True}, {"keep_activities": 1}],
)
def test_a_policy_is_one_of_the_offered_choices(given: dict[str, Any]) -> None:
    """Neither "neither" nor anything else can be expressed."""
    with pytest.raises(InvalidValue):
        ModeSwitchPolicy(**given)


@pytest.mark.rule("POLICY-5")
def test_two_pages_two_wordings_one_option() -> None:
    """The web asks client, pipeline, activities; the app pipeline, client, activities; both set the same fields."""
    assert OPTION_PAGES == {
        OptionPage.WEB: ("client", "pipeline_id", "keep_activities"),
        OptionPage.APP: ("pipeline_id", "client", "keep_activities"),
    }
    options = {each.name for each in fields_of(ModeSwitchPolicy)}
    assert all(set(order) == options for order in OPTION_PAGES.values())


@pytest.mark.rule("POLICY-5")
@pytest.mark.parametrize("page", OptionPage)
def test_the_pipeline_is_asked_only_where_there_is_a_choice(page: OptionPage) -> None:
    """An archived one cannot be chosen, so it makes no choice; the order of the others is that of the page."""
    default = default_pipeline()
    second = Pipeline(id=PipelineId(1), stages=default.stages)
    archived = Pipeline(id=PipelineId(2), stages=default.stages, archived=True)
    without = tuple(option for option in OPTION_PAGES[page] if option != "pipeline_id")
    assert options_asked(page, [default]) == without == ("client", "keep_activities")
    assert options_asked(page, [default, archived]) == without
    assert options_asked(page, iter([default, second, archived])) == OPTION_PAGES[page]


@pytest.mark.rule("DATA-2")
@pytest.mark.parametrize(
    "error, text",
    [
        (InvalidValue("Lead.title", "at most 255 characters"), "Lead.title: expected at most 255 characters"),
        (Conflict((Ref(Kind.LEAD, 1), Ref(Kind.DEAL, 2))), "2 stale records, first lead:1, deal:2"),
        (Conflict((Ref(Kind.LEAD, 1),) * 4), "4 stale records, first lead:1, lead:1, lead:1"),
        (RecordFault(Ref(Kind.LEAD, 1), "unreadable"), "lead:1 has a fault: unreadable"),
        (ContractBroken("SWITCH-1", "two deals"), "SWITCH-1: two deals"),
        (ContractBroken("SWITCH-1", "two deals", (Ref(Kind.LEAD, 1),)), "SWITCH-1: two deals (lead:1)"),
        (ContractBroken("X", "many", (Ref(Kind.LEAD, 1),) * 11), f"X: many ({', '.join(['lead:1'] * 10)})"),
        (StoreBusy("busy"), "busy"),
        (StoreCorrupt("damaged"), "damaged"),
        (StoreFull("full"), "full"),
        (StoreReadOnly("read-only"), "read-only"),
        (OutcomeUnknown("lost"), "lost"),
    ],
)
def test_errors_say_what_was_wrong_and_survive_pickling(error: Exception, text: str) -> None:
    """The copy is of the same kind, with the same data and the same text."""
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.args, str(copy), vars(copy)) == (type(error), error.args, text, vars(error))


@pytest.mark.rule("DATA-1")
def test_entities_values_and_answers_survive_pickling() -> None:
    """Whole CRMs can be handed to another process, and equal ones have equal hashes."""
    scene = classic()
    lead_id = scene.add(title="x", contact_points=[email("a@b")], custom={"A": True}, amount=euros("5"))
    scene.add_activity(Ref(Kind.LEAD, lead_id))
    scene.switch()
    image = scene.image()
    records: list[Any] = [each for table in (image.leads, image.deals, image.contacts) for each in table.values()]
    records += [*image.activities.values(), *image.ledger.values(), *image.switches.values(), image.settings]
    for record in (*records, Refused(Reason.LEAD_CLOSED, Ref(Kind.LEAD, 1)), image.stages):
        copy = pickle.loads(pickle.dumps(record))
        assert copy == record
        assert type(copy) is type(record)
        assert hash(copy) == hash(record)
    assert isinstance(image.stages, LeadStages)
    assert str(Ref(Kind.LEAD, 1)) == "lead:1"


@pytest.mark.rule("CONV-6", "POLICY-4")
def test_the_pure_meaning_of_a_row_s_bindings() -> None:
    """The reference for stores: union with deal and clients, and completion on demand."""
    scene = classic()
    lead_id = scene.add(title="x")
    work = scene.add_activity(Ref(Kind.LEAD, lead_id))
    before = scene.image()
    row = scene.convert(lead_id, ModeSwitchPolicy(client=ClientChoice.BOTH, keep_activities=False))
    opened: Any = before.activities
    activities, bindings = after_conversions([row], opened, before.bindings, scene.clock.now())
    assert bindings == scene.image().bindings
    assert activities == scene.image().activities
    gone = {work: Tombstone(kind=Kind.ACTIVITY, id=work, deleted_at=scene.clock.now())}
    for at, given in ((None, opened), (scene.clock.now(), gone)):
        assert after_conversions([row], given, {}, at)[0] == given


@pytest.mark.rule("CONV-6")
@pytest.mark.parametrize("contact, company", [(None, None), (3, None), (None, 4), (3, 4)])
def test_activities_of_a_lead_move_to_its_deal_and_its_clients(contact: int | None, company: int | None) -> None:
    """Those that it has."""
    row: Any = SimpleNamespace(deal_id=2, contact_id=contact, company_id=company)
    clients = [Ref(kind, id) for kind, id in ((Kind.CONTACT, contact), (Kind.COMPANY, company)) if id is not None]
    assert targets_of(row) == (Ref(Kind.DEAL, 2), *clients)


@pytest.mark.rule("POLICY-4.2")
def test_completed_work_without_an_instant_is_completed_by_nobody_later() -> None:
    """It came so from elsewhere, and when it was completed is not known."""
    work = Activity(id=ActivityId(1), completed=True)
    assert work.completed_by(datetime(2026, 1, 1, tzinfo=UTC)) is work


@pytest.mark.rule("POLICY-4")
def test_what_is_complete_stays_complete_at_its_own_instant() -> None:
    """Completing again is no change."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    done = Activity(id=ActivityId(1), completed=True, completed_at=at)
    assert done.completed_by(datetime(2027, 1, 1, tzinfo=UTC)) is done


@pytest.mark.rule("STAGE-1")
def test_a_catalogue_finds_its_stages() -> None:
    """By code and by meaning; a new lead enters the first in process."""
    stages = DEFAULT_LEAD_STAGES
    assert stages.entry == stages.get("NEW") == stages.first(StageSemantics.IN_PROCESS)
    assert stages.get("NONE") is None
    assert accepted(classic().crm.export(ADMIN)).stages == stages


@pytest.mark.rule("IMPORT-1.5")
def test_an_imported_id_leaves_as_many_above_it() -> None:
    """One more than the limit is refused, and the error names the limit."""
    check_imported_id("Lead.id", IMPORTED_ID_LIMIT)
    for id in (IMPORTED_ID_LIMIT + 1, ID_LIMIT):
        with pytest.raises(InvalidValue, match=f"Lead.id.*to {IMPORTED_ID_LIMIT}"):
            check_imported_id("Lead.id", id)


@pytest.mark.rule("POLICY-2")
def test_a_new_crm_has_one_pipeline() -> None:
    """It has a name by which people choose it, and cannot be archived."""
    pipeline = default_pipeline()
    assert (pipeline.id, pipeline.name, pipeline.archived) == (DEFAULT_PIPELINE, "General", False)
    assert [stage.semantics for stage in pipeline.stages][:1] == [StageSemantics.IN_PROCESS]

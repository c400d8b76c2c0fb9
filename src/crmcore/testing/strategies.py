"""Hypothesis strategies for everything that a CRM holds, from a text to a whole CRM, valid by construction.

Known-awkward values are mixed in everywhere: blank and long texts, emoji, right-to-left script, quotes, huge decimals,
e-mails with quotes or without an at-sign, equal e-mails in different case, phones of spaces.
Everything shrinks towards short texts, few fields and few records. All options are keyword-only.

lines: one strategy after the other, from small to large; whoever looks for one finds it here.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from crmcore.auditing import image_of
from crmcore.domain.activity import Activity
from crmcore.domain.commands import (
    AddActivity,
    AddLead,
    AddRecord,
    ArchivePipeline,
    BeginSwitch,
    CancelSwitch,
    ChangeSettings,
    CloseLead,
    Command,
    CompleteActivity,
    ConvertChunk,
    ConvertLead,
    CopyLead,
    DefineLeadStages,
    DefinePipeline,
    DeleteActivity,
    DeleteLead,
    EditRecord,
    FinishSwitch,
    ImportRecords,
    ReopenLead,
    ResumeSwitch,
    RetrySwitch,
    SwitchToClassic,
    TakeInquiry,
    UnbindActivity,
)
from crmcore.domain.ids import DEFAULT_PIPELINE, ActivityId, Epoch, Kind, LeadId, PipelineId, Ref, StageCode, UserId
from crmcore.domain.image import CrmImage
from crmcore.domain.lead import Lead
from crmcore.domain.ledger import SwitchToken
from crmcore.domain.mode import CrmMode, RepeatInquiry, Settings
from crmcore.domain.outcomes import Refused
from crmcore.domain.pipeline import Pipeline, default_pipeline
from crmcore.domain.policy import ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.stages import DEFAULT_LEAD_STAGES, LeadStages, Stage, StageSemantics
from crmcore.domain.values import (
    Address,
    ContactPoint,
    ContactPoints,
    CustomFields,
    CustomValue,
    ExternalOrigin,
    Money,
    PersonName,
    PointKind,
    Utm,
)
from crmcore.testing.crm import TestCrm
from crmcore.testing.personas import ADMIN, MANAGER, STRANGER

__all__ = [
    "AWKWARD_EMAILS",
    "AWKWARD_LINES",
    "AWKWARD_PHONES",
    "activity_fields",
    "actors",
    "addresses",
    "card_fields",
    "codes",
    "command_sequences",
    "commands",
    "contact_points",
    "creations",
    "crm_images",
    "custom_fields",
    "custom_values",
    "deal_fields",
    "decimals",
    "edits",
    "emails",
    "imports",
    "inquiries",
    "instants",
    "lead_fields",
    "lead_stages",
    "leads",
    "lines",
    "money",
    "names",
    "origins",
    "phones",
    "pipelines",
    "policies",
    "stages",
    "texts",
    "utms",
]

AWKWARD_LINES = (
    "",
    " ",
    "\u00a0\u2003",
    'O\'Brien "Bob"; Smith, Jr.',
    "=1+1",
    "🦊👩‍👩‍👧",
    "שלום עולם",
    "\u202eright to left\u202c",
    "e\u0301 is é",
    "ß and İ",
    " spaces around ",
    "\u2028",
)
AWKWARD_EMAILS = (
    "ann@example.com",
    "ANN@Example.COM",
    " ann@example.com ",
    "bob@example.com",
    '"ann b"@example.com',
    "o'brien@example.com",
    "no-at-sign",
    "@",
    "a@b@c",
    "straße@example.com",
    "STRASSE@example.com",
    " ",
)
AWKWARD_PHONES = ("+39 06 1234567", "0039061234567", "06-1234567", "   ", "ext.", "+", "٠١٢٣", "1")

_ONE_LINE = st.characters(exclude_categories=("Cc", "Cs"))
_LONG = st.one_of(_ONE_LINE, st.sampled_from("\n\t\r"))
_IN_CODES = st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"))
_CODES = ("A", "WORK", "UF_CRM_1", "WEB", "C1:NEW", "é")
_CURRENCIES = ("EUR", "USD", "RUB", "JPY", "XXX")


# Small values


def lines(*, max_size: int = 20) -> st.SearchStrategy[str]:
    """Texts of one line, blank and awkward ones included."""
    return st.one_of(st.text(_ONE_LINE, max_size=max_size), st.sampled_from(AWKWARD_LINES), _long_one("x", 255))


def _long_one(letter: str, length: int) -> st.SearchStrategy[str]:
    """A text of the greatest length; made late, since the representation of a strategy shows its values."""
    return st.just(letter).map(lambda one: one * length)


def texts(*, max_size: int = 40) -> st.SearchStrategy[str]:
    """Long texts: those of `lines`, and such with line breaks and tabs."""
    return st.one_of(
        lines(),
        st.text(_LONG, max_size=max_size),
        st.sampled_from(("a\r\nb", "\n \t")),
        _long_one("y", 65_535),
    )


def codes() -> st.SearchStrategy[str]:
    """Codes: short and without spaces."""
    return st.one_of(st.sampled_from(_CODES), st.text(_IN_CODES, min_size=1, max_size=12), _long_one("Z", 100))


def instants() -> st.SearchStrategy[datetime]:
    """Instants with a time zone, UTC and others, within three centuries."""
    zones = st.sampled_from((UTC, timezone(timedelta(hours=3)), timezone(timedelta(hours=-9, minutes=-30))))
    return st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(2199, 12, 30), timezones=zones)  # noqa: DTZ001  # hypothesis adds the zone


@st.composite
def decimals(draw: st.DrawFn) -> Decimal:
    """Finite decimals with at most 20 digits before and 10 after the point, of either sign and any exponent."""
    places = draw(st.integers(0, 10))
    number = draw(st.one_of(st.integers(0, 1000), st.integers(0, 10 ** (20 + places) - 1)))
    zeros = draw(st.integers(0, 3)) if not places and number < 10**16 else 0
    digits = tuple(map(int, str(number)))
    return Decimal((int(draw(st.booleans())), digits, zeros - places))


def money() -> st.SearchStrategy[Money]:
    """Amounts with a currency; sometimes only one of the two is known."""
    currencies = st.sampled_from(_CURRENCIES)
    return st.one_of(
        st.builds(Money, amount=decimals(), currency=currencies),
        st.builds(Money, amount=decimals()),
        st.builds(Money, currency=currencies),
    )


def emails() -> st.SearchStrategy[str]:
    """What people type where an e-mail is asked for: a small pool, so that two leads often share one."""
    return st.sampled_from(AWKWARD_EMAILS)


def phones() -> st.SearchStrategy[str]:
    """What people type where a phone is asked for: a small pool, too."""
    return st.sampled_from(AWKWARD_PHONES)


def contact_points(*, max_size: int = 4, max_emails: int | None = None) -> st.SearchStrategy[ContactPoints]:
    """Phones, e-mails, websites and messengers with their types; at most `max_emails` of them e-mails."""
    types = st.sampled_from(("WORK", "HOME", "MOBILE", "X-1"))
    mail = st.builds(ContactPoint, kind=st.just(PointKind.EMAIL), type=types, value=emails())
    others = st.one_of(
        st.builds(ContactPoint, kind=st.just(PointKind.PHONE), type=types, value=phones()),
        st.builds(
            ContactPoint,
            kind=st.sampled_from((PointKind.WEBSITE, PointKind.MESSENGER)),
            type=types,
            value=lines(),
        ),
    )
    if max_emails is None:
        return st.lists(st.one_of(mail, others), max_size=max_size).map(ContactPoints)
    return st.builds(
        lambda mails, rest: ContactPoints([*mails, *rest]),
        st.lists(mail, max_size=max_emails),
        st.lists(others, max_size=max_size),
    )


def _some(kind: type, parts: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({}, optional=dict(parts)).map(lambda given: kind(**given))


def addresses() -> st.SearchStrategy[Address]:
    """Addresses with some of their parts, or none."""
    parts = ("street", "flat", "city", "region", "province", "postal_code", "country")
    return _some(Address, {"full": texts(), **dict.fromkeys(parts, lines())})


def names() -> st.SearchStrategy[PersonName]:
    """Names with some of their parts, or none."""
    return _some(PersonName, dict.fromkeys(("honorific", "first", "middle", "last"), lines()))


def origins() -> st.SearchStrategy[ExternalOrigin]:
    """External origins with some of their parts, or none."""
    return _some(ExternalOrigin, dict.fromkeys(("originator", "id"), lines()))


def utms() -> st.SearchStrategy[Utm]:
    """Campaign parameters, some or none."""
    return _some(Utm, dict.fromkeys(("source", "medium", "campaign", "content", "term"), lines()))


def custom_values() -> st.SearchStrategy[CustomValue]:
    """Values of custom fields, of all seven types."""
    return st.one_of(
        texts(),
        st.integers(-(2**63), 2**63 - 1),
        decimals(),
        st.booleans(),
        st.dates(),
        instants(),
        st.lists(lines(), max_size=3).map(tuple),
    )


def custom_fields(*, max_size: int = 3) -> st.SearchStrategy[CustomFields]:
    """Custom fields by code."""
    return st.dictionaries(codes(), custom_values(), max_size=max_size).map(CustomFields)


# Cards


def actors() -> st.SearchStrategy[UserId]:
    """The three actors of a `TestCrm`."""
    return st.sampled_from((ADMIN, MANAGER, STRANGER))


def _card() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "responsible": st.integers(1, 5),
        "opened": st.booleans(),
        "address": st.one_of(st.none(), addresses()),
        "comments": st.one_of(st.none(), texts()),
        "origin": st.one_of(st.none(), origins()),
        "utm": st.one_of(st.none(), utms()),
        "custom": custom_fields(),
    }


def _source() -> dict[str, st.SearchStrategy[Any]]:
    return {"source": st.one_of(st.none(), codes()), "source_description": st.one_of(st.none(), texts())}


def _person() -> dict[str, st.SearchStrategy[Any]]:
    return {
        "name": names(),
        "birth_date": st.one_of(st.none(), st.dates(min_value=date(1850, 1, 1))),
        "job_title": st.one_of(st.none(), lines()),
        **_source(),
    }


def lead_fields(*, max_emails: int | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new lead, links to clients and stage left out."""
    return st.fixed_dictionaries(
        {},
        optional={
            **_card(),
            **_person(),
            "contact_points": contact_points(max_emails=max_emails),
            "title": st.one_of(st.none(), lines()),
            "company_title": st.one_of(st.none(), lines()),
            "stage_description": st.one_of(st.none(), texts()),
            "amount": st.one_of(st.none(), money()),
            "observers": st.lists(st.integers(1, 5), max_size=2).map(tuple),
        },
    )


def deal_fields() -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new deal, links, pipeline and stage left out."""
    return st.fixed_dictionaries(
        {},
        optional={
            **_card(),
            **_source(),
            "title": st.one_of(st.none(), lines()),
            "amount": st.one_of(st.none(), money()),
        },
    )


def card_fields(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new lead, deal, contact or company, links left out."""
    if kind is Kind.LEAD:
        return lead_fields()
    if kind is Kind.DEAL:
        return deal_fields()
    more = _person() if kind is Kind.CONTACT else {"title": st.one_of(st.none(), lines())}
    return st.fixed_dictionaries({}, optional={**_card(), **more, "contact_points": contact_points()})


def activity_fields(*, completed: bool | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """What may be given for a new activity."""
    done = st.booleans() if completed is None else st.just(completed)
    return st.fixed_dictionaries(
        {"completed": done},
        optional={
            "kind": st.sampled_from(("task", "call", "meeting", "email")),
            "subject": st.one_of(st.none(), lines()),
            "description": st.one_of(st.none(), texts()),
            "responsible": st.integers(1, 5),
            "deadline": st.one_of(st.none(), instants()),
        },
    )


@st.composite
def leads(
    draw: st.DrawFn, *, id: int | None = None, stages: LeadStages = DEFAULT_LEAD_STAGES, active: bool | None = None
) -> Lead:
    """Leads that are not converted, in any stage of a catalogue, or only in an active or a closed one."""
    fitting = [
        stage for stage in stages.stages if active is None or (stage.semantics is StageSemantics.IN_PROCESS) is active
    ]
    stage = draw(st.sampled_from(fitting))
    return Lead(
        id=LeadId(draw(st.integers(1, 50)) if id is None else id),
        stage=stage.code,
        semantics=stage.semantics,
        created_at=draw(st.one_of(st.none(), instants())),
        **{"responsible": ADMIN, **draw(lead_fields())},
    )


# Set-up


def stages(*, codes: Sequence[str], semantics: Sequence[StageSemantics]) -> st.SearchStrategy[tuple[Stage, ...]]:
    """Stages with these codes and meanings, in any order, with any names."""
    return st.tuples(
        *(
            st.builds(
                Stage, code=st.just(StageCode(code)), semantics=st.just(meaning), name=st.one_of(st.none(), lines())
            )
            for code, meaning in zip(codes, semantics, strict=True)
        )
    ).flatmap(lambda made: st.permutations(made).map(tuple))


@st.composite
def lead_stages(draw: st.DrawFn) -> LeadStages:
    """Catalogues of lead stages: one means success, at least one is in process, at least one means failure."""
    meanings = [
        StageSemantics.SUCCESS,
        *[StageSemantics.IN_PROCESS] * draw(st.integers(1, 3)),
        *[StageSemantics.FAILURE] * draw(st.integers(1, 2)),
    ]
    return LeadStages(stages=draw(stages(codes=[f"S{n}" for n in range(len(meanings))], semantics=meanings)))


@st.composite
def pipelines(draw: st.DrawFn, *, id: int | None = None, archived: bool = False) -> Pipeline:
    """Deal pipelines, the first in-process stage at any place."""
    number = draw(st.integers(0 if not archived else 1, 3)) if id is None else id
    meanings = [
        *[StageSemantics.IN_PROCESS] * draw(st.integers(1, 3)),
        *[StageSemantics.SUCCESS] * draw(st.integers(0, 1)),
        *[StageSemantics.FAILURE] * draw(st.integers(0, 2)),
    ]
    return Pipeline(
        id=PipelineId(number),
        name=draw(st.one_of(st.none(), lines())),
        stages=draw(stages(codes=[f"C{number}:{n}" for n in range(len(meanings))], semantics=meanings)),
        archived=archived,
    )


def policies(*, pipelines: Sequence[int | None] = (None, DEFAULT_PIPELINE)) -> st.SearchStrategy[ModeSwitchPolicy]:
    """Policies of a switch, with one of the given pipelines."""
    return st.builds(
        ModeSwitchPolicy,
        client=st.sampled_from(ClientChoice),
        pipeline_id=st.sampled_from(list(pipelines)),
        keep_activities=st.booleans(),
    )


# Commands


def inquiries(*, keys: st.SearchStrategy[str | None] | None = None) -> st.SearchStrategy[TakeInquiry]:
    """Requests, calls and e-mails."""
    return st.builds(
        TakeInquiry,
        channel=st.sampled_from(("request", "call", "email")),
        fields=lead_fields(),
        subject=st.one_of(st.none(), lines()),
        key=_keys() if keys is None else keys,
    )


def _keys() -> st.SearchStrategy[str | None]:
    return st.sampled_from((None, None, None, "k1", "k2", "ключ 3"))


@st.composite
def imports(draw: st.DrawFn, *, max_leads: int = 2) -> ImportRecords:
    """Imports of leads, with activities that are bound to them."""
    ids = draw(st.lists(st.integers(1, 30), max_size=max_leads, unique=True))
    made = tuple([draw(leads(id=id)) for id in ids])
    numbers = draw(st.lists(st.integers(1, 30), max_size=2, unique=True)) if ids else []
    return ImportRecords(
        leads=made,
        activities=tuple(
            (
                Activity(id=ActivityId(number), **draw(activity_fields())),
                frozenset(Ref(Kind.LEAD, id) for id in draw(st.sets(st.sampled_from(ids), min_size=1))),
            )
            for number in numbers
        ),
    )


def _ids(highest: int) -> st.SearchStrategy[int]:
    return st.integers(1, highest)


def _refs(highest: int, *kinds: Kind) -> st.SearchStrategy[Ref]:
    chosen = kinds or (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY)
    return st.builds(Ref, st.sampled_from(chosen), _ids(highest))


_CARDS = (Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY)


def _stage_codes() -> st.SearchStrategy[str | None]:
    return st.sampled_from((None, "NEW", "PROCESSED", "JUNK", "CONVERTED", "no-such-stage"))


@st.composite
def _new_leads(draw: st.DrawFn, highest: int) -> AddLead:
    fields = draw(lead_fields())
    stage = draw(_stage_codes())
    if stage is not None:
        fields["stage"] = stage
    for name in draw(st.sets(st.sampled_from(("contact_id", "company_id")))):
        fields[name] = draw(_ids(highest))
    return AddLead(fields=fields, key=draw(_keys()))


@st.composite
def _new_records(draw: st.DrawFn, highest: int) -> AddRecord:
    kind = draw(st.sampled_from(_CARDS[1:]))
    return AddRecord(kind=kind, fields={**draw(card_fields(kind)), **draw(_links(kind, highest))}, key=draw(_keys()))


def _links(kind: Kind, highest: int) -> st.SearchStrategy[dict[str, Any]]:
    links: dict[str, st.SearchStrategy[Any]] = {}
    if kind in (Kind.LEAD, Kind.DEAL):
        links["contact_id"] = st.one_of(st.none(), _ids(highest))
    if kind is not Kind.COMPANY:
        links["company_id"] = st.one_of(st.none(), _ids(highest))
    if kind is Kind.DEAL:
        links["pipeline_id"] = st.sampled_from((None, 0, 1, 7))
    if kind is Kind.LEAD:
        links["stage"] = st.sampled_from(("NEW", "PROCESSED", "JUNK", "CONVERTED", "no-such-stage"))
    return st.fixed_dictionaries({}, optional=links)


@st.composite
def edits(draw: st.DrawFn, *, highest: int = 6) -> EditRecord:
    """Edits of at most two fields of a card, with any version."""
    ref = draw(_refs(highest))
    given = {**draw(card_fields(ref.kind)), **draw(_links(ref.kind, highest))}
    # An edit of few fields is the one that is accepted for a converted lead.
    wanted = draw(st.lists(st.sampled_from(sorted(given)), max_size=2, unique=True)) if given else []
    return EditRecord(ref=ref, version=draw(st.integers(1, 3)), fields={name: given[name] for name in wanted})


def _tokens() -> st.SearchStrategy[SwitchToken]:
    return st.builds(SwitchToken, st.sampled_from(("s1", "s2")), st.integers(1, 6).map(Epoch))


def creations(*, highest: int = 6) -> st.SearchStrategy[Command[Any]]:
    """The commands that create something and may bring a key (EDIT-1)."""
    return st.one_of(
        _new_leads(highest),
        st.builds(CopyLead, lead_id=_ids(highest), key=_keys()),
        _new_records(highest),
        st.builds(
            AddActivity,
            fields=activity_fields(),
            bound_to=st.frozensets(_refs(highest), min_size=1, max_size=3),
            key=_keys(),
        ),
        inquiries(),
    )


def commands(*, highest: int = 6) -> st.SearchStrategy[Command[Any]]:
    """All commands, with ids from 1 to `highest`, most of which exist in a small CRM."""
    ids = _ids(highest)
    some_policies = policies(pipelines=(None, 0, 1, 7))
    tokens = _tokens()
    return st.one_of(
        creations(highest=highest),
        st.builds(CloseLead, lead_id=ids, stage=_stage_codes()),
        st.builds(ReopenLead, lead_id=ids, stage=_stage_codes()),
        st.builds(DeleteLead, lead_id=ids),
        st.builds(ConvertLead, lead_id=ids, policy=st.one_of(st.none(), some_policies)),
        edits(highest=highest),
        st.builds(CompleteActivity, activity_id=ids),
        st.builds(UnbindActivity, activity_id=ids, ref=_refs(highest)),
        st.builds(DeleteActivity, activity_id=ids),
        st.builds(DefineLeadStages, stages=_changed_stages(), version=st.integers(1, 3)),
        st.builds(DefinePipeline, pipeline=pipelines(), version=st.integers(0, 2)),
        st.builds(ArchivePipeline, pipeline_id=st.integers(0, 3)),
        st.builds(
            ChangeSettings,
            match=st.sampled_from((None, *MatchSetting)),
            repeat_inquiry=st.sampled_from((None, *RepeatInquiry)),
        ),
        imports(),
        st.builds(BeginSwitch, key=st.sampled_from(("s1", "s2")), policy=some_policies),
        st.builds(ConvertChunk, token=tokens, size=st.integers(1, 3)),
        st.builds(FinishSwitch, token=tokens),
        st.sampled_from((ResumeSwitch(), RetrySwitch(), CancelSwitch(), SwitchToClassic())),
    )


def _changed_stages() -> st.SearchStrategy[LeadStages]:
    """The default catalogue with one stage more or less, in another order; or quite another one."""
    known = DEFAULT_LEAD_STAGES.stages
    fewer = st.sampled_from(known).map(lambda gone: tuple(stage for stage in known if stage is not gone))
    more = st.just((*known, Stage(code=StageCode("LOST"), semantics=StageSemantics.FAILURE)))
    good = st.one_of(st.permutations(known).map(tuple), fewer.filter(_has_success), more)
    return st.one_of(good.map(lambda made: LeadStages(stages=made)), lead_stages())


def _has_success(made: tuple[Stage, ...]) -> bool:
    return any(stage.semantics is StageSemantics.SUCCESS for stage in made)


def command_sequences(*, highest: int = 6, max_size: int = 12) -> st.SearchStrategy[list[tuple[UserId, Command[Any]]]]:
    """Scripts: who asks for what, one after the other."""
    return st.lists(st.tuples(actors(), commands(highest=highest)), max_size=max_size)


# Whole CRMs


@st.composite
def crm_images(
    draw: st.DrawFn,
    *,
    mode: CrmMode | None = None,
    match: MatchSetting | None = MatchSetting.NONE,
    min_active: int = 0,
    max_leads: int = 5,
    max_emails: int | None = None,
    earlier_switch: bool | None = None,
) -> CrmImage:
    """Whole CRMs, made by running the real commands, so that every law holds.

    Several pipelines, one of them perhaps archived; active, closed, finished, converted and deleted leads; repeat
    leads that are linked to clients; activities, open and complete, bound to one record or shared by several;
    perhaps a switch in the past. `None` leaves a choice open.
    """
    wanted = draw(st.sampled_from(CrmMode)) if mode is None else mode
    setting = draw(st.sampled_from(MatchSetting)) if match is None else match
    world = TestCrm.of(_set_up(draw, setting))
    script = _Script(draw, world, max_emails)
    if earlier_switch or (earlier_switch is None and draw(st.booleans())):
        for _ in range(draw(st.integers(0, 2))):
            script.add_lead()
        script.add_activities(1)
        script.switch("past")
        world.crm.switch_to_classic(ADMIN)
    clients = draw(st.integers(0, 2))
    for _ in range(clients):
        script.add_client()
    for _ in range(draw(st.integers(min_active, max_leads))):
        script.add_lead()
    script.add_activities(3)
    script.change_some(min_active)
    if wanted is CrmMode.SIMPLE:
        script.switch("last")
    return image_of(world.store)


def _set_up(draw: st.DrawFn, match: MatchSetting) -> CrmImage:
    catalogue = draw(st.one_of(st.just(DEFAULT_LEAD_STAGES), lead_stages()))
    made = [draw(st.one_of(st.just(default_pipeline()), pipelines(id=DEFAULT_PIPELINE)))]
    made += [draw(pipelines(id=number)) for number in range(1, draw(st.integers(1, 3)))]
    return CrmImage(
        settings=Settings(mode=CrmMode.CLASSIC, match=match),
        stages=catalogue,
        pipelines={pipeline.id: pipeline for pipeline in made},
    )


class _Script:
    """Draws commands that fit the CRM as it stands, and runs them."""

    def __init__(self, draw: st.DrawFn, world: TestCrm, max_emails: int | None) -> None:
        self.draw = draw
        self.world = world
        self.max_emails = max_emails

    def policy(self) -> ModeSwitchPolicy:
        usable = [each.record.id for each in self.world.crm.pipelines() if not each.record.archived]
        return self.draw(policies(pipelines=(None, *usable)))

    def add_client(self) -> None:
        crm = self.world.crm
        if self.draw(st.booleans()):
            crm.add_company(ADMIN, **self.draw(card_fields(Kind.COMPANY)))
            return
        companies = [each.record.id for each in crm.companies(ADMIN)]
        company = self.draw(st.sampled_from((None, *companies)))
        crm.add_contact(ADMIN, **self.draw(card_fields(Kind.CONTACT)), company_id=company)

    def add_lead(self) -> None:
        crm, draw = self.world.crm, self.draw
        fields = draw(lead_fields(max_emails=self.max_emails))
        contacts = [each.record.id for each in crm.contacts(ADMIN)]
        companies = [each.record.id for each in crm.companies(ADMIN)]
        if (contacts or companies) and draw(st.booleans()):
            fields["contact_id"] = draw(st.sampled_from((None, *contacts)))
            fields["company_id"] = draw(st.sampled_from((None, *companies)))
        open_stages = [
            stage.code for stage in crm.lead_stages().record.stages if stage.semantics is StageSemantics.IN_PROCESS
        ]
        fields["stage"] = draw(st.sampled_from(open_stages))
        _done(crm.add_lead(ADMIN, **fields))

    def add_activities(self, most: int) -> None:
        crm, draw = self.world.crm, self.draw
        targets = [Ref(Kind.LEAD, each.record.id) for each in crm.leads(ADMIN) if each.record.deal_id is None]
        targets += [Ref(Kind.DEAL, each.record.id) for each in crm.deals(ADMIN)]
        targets += [Ref(Kind.CONTACT, each.record.id) for each in crm.contacts(ADMIN)]
        for _ in range(draw(st.integers(0, most)) if targets else 0):
            of = draw(st.sets(st.sampled_from(targets), min_size=1, max_size=3))
            _done(crm.add_activity(ADMIN, of=of, **draw(activity_fields())))

    def change_some(self, min_active: int) -> None:
        """Close, convert, delete or reopen leads, as long as enough of them stay active; delete an activity."""
        crm, draw = self.world.crm, self.draw
        ids = [each.record.id for each in crm.leads(ADMIN, active=True)]
        for lead_id in ids[: len(ids) - min_active]:
            match draw(st.sampled_from(("leave", "close", "convert", "delete", "close and reopen", "finish"))):
                case "close":
                    _done(crm.close_lead(ADMIN, lead_id))
                case "convert":
                    _done(crm.convert_lead(ADMIN, lead_id, policy=self.policy()))
                case "delete":
                    _done(crm.delete_lead(ADMIN, lead_id))
                case "close and reopen":
                    _done(crm.close_lead(ADMIN, lead_id))
                    _done(crm.reopen_lead(ADMIN, lead_id))
                case "finish":
                    _done(crm.import_records(ADMIN, ImportRecords(leads=(self._finished(),))))
        activities = [id for id in range(1, 4) if not isinstance(crm.activity(ADMIN, ActivityId(id)), Refused)]
        if draw(st.booleans()) and activities:
            _done(crm.delete_activity(ADMIN, ActivityId(draw(st.sampled_from(activities)))))

    def _finished(self) -> Lead:
        """A lead in the success stage that never had a deal (CONV-5), as an import brings it."""
        crm = self.world.crm
        highest = max([each.record.id for each in crm.leads(ADMIN)], default=0)
        success = crm.lead_stages().record.success
        return Lead(id=LeadId(highest + 10), stage=success.code, semantics=success.semantics, responsible=ADMIN)

    def switch(self, key: str) -> None:
        _done(self.world.crm.switch_to_simple(ADMIN, key=key, policy=self.policy()))


def _done(result: Any) -> None:
    assert not isinstance(result, Refused), result

"""Bad input at every public entry: a typed error that shows no value, and an unchanged CRM (DATA-1, DATA-2)."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from crmcore import ActivityId, Crm, InvalidValue, Kind, Ref, SwitchToken
from crmcore.domain.model.ids import Epoch
from crmcore.domain.protocol import commands
from crmcore.domain.protocol.commands import ConvertChunk, EditRecord, SetAside
from tests.building import ADMIN, Scene, accepted, classic

SECRET = "Mario Rossi"

#: What no id can be.
NO_ID: tuple[Any, ...] = (0, -1, "1", SECRET, 1.0, True, None, [1], {}, 2**63)
#: What no pace, and no page of a list, can be asked for with.
NO_PACE: tuple[Any, ...] = tuple(bad for bad in NO_ID if bad is not None)
NO_LIMIT: tuple[Any, ...] = (0, -1, "1", SECRET, 1.0, True, None, [1], 1001)
NO_AFTER: tuple[Any, ...] = (-1, "1", SECRET, 1.0, True, [1], 2**63)
#: What no version, no key, no text, no flag and no card's fields can be.
NO_VERSION: tuple[Any, ...] = (0, -1, "1", 1.0, True, None)
NO_KEY: tuple[Any, ...] = ("", " ", 5, SECRET * 20, "\x00", ["k"])
NO_POLICY: tuple[Any, ...] = ("both", 5, {"client": "both"})
NO_REF: tuple[Any, ...] = (
    SECRET,
    5,
    None,
    ("lead", 1),
    Ref("lead", 1),  # type: ignore[arg-type]
    Ref(Kind.LEAD, "1"),
    Ref(Kind.LEAD, 0),
    Ref(Kind.PIPELINE, 1),
    Ref(5, 1),  # type: ignore[arg-type]
)

#: Bad values of the fields that each card has, and that each lead, deal and contact has.
CARD: dict[str, tuple[Any, ...]] = {
    "responsible": (0, "1", None, True),
    "opened": ("yes", 1, None),
    "comments": (5, SECRET + "\x00", b"x"),
    "address": (SECRET,),
    "origin": (SECRET,),
    "utm": (SECRET,),
    "custom": (SECRET, {"A": 1.5}, {SECRET: 1}, {5: 1}, None),
    "no_such_field": (SECRET,),
    "id": (7,),
    "created_at": (datetime(2026, 1, 1, tzinfo=UTC),),
}
LEAD: dict[str, tuple[Any, ...]] = {
    **CARD,
    "title": (5, "a\nb", SECRET * 100),
    "name": (SECRET, None),
    "birth_date": (SECRET, datetime(2026, 1, 1, tzinfo=UTC)),
    "contact_points": (SECRET, [SECRET], {SECRET: 1}, None, 5),
    "source": (5, SECRET),
    "stage": (5, None, SECRET),
    "amount": (5, Decimal(5), SECRET),
    "observers": ([1], (SECRET,), None, tuple(range(1, 300))),
    "contact_id": (0, "1", True),
    "company_id": (0, SECRET),
    "deal_id": (1,),
    "semantics": ("S",),
}
DEAL: dict[str, tuple[Any, ...]] = {
    **CARD,
    "title": (5, "a\nb"),
    "amount": (5, SECRET),
    "pipeline_id": (-1, "0", True),
    "lead_id": (1,),
}
CONTACT: dict[str, tuple[Any, ...]] = {**CARD, "name": (SECRET,), "job_title": ("\x1b",), "company_id": (0,)}
COMPANY: dict[str, tuple[Any, ...]] = {**CARD, "title": (5,), "contact_points": (SECRET,), "name": (SECRET,)}
ACTIVITY: dict[str, tuple[Any, ...]] = {
    "kind": (5, None, SECRET),
    "subject": (5, "a\nb"),
    "description": (5, "\x00"),
    "responsible": (0, SECRET),
    "deadline": (SECRET, datetime(2026, 1, 1)),  # noqa: DTZ001  # the point of the row
    "completed": (1, None),
    "unbound": (frozenset(),),
}

Call = Callable[[Crm, Any], object]


def _fields(table: dict[str, tuple[Any, ...]], call: Callable[[Crm, dict[str, Any]], object]) -> list[tuple[Call, Any]]:
    return [(lambda crm, given: call(crm, given), {name: bad}) for name, bads in table.items() for bad in bads]  # noqa: PLW0108  # the loop variable


def _each(bads: tuple[Any, ...], call: Call) -> list[tuple[Call, Any]]:
    return [(call, bad) for bad in bads]


WORK = [Ref(Kind.LEAD, 1)]
TOKEN = SwitchToken("k", Epoch(2))

#: Every public method with what it must not be given.
ENTRIES: dict[str, list[tuple[Call, Any]]] = {
    "run": _each((5, SECRET, None, object()), lambda crm, bad: crm.run(ADMIN, bad)),
    "add_lead": [
        *_fields(LEAD, lambda crm, given: crm.add_lead(ADMIN, **given)),
        *_each(NO_KEY, lambda crm, bad: crm.add_lead(ADMIN, key=bad)),
        *_each(NO_ID[1:], lambda crm, bad: crm.add_lead(bad, title="x")),
    ],
    "copy_lead": _each(NO_ID, lambda crm, bad: crm.copy_lead(ADMIN, bad)),
    "edit_lead": [
        *_fields(LEAD, lambda crm, given: crm.edit_lead(ADMIN, 1, 2, **given)),  # type: ignore[arg-type]
        *_each(NO_VERSION, lambda crm, bad: crm.edit_lead(ADMIN, 1, bad)),  # type: ignore[arg-type]
        *_each(NO_ID, lambda crm, bad: crm.edit_lead(ADMIN, bad, 1)),
    ],
    "close_lead": [
        *_each(NO_ID, lambda crm, bad: crm.close_lead(ADMIN, bad)),
        *_each((5, SECRET, ""), lambda crm, bad: crm.close_lead(ADMIN, 1, stage=bad)),  # type: ignore[arg-type]
    ],
    "reopen_lead": [
        *_each(NO_ID, lambda crm, bad: crm.reopen_lead(ADMIN, bad)),
        *_each((5, SECRET, ""), lambda crm, bad: crm.reopen_lead(ADMIN, 1, stage=bad)),  # type: ignore[arg-type]
    ],
    "delete_lead": _each(NO_ID, lambda crm, bad: crm.delete_lead(ADMIN, bad)),
    "erasure": _each((*NO_REF, Ref(Kind.DEAL, 1)), lambda crm, bad: crm.erasure(ADMIN, bad)),
    "erase": _each((*NO_REF, Ref(Kind.DEAL, 1)), lambda crm, bad: crm.erase(ADMIN, bad)),
    "convert_lead": [
        *_each(NO_ID, lambda crm, bad: crm.convert_lead(ADMIN, bad)),
        *_each(NO_POLICY, lambda crm, bad: crm.convert_lead(ADMIN, 1, policy=bad)),  # type: ignore[arg-type]
    ],
    "convert_leads": [
        *_each(NO_ID, lambda crm, bad: crm.convert_leads(ADMIN, [1, bad])),  # type: ignore[list-item]
        *_each((5, None), lambda crm, bad: crm.convert_leads(ADMIN, bad)),
        *_each(NO_POLICY, lambda crm, bad: crm.convert_leads(ADMIN, [1], policy=bad)),  # type: ignore[list-item]
    ],
    "add_deal": _fields(DEAL, lambda crm, given: crm.add_deal(ADMIN, **given)),
    "edit_deal": _fields(DEAL, lambda crm, given: crm.edit_deal(ADMIN, 1, 1, **given)),  # type: ignore[arg-type]
    "delete_deal": _each(NO_ID, lambda crm, bad: crm.delete_deal(ADMIN, bad)),
    "add_contact": _fields(CONTACT, lambda crm, given: crm.add_contact(ADMIN, **given)),
    "edit_contact": _fields(CONTACT, lambda crm, given: crm.edit_contact(ADMIN, 1, 1, **given)),  # type: ignore[arg-type]
    "delete_contact": _each(NO_ID, lambda crm, bad: crm.delete_contact(ADMIN, bad)),
    "add_company": _fields(COMPANY, lambda crm, given: crm.add_company(ADMIN, **given)),
    "edit_company": _fields(COMPANY, lambda crm, given: crm.edit_company(ADMIN, 1, 1, **given)),  # type: ignore[arg-type]
    "delete_company": _each(NO_ID, lambda crm, bad: crm.delete_company(ADMIN, bad)),
    "add_activity": [
        *_fields(ACTIVITY, lambda crm, given: crm.add_activity(ADMIN, of=WORK, **given)),
        *_each((*NO_REF, [1]), lambda crm, bad: crm.add_activity(ADMIN, of=[bad])),
        *_each((5, None, ()), lambda crm, bad: crm.add_activity(ADMIN, of=bad)),
        *_each(NO_KEY, lambda crm, bad: crm.add_activity(ADMIN, of=WORK, key=bad)),
    ],
    "complete_activity": _each(NO_ID, lambda crm, bad: crm.complete_activity(ADMIN, bad)),
    "reopen_activity": _each(NO_ID, lambda crm, bad: crm.reopen_activity(ADMIN, bad)),
    "edit_activity": [
        *_each(NO_ID, lambda crm, bad: crm.edit_activity(ADMIN, bad, 1)),
        *_each(NO_ID, lambda crm, bad: crm.edit_activity(ADMIN, ActivityId(1), bad)),
    ],
    "bind_activity": [
        *_each(NO_ID, lambda crm, bad: crm.bind_activity(ADMIN, bad, WORK[0])),
        *_each(NO_REF, lambda crm, bad: crm.bind_activity(ADMIN, 1, bad)),  # type: ignore[arg-type]
    ],
    "unbind_activity": [
        *_each(NO_ID, lambda crm, bad: crm.unbind_activity(ADMIN, bad, WORK[0])),
        *_each(NO_REF, lambda crm, bad: crm.unbind_activity(ADMIN, 1, bad)),  # type: ignore[arg-type]
    ],
    "delete_activity": _each(NO_ID, lambda crm, bad: crm.delete_activity(ADMIN, bad)),
    "take_inquiry": [
        *_fields(LEAD, lambda crm, given: crm.take_inquiry(ADMIN, channel="call", **given)),
        *_each(
            ("", "two words", "x" * 101, "a\x00b", 5, None, ["call"]),
            lambda crm, bad: crm.take_inquiry(ADMIN, channel=bad),
        ),
        *_each((5, "a\nb"), lambda crm, bad: crm.take_inquiry(ADMIN, channel="call", subject=bad)),
        *_each(NO_KEY, lambda crm, bad: crm.take_inquiry(ADMIN, channel="call", key=bad)),
        *_fields(
            {"stage": ("NEW",), "contact_id": (1,), "company_id": (1,)},
            lambda crm, given: crm.take_inquiry(ADMIN, channel="call", **given),
        ),
    ],
    "define_lead_stages": [
        *_each((5, SECRET, ()), lambda crm, bad: crm.define_lead_stages(ADMIN, bad, 1)),
        *_each(NO_VERSION, lambda crm, bad: crm.define_lead_stages(ADMIN, crm.lead_stages().record, bad)),
    ],
    "define_pipeline": [
        *_each((5, SECRET), lambda crm, bad: crm.define_pipeline(ADMIN, bad)),
        *_each(NO_VERSION[1:], lambda crm, bad: crm.define_pipeline(ADMIN, crm.pipelines()[0].record, bad)),
    ],
    "archive_pipeline": _each(NO_ID[1:], lambda crm, bad: crm.archive_pipeline(ADMIN, bad)),
    "change_settings": [
        *_each(("email", 5), lambda crm, bad: crm.change_settings(ADMIN, match=bad)),
        *_each(("attach", 5), lambda crm, bad: crm.change_settings(ADMIN, repeat_inquiry=bad)),
    ],
    "import_records": _each((5, SECRET, None, ()), lambda crm, bad: crm.import_records(ADMIN, bad)),
    "import_in_parts": [
        *_each(NO_KEY, lambda crm, bad: crm.import_in_parts(ADMIN, bad, ())),
        *_each((5, SECRET, None, ()), lambda crm, bad: crm.import_in_parts(ADMIN, "k", [bad])),
    ],
    "preview_switch": _each((*NO_POLICY, None), lambda crm, bad: crm.preview_switch(ADMIN, bad)),
    "begin_switch": [
        *_each((*NO_KEY, None), lambda crm, bad: crm.begin_switch(ADMIN, key=bad)),
        *_each((*NO_POLICY, None), lambda crm, bad: crm.begin_switch(ADMIN, key="k", policy=bad)),
    ],
    "convert_chunk": [
        *_each((5, SECRET, None), lambda crm, bad: crm.convert_chunk(bad)),
        *_each(NO_ID, lambda crm, bad: crm.convert_chunk(TOKEN, bad)),
        *_each(
            (5, (1, 1), (0, 0), (-1, 2), (0,), (0, 1, 2), ("0", 1), (0, True), [0, 1]),
            lambda crm, bad: crm.convert_chunk(TOKEN, shard=bad),
        ),
    ],
    "finish_switch": _each((5, SECRET, None), lambda crm, bad: crm.finish_switch(bad)),
    "switch_report": _each((5, SECRET, None), lambda crm, bad: crm.switch_report(bad)),
    "run_switch": [
        *_each((5, SECRET, None), lambda crm, bad: crm.run_switch(bad)),
        *_each(NO_ID, lambda crm, bad: crm.run_switch(TOKEN, chunk=bad)),
        *_each(NO_PACE, lambda crm, bad: crm.run_switch(TOKEN, pace=bad)),
    ],
    "switch_to_simple": [
        *_each((*NO_KEY, None), lambda crm, bad: crm.switch_to_simple(ADMIN, key=bad)),
        *_each((*NO_POLICY, None), lambda crm, bad: crm.switch_to_simple(ADMIN, key="k", policy=bad)),
        *_each(NO_ID, lambda crm, bad: crm.switch_to_simple(ADMIN, key="k", chunk=bad)),
        *_each(NO_PACE, lambda crm, bad: crm.switch_to_simple(ADMIN, key="k", pace=bad)),
    ],
    "lead": _each(NO_ID, lambda crm, bad: crm.lead(ADMIN, bad)),
    "deal": _each(NO_ID, lambda crm, bad: crm.deal(ADMIN, bad)),
    "contact": _each(NO_ID, lambda crm, bad: crm.contact(ADMIN, bad)),
    "company": _each(NO_ID, lambda crm, bad: crm.company(ADMIN, bad)),
    "activity": _each(NO_ID, lambda crm, bad: crm.activity(ADMIN, bad)),
    "bindings": _each(NO_ID, lambda crm, bad: crm.bindings(ADMIN, bad)),
    "activities": _each(NO_REF, lambda crm, bad: crm.activities(ADMIN, of=bad)),
    "deals": _each((0, "1", True, [1]), lambda crm, bad: list(crm.deals(ADMIN, lead=bad))),
    "outcomes": _each(NO_ID, lambda crm, bad: list(crm.outcomes(ADMIN, bad))),
    **{
        name: [
            *_each(NO_ID[1:], lambda crm, bad, name=name: getattr(crm, name)(bad)),  # type: ignore[misc]
            *_each(NO_LIMIT, lambda crm, bad, name=name: getattr(crm, name)(ADMIN, limit=bad)),  # type: ignore[misc]
            *_each(NO_AFTER, lambda crm, bad, name=name: getattr(crm, name)(ADMIN, after=bad)),  # type: ignore[misc]
            *_each(more, lambda crm, bad, name=name: getattr(crm, name)(ADMIN, **bad)),  # type: ignore[misc]
        ]
        for name, more in {
            "lead_page": ({"active": 1}, {"active": SECRET}, {"of": Ref(Kind.LEAD, 1)}, {"of": Ref(Kind.CONTACT, 0)}),
            "deal_page": ({"active": 0}, {"of": Ref(Kind.DEAL, 1)}, {"of": SECRET}),
            "contact_page": ({"of": Ref(Kind.CONTACT, 1)}, {"of": (Kind.COMPANY, 1)}),
            "company_page": (),
            "activity_page": ({"active": None, "of": Ref(Kind.PIPELINE, 1)}, {"of": Ref(Kind.LEAD, "1")}),
            "switch_page": (),
        }.items()
    },
    "events": [
        *_each(NO_ID[1:], lambda crm, bad: crm.events(bad)),
        *_each(NO_LIMIT, lambda crm, bad: crm.events(ADMIN, limit=bad)),
        *_each((0, 1.5, b"1", [SECRET]), lambda crm, bad: crm.events(ADMIN, after=bad)),
    ],
    "switch_named": _each(NO_KEY, lambda crm, bad: crm.switch_named(ADMIN, bad)),
    # These take the actor alone.
    **{
        name: _each(NO_ID[1:], lambda crm, bad, name=name: _listed(getattr(crm, name)(bad)))  # type: ignore[misc]
        for name in (
            *("leads", "contacts", "companies", "sources", "audit", "export", "switch_status"),
            *("resume_switch", "retry_switch", "cancel_switch", "switch_to_classic"),
            *("last_switch", "active_leads"),
        )
    },
}


def _listed(found: Any) -> object:
    return list(found) if hasattr(found, "__next__") else found


def _scene() -> Scene:
    scene = classic()
    scene.add(title="Request")
    accepted(scene.crm.add_deal(ADMIN, title="Deal"))
    scene.add_contact()
    scene.add_company()
    scene.add_activity(*WORK)
    return scene


def _caught(call: Call, crm: Crm, bad: Any) -> object:
    """What a call raised, or nothing."""
    try:
        call(crm, bad)
    except Exception as error:
        return error
    return None


@pytest.mark.rule("DATA-1", "DATA-2")
@pytest.mark.parametrize("name", ENTRIES)
def test_bad_input_is_refused_by_a_typed_error_and_changes_nothing(name: str) -> None:
    """The error names field and limit, never the value, and everything stored is as before, row by row."""
    scene = _scene()
    before, versions = scene.image(), list(scene.crm.leads(ADMIN))
    for row, (call, bad) in enumerate(ENTRIES[name]):
        error = _caught(call, scene.crm, bad)
        assert isinstance(error, InvalidValue), (row, error)
        assert SECRET not in str(error), row
        assert SECRET not in repr(error), row
        assert (scene.image(), list(scene.crm.leads(ADMIN))) == (before, versions), row


@pytest.mark.rule("DATA-1")
def test_no_public_method_is_left_out() -> None:
    """But those that take nothing at all."""
    nothing = {"mode", "settings", "pipelines", "lead_stages", "has_classic"}
    assert {name for name in dir(Crm) if not name.startswith("_")} - nothing == set(ENTRIES)


@pytest.mark.rule("DATA-1", "DATA-2")
@pytest.mark.parametrize(
    "build",
    [
        lambda: EditRecord(ref=SECRET, version=1, fields={}),  # type: ignore[arg-type]
        lambda: EditRecord(ref=WORK[0], version=1, fields=SECRET),  # type: ignore[arg-type]
        lambda: SetAside(token=SECRET, lead_id=1, code="x"),  # type: ignore[arg-type]
        lambda: SetAside(token=TOKEN, lead_id=SECRET, code="x"),  # type: ignore[arg-type]
        lambda: SetAside(token=TOKEN, lead_id=1, code=SECRET),  # type: ignore[arg-type]
        lambda: ConvertChunk(token=TOKEN, shard=5),  # type: ignore[arg-type]
        lambda: commands.AddRecord(kind="deal", fields={}),  # type: ignore[arg-type]
        lambda: commands.AddRecord(kind=Kind.LEAD, fields={}),
        lambda: commands.AddActivity(fields={}, bound_to=[WORK[0]]),  # type: ignore[arg-type]
        lambda: commands.AddActivity(fields={}, bound_to=frozenset(Ref(Kind.LEAD, n) for n in range(1, 300))),
    ],
)
def test_a_command_made_by_hand_is_checked_too(build: Callable[[], object]) -> None:
    """Scripts of commands meet the same border."""
    with pytest.raises(InvalidValue) as caught:
        build()
    assert SECRET not in str(caught.value)


@pytest.mark.rule("DATA-2")
def test_commands_and_events_show_no_personal_data() -> None:
    """A logged command or event names fields and ids."""
    scene = classic()
    command = commands.AddLead(fields={"title": SECRET, "comments": SECRET})
    assert SECRET not in repr(command)
    lead_id = accepted(scene.crm.run(ADMIN, command))
    accepted(scene.edit(lead_id, title=SECRET + "2"))
    scene.add_activity(Ref(Kind.LEAD, lead_id), subject=SECRET)
    assert SECRET not in repr(accepted(scene.crm.take_inquiry(ADMIN, channel="call", subject=SECRET)))
    report = scene.switch()
    assert SECRET not in repr((report, list(scene.told), scene.image().ledger, scene.crm.preview_switch(ADMIN)))

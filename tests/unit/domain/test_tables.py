"""The tables that the rules are kept in, read back from the spec: a wrong entry is seen here, whatever else uses it."""

import pytest
from attrs import fields

from crmcore.domain.model.ids import CARDS, CLIENTS, MATCHED, NUMBERED, RECORDS, TABLES
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import Ground, Reason, Refused
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.conversion import FIELD_MAP
from crmcore.domain.rules.mode import BEHAVIOURS, Asked, CrmState
from crmcore.testing.machine import photo


@pytest.mark.rule("CONV-3")
def test_the_field_map_is_that_of_the_spec() -> None:
    """A contact is a person, a company has a title, a deal has the money; what all three have goes to all three."""
    assert {row.field: row[1:] for row in FIELD_MAP} == {
        "title": (None, "title", "title"),
        "company_title": (None, "title", None),
        "name": ("name", None, None),
        "birth_date": ("birth_date", None, None),
        "job_title": ("job_title", None, None),
        "contact_points": ("contact_points", "contact_points", None),
        "address": ("address", "address", "address"),
        "comments": ("comments", "comments", "comments"),
        "opened": ("opened", "opened", "opened"),
        "responsible": ("responsible", "responsible", "responsible"),
        "origin": ("origin", "origin", "origin"),
        "utm": ("utm", "utm", "utm"),
        "source": ("source", None, "source"),
        "source_description": ("source_description", None, "source_description"),
        "amount": (None, None, "amount"),
        "custom": ("custom", "custom", "custom"),
        "stage_description": (None, None, None),
        "observers": (None, None, None),
    }


@pytest.mark.rule("MODE-6")
def test_every_command_that_a_state_decides_has_a_row() -> None:
    """With a cell for each state."""
    assert set(BEHAVIOURS) == set(Asked)
    assert [asked for asked, row in BEHAVIOURS.items() if set(row) != set(CrmState)] == []


@pytest.mark.rule("MODE-6")
@pytest.mark.parametrize(
    "asked, codes",
    [
        (Asked.PREVIEW_SWITCH, "- - switch_in_progress switch_in_progress -"),
        (Asked.BEGIN_SWITCH, "- - switch_in_progress switch_in_progress -"),
        (Asked.CONVERT_CHUNK, "stale_switch stale_switch - - stale_switch"),
        (Asked.SET_ASIDE, "stale_switch stale_switch - - stale_switch"),
        (Asked.SWITCH_STATUS, "not_switching not_switching - - not_switching"),
        (Asked.FINISH_SWITCH, "stale_switch stale_switch - - stale_switch"),
        (Asked.RESUME_SWITCH, "not_switching not_switching - - not_switching"),
        (Asked.RETRY_SWITCH, "not_switching not_switching - - not_switching"),
        (Asked.CANCEL_SWITCH, "not_switching not_switching - - not_switching"),
        (Asked.SWITCH_TO_CLASSIC, "- plan_without_classic switch_in_progress switch_in_progress -"),
        (Asked.ADD_LEAD, "- - - - -"),
        (Asked.REOPEN_LEAD, "- reopen_refused reopen_refused reopen_refused reopen_refused"),
        (Asked.EDIT_STAGE, "- reopen_refused reopen_refused reopen_refused reopen_refused"),
        (Asked.CLOSE_LEAD, "- - - - -"),
        (Asked.DELETE_LEAD, "- - - - -"),
        (Asked.ARCHIVE_PIPELINE, "- - - - -"),
        (Asked.IMPORT_ACTIVE_LEADS, "- classic_only classic_only classic_only classic_only"),
        (Asked.CONVERT_LEAD, "- - - - -"),
        (Asked.TAKE_INQUIRY, "- - - - -"),
    ],
    ids=lambda value: value.value if isinstance(value, Asked) else "",
)
def test_a_command_that_a_state_refuses_is_refused_with_the_same_code_everywhere(asked: Asked, codes: str) -> None:
    """One code for each of the five states: Classic, Unlicensed, Switching, Blocked, Simple."""
    reasons = (BEHAVIOURS[asked][state].reason for state in CrmState)
    assert " ".join("-" if reason is None else reason.value for reason in reasons) == codes


@pytest.mark.parametrize(
    "rule, codes",
    [
        pytest.param(rule, codes, marks=pytest.mark.rule(rule))
        for rule, codes in {
            "CONV-5": "convert_instead",
            "CONV-6": "last_binding not_bound too_many_bindings",
            "CONV-9": "already_converted",
            "EDIT-1": "stale_version",
            "IMPORT-1": "classic_only record_differs",
            "MODE-6": "not_switching",
            "PERM-1": "not_permitted",
            "PERM-6": "unknown_record",
            "PLAN-1": "plan_without_classic",
            "POLICY-2": "pipeline_in_use unknown_pipeline",
            "STAGE-1": "stage_in_use stage_meaning_fixed unknown_stage",
            "SWITCH-2": "lead_closed",
            "SWITCH-4": "stale_switch",
            "SWITCH-6": "reopen_refused",
            "SWITCH-9": "record_fault",
            "SWITCH-10": "key_conflict switch_in_progress",
        }.items()
    ],
)
def test_a_refusal_names_its_rule(rule: str, codes: str) -> None:
    """Unless a decision names a narrower one."""
    assert sorted(reason.value for reason in Reason if reason.rule == rule) == codes.split()
    assert all(Refused(Reason(code)).rule == rule for code in codes.split())


@pytest.mark.rule("PERM-7")
@pytest.mark.parametrize(
    "ground, codes",
    [
        (Ground.PERMISSION, "not_permitted unknown_record"),
        (Ground.KEY, "key_conflict"),
        (Ground.STATE, "classic_only not_switching reopen_refused stale_switch switch_in_progress"),
        (Ground.PLAN, "plan_without_classic"),
        (Ground.PIPELINE, "unknown_pipeline"),
        (
            Ground.RECORD,
            "already_converted convert_instead last_binding lead_closed not_bound pipeline_in_use record_differs "
            "record_fault stage_in_use stage_meaning_fixed stale_version too_many_bindings unknown_record "
            "unknown_stage",
        ),
    ],
)
def test_a_refusal_rests_on_its_ground(ground: Ground, codes: str) -> None:
    """Permission, key, state, plan, pipeline, record; what is answered first where several apply."""
    assert sorted(reason.value for reason in Reason if ground in reason.grounds) == codes.split()


def test_the_tables_are_the_parts_of_an_image() -> None:
    """Each part beside settings and stages, which a change has too; and each is compared by the machine."""
    assert {each.name for each in fields(CrmImage)} == {"settings", "stages", *TABLES.values()}
    assert set(TABLES.values()) <= {each.name for each in fields(Changes)}
    for each in (Query, Snapshot):
        assert set(RECORDS.values()) <= {field.name for field in fields(each)}
    assert set(photo._RULES) == set(TABLES)


def test_the_kinds_keep_their_places() -> None:
    """Stores have written the places down."""
    assert [kind.value for kind in CARDS] == ["lead", "deal", "contact", "company"]
    assert [kind.value for kind in CLIENTS] == ["contact", "company"]
    assert [kind.value for kind in MATCHED] == ["lead", "contact", "company"]
    assert [kind.value for kind in NUMBERED] == ["lead", "deal", "contact", "company", "activity", "pipeline"]

"""What is asked: each command, and what differs in it, once; the families put them before states and people."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from tools.vectors.drafts import Json, call, do
from tools.vectors.scenes import LIVE_POLICY, document

__all__ = ["ASKED", "POLICY", "Asked", "imported"]

POLICY: Json = {"client": "contact", "pipeline_id": None, "keep_activities": True}
GONE_POLICY: Json = {**POLICY, "pipeline_id": 77}
ARCHIVED_POLICY: Json = {**POLICY, "pipeline_id": 2}


@frozen
class Asked:
    """One way to ask for something: its name, the rules that it is about, and the steps for an actor in a document."""

    name: str
    rules: tuple[str, ...]
    steps: Callable[[int, str], list[Json]]
    #: Whether it is put before every class of actors; the others are put before the administrator in every state.
    core: bool = False


def _one(name: str, rules: str, command: str, *, core: bool = False, **given: Any) -> Asked:
    return Asked(name, tuple(rules.split()), lambda actor, doc: [do(actor, command, **given)], core)


def _call(name: str, rules: str, method: str, *, core: bool = False, **given: Any) -> Asked:
    return Asked(name, tuple(rules.split()), lambda actor, doc: [call(actor, method, **given)], core)


def _twice(name: str, rules: str, command: str, other: Mapping[str, Any], **given: Any) -> list[Asked]:
    """A keyed command: once, again, and another one under its key."""
    said = tuple(rules.split())
    key = "form-1"

    def again(actor: int, doc: str) -> list[Json]:
        return [do(actor, command, key=key, **given), do(actor, command, key=key, **given)]

    def conflict(actor: int, doc: str) -> list[Json]:
        return [do(actor, command, key=key, **given), do(actor, command, key=key, **{**given, **other})]

    return [
        Asked(f"{name}-again", (*said, "EDIT-1"), again),
        Asked(f"{name}-other-of-key", (*said, "EDIT-1"), conflict),
    ]


def _token(doc: str) -> Json:
    """The token of the live switch, or of the last one, or one that nobody has handed out."""
    switches = document(doc)["switches"]
    newest = max(switches, key=lambda row: row["epoch"], default={"key": "live", "epoch": 2})
    return {"key": newest["key"], "epoch": newest["epoch"]}


def _with_token(name: str, rules: str, command: str, *, core: bool = False, **given: Any) -> Asked:
    return Asked(name, tuple(rules.split()), lambda actor, doc: [do(0, command, token=_token(doc), **given)], core)


def _with_other_token(name: str, rules: str, command: str, **given: Any) -> Asked:
    """The key of the live switch with another epoch: a key alone opens nothing."""
    return Asked(
        name,
        tuple(rules.split()),
        lambda actor, doc: [do(0, command, token={**_token(doc), "epoch": 99}, **given)],
    )


def _stages(*rows: tuple[str, str, str]) -> Json:
    return {"stages": [{"code": code, "name": name, "semantics": semantics} for code, name, semantics in rows]}


_LEAD_STAGES = (
    ("NEW", "Unassigned", "P"),
    ("IN_PROCESS", "In progress", "P"),
    ("PROCESSED", "Processed", "P"),
    ("CONVERTED", "Good lead", "S"),
    ("JUNK", "Junk lead", "F"),
)
_CALLED = ("CALLED", "Called back", "P")


def _pipeline(id: int, *stages: tuple[str, str, str], name: str = "Partners", archived: bool = False) -> Json:
    return {"id": id, "name": name, **_stages(*stages), "archived": archived}


_PARTNERS = (("C1:NEW", "C1:NEW", "P"), ("C1:WON", "C1:WON", "S"), ("C1:LOSE", "C1:LOSE", "F"))
_BY_ANN = {"contact_points": [{"kind": "email", "type": "WORK", "value": "Ann@Example.com"}]}
_BY_BOB = {"contact_points": [{"kind": "email", "type": "HOME", "value": "bob@example.org"}]}
_BY_EVE = {"title": "New here", "contact_points": [{"kind": "email", "type": "WORK", "value": "eve@example.net"}]}


def imported(id: int, stage: str = "JUNK", semantics: str = "F", **fields: Any) -> Json:
    row = {**next(row for row in document("classic")["leads"] if row["id"] == 3)}
    row |= {"id": id, "stage": stage, "semantics": semantics, "title": f"Brought {id}", **fields}
    del row["deleted_at"]
    return row


def _stored(id: int, **fields: Any) -> Json:
    row = {**next(row for row in document("classic")["leads"] if row["id"] == id), **fields}
    del row["deleted_at"]
    return row


def _activity(id: int, *bound: list[Any], **fields: Any) -> list[Any]:
    row = {**document("classic")["activities"][0], "id": id, "subject": f"Brought {id}", **fields}
    del row["deleted_at"], row["bindings"]
    return [row, list(bound)]


#: Leads: 1 and 2 active, 2 on a client; 3 failed, 4 converted, 5 deleted, 6 won without a deal; 99 is not there.
_LEADS = [
    _one("add-lead", "MODE-6 SWITCH-6 INTAKE-4", "add_lead", core=True, fields={"title": "One lamp"}),
    _one("add-lead-failed", "MODE-6 STAGE-2", "add_lead", fields={"title": "No lamp", "stage": "JUNK"}),
    _one("add-lead-blank", "CONV-4", "add_lead", fields={"title": "  "}),
    _one("add-lead-unknown-stage", "STAGE-1", "add_lead", fields={"title": "One lamp", "stage": "NOWHERE"}),
    _one("add-lead-of-client", "CONV-2", "add_lead", fields={"title": "One lamp", "contact_id": 1}),
    _one("add-lead-of-missing-client", "PERM-6", "add_lead", fields={"title": "One lamp", "contact_id": 99}),
    *_twice("add-lead", "MODE-6", "add_lead", {"fields": {"title": "Two"}}, fields={"title": "One lamp"}),
    _one("copy-lead", "CONV-9", "copy_lead", core=True, lead_id=1),
    _one("copy-closed", "CONV-9", "copy_lead", lead_id=3),
    _one("copy-converted", "CONV-9", "copy_lead", lead_id=4),
    _one("copy-deleted", "DATA-3", "copy_lead", lead_id=5),
    *_twice("copy-lead", "CONV-9", "copy_lead", {"lead_id": 3}, lead_id=2),
    _one("edit-lead", "EDIT-1", "edit_record", core=True, ref=["lead", 1], version=1, fields={"title": "Sixty desks"}),
    _one("edit-lead-same", "EDIT-1", "edit_record", ref=["lead", 3], version=1, fields={"title": "Two lamps"}),
    _one("edit-lead-stale", "EDIT-1", "edit_record", ref=["lead", 3], version=7, fields={"title": "Sixty desks"}),
    _one("edit-comments", "CONV-9", "edit_record", ref=["lead", 4], version=1, fields={"comments": "Paid"}),
    _one("edit-responsible", "CONV-9", "edit_record", ref=["lead", 4], version=1, fields={"responsible": 2}),
    _one("edit-converted", "CONV-9", "edit_record", ref=["lead", 4], version=1, fields={"title": "Other"}),
    _one("edit-stage-on", "STAGE-2", "edit_record", ref=["lead", 2], version=1, fields={"stage": "IN_PROCESS"}),
    _one(
        "edit-stage-open",
        "MODE-6 SWITCH-6",
        "edit_record",
        core=True,
        ref=["lead", 3],
        version=1,
        fields={"stage": "NEW"},
    ),
    _one("edit-stage-open-won", "SWITCH-6", "edit_record", ref=["lead", 6], version=1, fields={"stage": "NEW"}),
    _one(
        "edit-stage-failed",
        "MODE-6 SWITCH-7",
        "edit_record",
        core=True,
        ref=["lead", 2],
        version=1,
        fields={"stage": "JUNK"},
    ),
    _one("edit-stage-won", "CONV-5", "edit_record", ref=["lead", 1], version=1, fields={"stage": "CONVERTED"}),
    _one("edit-stage-unknown", "STAGE-1", "edit_record", ref=["lead", 3], version=1, fields={"stage": "NOWHERE"}),
    _one("edit-stage-of-converted", "CONV-9", "edit_record", ref=["lead", 4], version=1, fields={"stage": "JUNK"}),
    _one("edit-client", "CONV-2", "edit_record", ref=["lead", 3], version=1, fields={"contact_id": 1}),
    _one("edit-missing-client", "PERM-6", "edit_record", ref=["lead", 3], version=1, fields={"company_id": 99}),
    _one("edit-missing", "PERM-6", "edit_record", ref=["lead", 99], version=1, fields={"title": "Nobody"}),
    _one("edit-deleted", "DATA-3", "edit_record", ref=["lead", 5], version=1, fields={"title": "Nobody"}),
    _one("close-lead", "MODE-6 SWITCH-7", "close_lead", core=True, lead_id=1),
    _one("close-repeat", "MODE-6 SWITCH-7", "close_lead", lead_id=2, stage="JUNK"),
    _one("close-closed", "SWITCH-2", "close_lead", lead_id=3),
    _one("close-converted", "CONV-9", "close_lead", lead_id=4),
    _one("close-won", "CONV-5", "close_lead", lead_id=6),
    _one("close-deleted", "DATA-3", "close_lead", lead_id=5),
    _one("close-missing", "PERM-6", "close_lead", lead_id=99),
    _one("close-unknown-stage", "STAGE-1", "close_lead", lead_id=3, stage="NOWHERE"),
    _one("close-open-stage", "STAGE-1", "close_lead", lead_id=2, stage="NEW"),
    _one("reopen-lead", "MODE-6 SWITCH-6", "reopen_lead", core=True, lead_id=3),
    _one("reopen-in-stage", "SWITCH-6", "reopen_lead", lead_id=3, stage="PROCESSED"),
    _one("reopen-won", "CONV-5 SWITCH-6", "reopen_lead", lead_id=6),
    _one("reopen-converted", "CONV-9 SWITCH-6", "reopen_lead", lead_id=4),
    _one("reopen-active", "SWITCH-6", "reopen_lead", lead_id=1),
    _one("reopen-active-elsewhere", "SWITCH-9", "reopen_lead", lead_id=1, stage="PROCESSED"),
    _one("reopen-failed-stage", "STAGE-1", "reopen_lead", lead_id=3, stage="JUNK"),
    _one("delete-lead", "MODE-6 DATA-3", "delete_lead", core=True, lead_id=1),
    _one("delete-closed", "DATA-3", "delete_lead", lead_id=3),
    _one("delete-converted", "DATA-3", "delete_lead", lead_id=4),
    _one("delete-deleted", "DATA-3", "delete_lead", lead_id=5),
    _one("delete-missing", "PERM-6", "delete_lead", lead_id=99),
    _one("delete-deal", "DATA-3", "delete_record", core=True, ref=["deal", 1]),
    _one("delete-contact", "DATA-3", "delete_record", core=True, ref=["contact", 1]),
    _one("delete-company", "DATA-3", "delete_record", core=True, ref=["company", 1]),
    _one("delete-deal-of-lead", "DATA-3 CONV-9", "delete_record", ref=["deal", 3]),
    _one("delete-deal-missing", "PERM-6", "delete_record", ref=["deal", 99]),
    _one("erase-lead", "MODE-6 DATA-5", "erase_records", core=True, refs=[["lead", 1]]),
    _one("erase-client", "DATA-5", "erase_records", core=True, refs=[["contact", 1], ["deal", 1], ["lead", 2]]),
    _one("erase-company", "DATA-5", "erase_records", core=True, refs=[["company", 1]]),
    _one("erase-converted", "DATA-5", "erase_records", refs=[["lead", 4], ["deal", 3]]),
    _one("erase-deleted", "DATA-5", "erase_records", refs=[["lead", 5]]),
    _one("erase-missing", "PERM-6", "erase_records", refs=[["lead", 1], ["contact", 99]]),
    _one("convert-lead", "MODE-6 SWITCH-7", "convert_lead", core=True, lead_id=1),
    _one("convert-lead-as-chosen", "POLICY-7 SWITCH-7", "convert_lead", lead_id=1, policy=LIVE_POLICY),
    _one("convert-repeat", "CONV-2", "convert_lead", lead_id=2),
    _one("convert-closed", "SWITCH-2", "convert_lead", lead_id=3),
    _one("convert-converted", "CONV-9", "convert_lead", lead_id=4),
    _one("convert-won", "CONV-5", "convert_lead", lead_id=6),
    _one("convert-deleted", "DATA-3", "convert_lead", lead_id=5),
    _one("convert-missing", "PERM-6", "convert_lead", lead_id=99),
    _one("convert-in-archived", "POLICY-2", "convert_lead", lead_id=1, policy=ARCHIVED_POLICY),
    _one("convert-in-unknown", "POLICY-2", "convert_lead", lead_id=3, policy=GONE_POLICY),
    _call("convert-leads", "SWITCH-11 SWITCH-13", "convert_leads", lead_ids=[2, 3, 4, 1, 99]),
]

_RECORDS = [
    _one("add-deal", "PERM-6", "add_record", core=True, kind="deal", fields={"title": "One lamp"}),
    _one(
        "add-deal-elsewhere",
        "POLICY-2",
        "add_record",
        core=True,
        kind="deal",
        fields={"title": "One", "pipeline_id": 1},
    ),
    _one("add-deal-in-stage", "STAGE-1", "add_record", kind="deal", fields={"stage": "WON"}),
    _one("add-deal-archived", "POLICY-2", "add_record", kind="deal", fields={"title": "One", "pipeline_id": 2}),
    _one("add-deal-unknown-stage", "STAGE-1", "add_record", kind="deal", fields={"title": "One", "stage": "C1:NEW"}),
    _one("add-deal-missing-client", "PERM-6", "add_record", kind="deal", fields={"company_id": 99}),
    *_twice("add-deal", "EDIT-1", "add_record", {"fields": {"title": "Two"}}, kind="deal", fields={"title": "One"}),
    _one(
        "add-contact",
        "PERM-6",
        "add_record",
        core=True,
        kind="contact",
        fields={"name": {"honorific": None, "first": "Eve", "middle": None, "last": None}, "company_id": 1},
    ),
    _one("add-company", "PERM-6", "add_record", core=True, kind="company", fields={"title": "New Ltd"}),
    *_twice("add-company", "EDIT-1", "add_record", {"kind": "contact"}, kind="company", fields={"comments": "One"}),
    _one(
        "edit-deal", "EDIT-1", "edit_record", core=True, ref=["deal", 1], version=1, fields={"title": "Monthly order"}
    ),
    _one("edit-deal-stage", "STAGE-1", "edit_record", ref=["deal", 1], version=1, fields={"stage": "WON"}),
    _one("edit-deal-stage-unknown", "STAGE-1", "edit_record", ref=["deal", 1], version=1, fields={"stage": "C1:WON"}),
    _one("edit-deal-move", "POLICY-2", "edit_record", core=True, ref=["deal", 1], version=1, fields={"pipeline_id": 1}),
    _one("edit-deal-move-archived", "POLICY-2", "edit_record", ref=["deal", 1], version=1, fields={"pipeline_id": 2}),
    _one("edit-deal-stale", "EDIT-1", "edit_record", ref=["deal", 1], version=4, fields={"title": "Monthly order"}),
    _one(
        "edit-contact", "EDIT-1", "edit_record", core=True, ref=["contact", 1], version=1, fields={"job_title": "Buyer"}
    ),
    _one("edit-contact-empty", "EDIT-1", "edit_record", ref=["contact", 1], version=1, fields={"company_id": None}),
    _one(
        "edit-company",
        "EDIT-1",
        "edit_record",
        core=True,
        ref=["company", 1],
        version=1,
        fields={"title": "Example Inc"},
    ),
    _one("edit-company-missing", "PERM-6", "edit_record", ref=["company", 99], version=1, fields={"title": "Nobody"}),
]

#: Activities: 1 open of lead 1, 2 completed of it, 3 open of 1 and 2, 4 of the closed 3, 5 of 4, 6 deleted.
_ACTIVITIES = [
    _one(
        "add-activity",
        "CONV-6",
        "add_activity",
        core=True,
        fields={"kind": "call", "subject": "Ring"},
        bound_to=[["lead", 1]],
    ),
    _one(
        "add-activity-done",
        "CONV-6",
        "add_activity",
        fields={"kind": "call", "completed": True},
        bound_to=[["deal", 1], ["contact", 1]],
    ),
    _one("add-activity-of-closed", "CONV-6", "add_activity", fields={"subject": "Ring"}, bound_to=[["lead", 3]]),
    _one("add-activity-of-converted", "CONV-6", "add_activity", fields={"kind": "call"}, bound_to=[["lead", 4]]),
    _one(
        "add-activity-of-missing",
        "PERM-6",
        "add_activity",
        fields={"kind": "call"},
        bound_to=[["deal", 1], ["lead", 99]],
    ),
    *_twice(
        "add-activity",
        "EDIT-1",
        "add_activity",
        {"bound_to": [["deal", 1]]},
        fields={"kind": "call"},
        bound_to=[["contact", 1]],
    ),
    _one("complete-activity", "CONV-6", "complete_activity", core=True, activity_id=1),
    _one("complete-completed", "POLICY-4", "complete_activity", activity_id=2),
    _one("complete-of-client", "CONV-6", "complete_activity", activity_id=7),
    _one("complete-deleted", "DATA-3", "complete_activity", activity_id=6),
    _one("complete-missing", "PERM-6", "complete_activity", activity_id=99),
    _one(
        "edit-activity", "EDIT-1 CONV-6", "edit_activity", core=True, activity_id=3, version=1, fields={"subject": "B"}
    ),
    _one("edit-activity-stale", "EDIT-1", "edit_activity", activity_id=1, version=7, fields={"subject": "B"}),
    _one("edit-activity-same", "EDIT-1", "edit_activity", activity_id=1, version=1, fields={}),
    _one("edit-activity-done", "CONV-6", "edit_activity", activity_id=1, version=1, fields={"completed": True}),
    _one("edit-activity-open", "CONV-6", "edit_activity", activity_id=2, version=1, fields={"completed": False}),
    _one("edit-activity-deleted", "DATA-3", "edit_activity", activity_id=6, version=1, fields={"subject": "B"}),
    _one("reopen-activity", "CONV-6", "reopen_activity", core=True, activity_id=2),
    _one("reopen-open", "CONV-6", "reopen_activity", activity_id=1),
    _one("reopen-deleted", "DATA-3", "reopen_activity", activity_id=6),
    _one("bind-activity", "CONV-6", "bind_activity", core=True, activity_id=1, ref=["lead", 2]),
    _one("bind-to-deal", "CONV-6", "bind_activity", core=True, activity_id=1, ref=["deal", 1]),
    _one("bind-bound", "CONV-6", "bind_activity", activity_id=3, ref=["lead", 2]),
    _one("bind-to-closed", "CONV-6", "bind_activity", activity_id=1, ref=["lead", 3]),
    _one("bind-to-converted", "CONV-6", "bind_activity", activity_id=1, ref=["lead", 4]),
    _one("bind-to-missing", "PERM-6", "bind_activity", activity_id=1, ref=["contact", 99]),
    _one("bind-deleted", "DATA-3", "bind_activity", activity_id=6, ref=["lead", 1]),
    _one("unbind-activity", "CONV-6", "unbind_activity", core=True, activity_id=3, ref=["lead", 2]),
    _one("unbind-last", "CONV-6", "unbind_activity", activity_id=4, ref=["lead", 3]),
    _one("unbind-unbound", "CONV-6", "unbind_activity", activity_id=4, ref=["lead", 6]),
    _one("unbind-from-deal", "CONV-6", "unbind_activity", activity_id=5, ref=["deal", 3]),
    _one("unbind-from-converted", "CONV-6", "unbind_activity", activity_id=5, ref=["lead", 4]),
    _one("unbind-from-missing", "PERM-6", "unbind_activity", activity_id=5, ref=["lead", 99]),
    _one("delete-activity", "DATA-3", "delete_activity", core=True, activity_id=1),
    _one("delete-activity-of-closed", "DATA-3", "delete_activity", activity_id=4),
    _one("delete-activity-deleted", "DATA-3", "delete_activity", activity_id=6),
]

_INQUIRIES = [
    _one(
        "inquiry",
        "MODE-6 INTAKE-1 INTAKE-2",
        "take_inquiry",
        core=True,
        channel="email",
        subject="Prices?",
        fields=_BY_EVE,
    ),
    _one("inquiry-without-words", "INTAKE-1", "take_inquiry", channel="chat", fields={}),
    _one("inquiry-of-lead", "INTAKE-7", "take_inquiry", core=True, channel="call", fields=_BY_ANN),
    _one("inquiry-of-client", "INTAKE-3", "take_inquiry", core=True, channel="request", subject="More", fields=_BY_BOB),
    *_twice("inquiry", "EDIT-1", "take_inquiry", {"channel": "chat"}, channel="email", fields=_BY_EVE),
]

_SETUP = [
    _one(
        "define-stages", "STAGE-1", "define_lead_stages", core=True, stages=_stages(*_LEAD_STAGES, _CALLED), version=1
    ),
    _one("define-stages-stale", "EDIT-1", "define_lead_stages", stages=_stages(*_LEAD_STAGES, _CALLED), version=2),
    _one(
        "define-stages-without-used",
        "STAGE-1",
        "define_lead_stages",
        stages=_stages(*(row for row in _LEAD_STAGES if row[0] != "JUNK"), ("LOST", "Lost", "F")),
        version=1,
    ),
    _one(
        "define-stages-without-unused",
        "STAGE-1",
        "define_lead_stages",
        stages=_stages(*(row for row in _LEAD_STAGES if row[0] != "PROCESSED")),
        version=1,
    ),
    _one(
        "define-stages-other-meaning",
        "STAGE-1",
        "define_lead_stages",
        stages=_stages(*_LEAD_STAGES[:2], ("PROCESSED", "Processed", "F"), *_LEAD_STAGES[3:]),
        version=1,
    ),
    _one(
        "define-pipeline",
        "STAGE-1",
        "define_pipeline",
        core=True,
        pipeline=_pipeline(7, ("S:NEW", "New", "P"), name="Service"),
        version=0,
    ),
    _one(
        "define-pipeline-name",
        "STAGE-1",
        "define_pipeline",
        pipeline=_pipeline(1, *_PARTNERS, name="Friends"),
        version=1,
    ),
    _one(
        "define-pipeline-stale",
        "EDIT-1",
        "define_pipeline",
        pipeline=_pipeline(1, *_PARTNERS, name="Friends"),
        version=0,
    ),
    _one(
        "define-pipeline-without-stage", "STAGE-1", "define_pipeline", pipeline=_pipeline(1, *_PARTNERS[:2]), version=1
    ),
    _one(
        "define-pipeline-other-meaning",
        "STAGE-1",
        "define_pipeline",
        pipeline=_pipeline(1, *_PARTNERS[:2], ("C1:LOSE", "C1:LOSE", "P")),
        version=1,
    ),
    _one(
        "define-pipeline-archived",
        "POLICY-2",
        "define_pipeline",
        pipeline=_pipeline(1, *_PARTNERS, archived=True),
        version=1,
    ),
    _one("archive-pipeline", "MODE-6 POLICY-2", "archive_pipeline", core=True, pipeline_id=1),
    _one("archive-default", "POLICY-2", "archive_pipeline", pipeline_id=0),
    _one("archive-archived", "POLICY-2", "archive_pipeline", pipeline_id=2),
    _one("archive-unknown", "POLICY-2", "archive_pipeline", pipeline_id=77),
    _one("change-settings", "CONV-7 INTAKE-3", "change_settings", core=True, match="email", repeat_inquiry="attach"),
    _one("change-settings-not", "CONV-7", "change_settings", match="none"),
]

_IMPORTS = [
    _one("import-active", "MODE-6 IMPORT-1", "import_records", core=True, leads=[imported(50, "NEW", "P")]),
    _one(
        "import-closed",
        "IMPORT-1",
        "import_records",
        core=True,
        leads=[imported(50), imported(51, "CONVERTED", "S", amount={"amount": "70", "currency": "EUR"})],
    ),
    _one("import-equal", "IMPORT-1", "import_records", leads=[_stored(3)]),
    _one("import-other-comments", "IMPORT-1", "import_records", leads=[_stored(3, comments="Differs in this alone")]),
    _one(
        "import-activity",
        "IMPORT-1",
        "import_records",
        leads=[imported(50)],
        activities=[_activity(60, ["lead", 50], ["lead", 3])],
    ),
    _one("import-activity-of-converted", "IMPORT-1 CONV-6", "import_records", activities=[_activity(60, ["lead", 4])]),
    _one("import-activity-of-missing", "IMPORT-1", "import_records", activities=[_activity(60, ["lead", 98])]),
    _one("import-unknown-stage", "IMPORT-1 STAGE-1", "import_records", leads=[imported(50, "NOWHERE", "F")]),
    _one("import-other-meaning", "IMPORT-1 STAGE-1", "import_records", leads=[imported(50, "NEW", "F")]),
    _one("import-converted", "IMPORT-1", "import_records", leads=[imported(50, "CONVERTED", "S", deal_id=1)]),
    _one("import-missing-client", "IMPORT-1 PERM-6", "import_records", leads=[imported(50, contact_id=99)]),
]

_MODE = [
    _call("preview", "MODE-6 SWITCH-12", "preview_switch", core=True),
    _call("preview-archived", "POLICY-2", "preview_switch", policy=ARCHIVED_POLICY),
    _one("begin", "MODE-6 SWITCH-10", "begin_switch", core=True, key="first"),
    _one("begin-live-key", "MODE-6 SWITCH-10", "begin_switch", core=True, key="live", policy=LIVE_POLICY),
    _one("begin-live-key-other-policy", "SWITCH-10", "begin_switch", key="live"),
    _one("begin-ended-key", "SWITCH-10", "begin_switch", key="done", core=True),
    _one("begin-ended-key-other-policy", "SWITCH-10", "begin_switch", key="done", policy=LIVE_POLICY),
    _one("begin-archived", "POLICY-2", "begin_switch", key="first", policy=ARCHIVED_POLICY),
    _one("begin-unknown", "POLICY-2", "begin_switch", key="first", policy=GONE_POLICY),
    _with_token("chunk", "MODE-6 SWITCH-4", "convert_chunk", core=True, size=10),
    _with_token("chunk-of-one", "SWITCH-4", "convert_chunk", size=1),
    _with_token("chunk-of-shard", "SWITCH-4", "convert_chunk", size=10, shard=[0, 2]),
    _with_other_token("chunk-other-token", "PERM-4", "convert_chunk", size=10),
    _with_token("set-aside", "MODE-6 SWITCH-9", "set_aside", core=True, lead_id=1, code="odd"),
    _with_token("set-aside-closed", "SWITCH-9", "set_aside", lead_id=3, code="odd"),
    _with_other_token("set-aside-other-token", "PERM-4", "set_aside", lead_id=1, code="odd"),
    _with_token("finish", "MODE-6 SWITCH-3", "finish_switch", core=True),
    _with_other_token("finish-other-token", "PERM-4", "finish_switch"),
    Asked(
        "finish-one-set-aside",
        ("SWITCH-3", "SWITCH-9.7"),
        lambda actor, doc: [
            do(0, "set_aside", token=_token(doc), lead_id=1, code="odd"),
            do(0, "finish_switch", token=_token(doc)),
        ],
    ),
    _call("status", "MODE-6 SWITCH-13", "switch_status", core=True),
    Asked("report", ("PERM-4", "SWITCH-13"), lambda actor, doc: [call(0, "switch_report", token=_token(doc))]),
    _one("resume", "MODE-6 SWITCH-5", "resume_switch", core=True),
    _one("retry", "MODE-6 SWITCH-9", "retry_switch", core=True),
    _one("cancel", "MODE-6 SWITCH-8", "cancel_switch", core=True),
    _one("to-classic", "MODE-6 MODE-4 MODE-5", "switch_to_classic", core=True),
]

_READS = [
    _call("read-lead", "PERM-6", "lead", core=True, lead_id=1),
    _call("read-deleted", "DATA-3", "lead", lead_id=5),
    _call("read-deal", "PERM-6", "deal", core=True, deal_id=1),
    _call("read-deal-elsewhere", "PERM-6", "deal", core=True, deal_id=2),
    _call("read-contact", "PERM-6", "contact", core=True, contact_id=1),
    _call("read-company", "PERM-6", "company", core=True, company_id=1),
    _call("read-activity", "PERM-6", "activity", core=True, activity_id=3),
    _call("read-activity-of-client", "PERM-6", "activity", core=True, activity_id=7),
    _call("read-bindings", "PERM-6", "bindings", core=True, activity_id=3),
    _call("read-activities", "PERM-6", "activities", core=True, of=["lead", 1]),
    _call("leads", "PERM-6", "leads", core=True),
    _call("active-leads", "STAGE-2", "leads", active=True),
    _call("contacts", "PERM-6", "contacts", core=True),
    _call("companies", "PERM-6", "companies", core=True),
    _call("pipelines", "STAGE-1", "pipelines"),
    _call("lead-stages", "STAGE-1", "lead_stages"),
    _call("deals-of-lead", "CONV-5", "deals", lead=4),
    _call("page-of-leads", "PERM-9", "lead_page", core=True, limit=2),
    _call("page-of-deals", "PERM-9", "deal_page", core=True, active=True),
    _call("page-of-contacts", "PERM-9", "contact_page", of=["company", 1]),
    _call("page-of-companies", "PERM-9", "company_page"),
    _call("page-of-activities", "PERM-9", "activity_page", core=True, of=["contact", 1]),
    _call("page-of-switches", "SWITCH-10", "switch_page", core=True),
    _call("last-switch", "SWITCH-13", "last_switch"),
    _call("switch-named", "SWITCH-10", "switch_named", core=True, key="done"),
    Asked(
        "outcomes",
        ("SWITCH-13",),
        lambda actor, doc: [call(actor, "outcomes", epoch=_token(doc)["epoch"])],
        core=True,
    ),
    _call("count-active", "PERM-6", "active_leads", core=True),
    _call("sources", "INTAKE-5", "sources", core=True),
    _call("audit", "PERM-6", "audit", core=True),
    _call("export", "PERM-6", "export", core=True),
]

ASKED: tuple[Asked, ...] = (
    *_LEADS, *_RECORDS, *_ACTIVITIES, *_INQUIRIES, *_SETUP, *_IMPORTS, *_MODE, *_READS,
)  # fmt: skip

"""What an implementation must have to be asked a vector, derived from the vector itself."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["NEEDS", "needs_of"]

#: What a vector may need, with what it means.
NEEDS: Mapping[str, str] = {
    "activities": "adding, editing, completing, reopening, binding, unbinding and deleting activities",
    "conversion": "leads become deals and clients",
    "custom": "custom fields",
    "edits": "editing records, and versions",
    "faults": "records that cannot be read or written",
    "import": "importing records",
    "inquiries": "inquiries from any channel",
    "keys": "keyed commands",
    "limits": "the limits of values",
    "lists": "lists by page, and reads of several records",
    "matching": "the match setting `email`",
    "numbers": "the numbers of a switch",
    "order": "a chunk that takes fewer leads than are active takes those with the lowest ids",
    "preview": "the plan of a switch",
    "reads": "reading single records, the count of active leads, the audit and the export",
    "records": "adding deals, contacts and companies",
    "rights": "roles other than the administrator's",
    "sources": "the analysis by source",
    "stages": "defining stages and pipelines, and archiving",
    "tombstones": "deleting records and activities, and erasing",
    "whole": "a whole switch in one call",
}

#: The need that comes with a command or a call.
_BY_NAME = {
    **dict.fromkeys(("add_activity", "complete_activity", "unbind_activity", "delete_activity"), "activities"),
    **dict.fromkeys(("edit_activity", "reopen_activity", "bind_activity"), "activities"),
    **dict.fromkeys(("define_lead_stages", "define_pipeline", "archive_pipeline"), "stages"),
    **dict.fromkeys(
        ("delete_lead", "delete_record", "delete_activity", "erase", "erase_records", "erasure"), "tombstones"
    ),
    **dict.fromkeys(("lead", "deal", "contact", "company", "activity", "lead_stages"), "reads"),
    **dict.fromkeys(("active_leads", "audit", "export"), "reads"),
    **dict.fromkeys(("switch_status", "switch_report", "switch_named", "last_switch", "switch_page"), "numbers"),
    **dict.fromkeys(("leads", "deals", "contacts", "companies", "activities", "bindings", "pipelines"), "lists"),
    **dict.fromkeys(("run_switch", "switch_to_simple"), "whole"),
    "add_record": "records",
    "edit_record": "edits",
    "import_records": "import",
    "preview_switch": "preview",
    "sources": "sources",
    "take_inquiry": "inquiries",
}
_FAULTS = ("unreadable", "unwritable", "unconvertible")


def needs_of(given: Mapping[str, Any], when: list[dict[str, Any]], then: Mapping[str, Any]) -> tuple[str, ...]:
    """What a vector needs, in the order of the alphabet; `given` has the whole document and the whole roles."""
    return tuple(sorted(set(_needs(given, when, then))))


def _needs(given: Mapping[str, Any], when: list[dict[str, Any]], then: Mapping[str, Any]) -> Iterator[str]:
    names = [step.get("command") or step.get("call") or "" for step in when]
    worlds = [given, *(step["set"] for step in when if "set" in step)]
    for name in names:
        if name in _BY_NAME:
            yield _BY_NAME[name]
        if name == "delete_activity":
            yield "activities"
        if name.endswith("_page"):
            yield "lists"
    if "ledger" in then["changed"] or "deals" in then["changed"]:
        yield "conversion"
    if any(world.get(name) for world in worlds for name in _FAULTS):
        yield "faults"
    if any(step.get("key") and step.get("command") != "begin_switch" for step in when if "command" in step):
        yield "keys"
    if given["document"]["settings"]["match"] == "email" or any(step.get("match") == "email" for step in when):
        yield "matching"
    if any(_grants_levels(world.get("roles", {}), when) for world in worlds):
        yield "rights"
    if _has_custom(when) or _has_custom(then):
        yield "custom"
    for step, answer in zip(when, then["answers"], strict=True):
        if answer is not None and answer["answer"] == "invalid_value":
            yield "limits"
        is_chunk = step.get("command") == "convert_chunk" and answer is not None
        if is_chunk and len(answer.get("rows", ())) == step["size"]:
            yield "order"


def _grants_levels(roles: Mapping[str, list[dict[str, Any]]], when: list[dict[str, Any]]) -> bool:
    """Whether somebody who acts has a role that is not all or nothing."""
    actors = {str(step.get("actor")) for step in when}
    return any(not role.get("administrator") for actor in actors for role in roles.get(actor, ()))


def _has_custom(value: Any) -> bool:
    if isinstance(value, Mapping):
        return bool(value.get("custom")) or any(_has_custom(each) for each in value.values())
    return isinstance(value, list) and any(_has_custom(each) for each in value)

"""The shape of every document: which keys it has, with nothing known yet."""

from typing import Any

from crmcore.domain.policy import MatchSetting, ModeSwitchPolicy
from crmcore.domain.results import Totals

__all__ = ["Json", "blank", "blank_audit", "blank_switch", "numbers_part", "policy_part"]

Json = dict[str, Any]

_TOTALS = (
    "at_begin",
    "added",
    "converted",
    "already_converted",
    "closed",
    "deleted",
    "set_aside",
    "remaining",
)


def blank_switch(policy: ModeSwitchPolicy | None = None, match: MatchSetting | None = None) -> Json:
    """The report of a switch of which nothing is known yet."""
    return {
        "format": "crmcore.switch/1",
        "result": None,
        "exit_code": None,
        "mode": {"before": None, "after": None},
        "switch": None,
        "policy": None if policy is None else policy_part(policy),
        "match": None if match is None else match.value,
        **numbers_part(Totals()),
        "leads": [],
        "refusal": None,
        "errors": [],
        "skipped_rows": [],
        "unplaced": {},
        "files": [],
        "portal": None,
        "state": None,
        "ended_before": False,
        "all_new": False,
    }


#: What the documents of the other commands tell beside result, portal, refusal and errors.
_PARTS: dict[str, Json] = {
    "init": {"mode": None, "administrator": None},
    "import": {
        "imported": {"leads": 0, "activities": 0},
        "known": {"leads": 0, "activities": 0},
        "skipped_rows": [],
        "unplaced": {},
        "names": {},
        "all_new": False,
    },
    "to-classic": {"mode": {"before": None, "after": None}},
    "role": {"roles": []},
    "plan": {"classic": None},
    "settings": {"match": None, "repeat_inquiry": None},
    "export": {"files": []},
    "doctor": {"checks": []},
    "db": {"schema": {"before": None, "after": None}},
}


def blank(command: str) -> Json:
    """The report of any command of which nothing is known yet; a switch where no command can be told."""
    if command == "audit":
        return blank_audit()
    if command not in _PARTS:
        return blank_switch()
    return {
        "format": f"crmcore.{command}/1",
        "result": None,
        "exit_code": None,
        "portal": None,
        **_PARTS[command],
        "refusal": None,
        "errors": [],
    }


def blank_audit() -> Json:
    """The report of an audit of which nothing is known yet."""
    return {
        "format": "crmcore.audit/1",
        "result": None,
        "exit_code": None,
        "ok": False,
        "leads": None,
        "violations": [],
        "errors": [],
        "portal": None,
        "refusal": None,
    }


def policy_part(policy: ModeSwitchPolicy) -> Json:
    """The options of a switch."""
    return {
        "client": policy.client.value,
        "pipeline_id": policy.pipeline,
        "keep_activities": policy.keep_activities,
    }


def numbers_part(totals: Totals, leads: int = 0) -> Json:
    """The numbers of a switch in a CRM of so many leads (SWITCH-13)."""
    untouched = leads - totals.at_begin - totals.added
    return {
        "totals": {**{name: getattr(totals, name) for name in _TOTALS}, "untouched": untouched},
        "created": {name: getattr(totals, name) for name in ("deals", "contacts", "companies")},
        "activities": {name: getattr(totals, name) for name in ("bound", "completed", "kept_open")},
    }

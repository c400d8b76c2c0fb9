"""The refusals of docs/spec/rights.md, each with its usual rule, as an exception that ends a command (PERM-7)."""

from typing import Any

__all__ = ["Fault", "No", "NotJudged", "Row"]

Row = dict[str, Any]

#: The table of refusals.
_RULES = {
    "not_permitted": "PERM-6",
    "plan_without_classic": "PLAN-1",
    "switch_in_progress": "SWITCH-10",
    "key_conflict": "SWITCH-10",
    "not_switching": "MODE-6",
    "stale_switch": "SWITCH-4",
    "unknown_pipeline": "POLICY-2",
    "unknown_stage": "STAGE-1",
    "pipeline_in_use": "POLICY-2",
    "stage_in_use": "STAGE-1",
    "stage_meaning_fixed": "STAGE-1",
    "already_converted": "CONV-9",
    "lead_closed": "SWITCH-2",
    "convert_instead": "CONV-5",
    "reopen_refused": "SWITCH-6",
    "stale_version": "EDIT-1",
    "unknown_record": "PERM-6",
    "record_differs": "IMPORT-1",
    "record_fault": "SWITCH-9",
    "classic_only": "IMPORT-1",
    "not_bound": "CONV-6",
    "last_binding": "CONV-6",
    "too_many_bindings": "CONV-6",
}


class No(Exception):  # the business "no" of docs/spec, which is no error
    """A command is refused: with this code, under this rule, about this record."""

    def __init__(
        self, code: str, kind: str | None = None, id: Any = None, rule: str | None = None, **more: Any
    ) -> None:
        super().__init__(code)
        self.answer: Row = {"answer": "refused", "code": code, "rule": rule or _RULES[code], "kind": kind, "id": id}
        self.answer |= more


class Fault(Exception):  # what the given says of its store
    """The command is about a record that the store of the vector cannot read or write (SWITCH-9)."""

    def __init__(self, lead_id: int, code: str) -> None:
        super().__init__(code)
        self.answer: Row = {"answer": "record_fault", "kind": "lead", "id": lead_id, "code": code}


class NotJudged(Exception):  # a limit of the oracle
    """The oracle does not know; the reason is the argument."""

"""The mode machine: two modes, five states, and what every command does in each of them (MODE-1 to MODE-6).

The tables `CONDITIONS` and `BEHAVIOURS` are data. Decisions ask them where the state refuses or the plan is needed,
the pages of the docs are drawn from them, and `tests/unit/domain/rules/test_mode.py` drives a CRM through every entry.
"""

from enum import Enum, StrEnum
from typing import NamedTuple

from crmcore.domain.model.outcomes import Reason
from crmcore.domain.model.settings import CrmMode, Settings

__all__ = [
    "BEHAVIOURS",
    "CONDITIONS",
    "Asked",
    "Behaviour",
    "Condition",
    "CrmState",
    "Does",
    "behaviour",
    "state_of",
]


class CrmState(StrEnum):
    """The five states of a CRM; `unlicensed` and `blocked` are derived, never stored (MODE-6)."""

    CLASSIC = "classic"
    UNLICENSED = "unlicensed"
    SWITCHING = "switching"
    BLOCKED = "blocked"
    SIMPLE = "simple"


def state_of(settings: Settings, *, plan_has_classic: bool, only_set_aside_left: bool = False) -> CrmState:
    """The state of a CRM: the one place where stored mode, plan and backlog are put together (MODE-3, MODE-6)."""
    if settings.switching is not None:
        return CrmState.BLOCKED if only_set_aside_left else CrmState.SWITCHING
    if settings.mode is CrmMode.SIMPLE:
        return CrmState.SIMPLE
    return CrmState.CLASSIC if plan_has_classic else CrmState.UNLICENSED


class Asked(Enum):
    """The commands whose meaning depends on the state."""

    PREVIEW_SWITCH = "preview switch"
    BEGIN_SWITCH = "begin switch"
    CONVERT_CHUNK = "convert chunk"
    SET_ASIDE = "set lead aside"
    FINISH_SWITCH = "finish switch"
    SWITCH_STATUS = "switch status"
    RESUME_SWITCH = "resume switch"
    RETRY_SWITCH = "retry switch"
    CANCEL_SWITCH = "cancel switch"
    SWITCH_TO_CLASSIC = "switch to Classic"
    ADD_LEAD = "add or copy lead"
    REOPEN_LEAD = "reopen lead"
    EDIT_STAGE = "edit stage of a closed lead to in process"
    CLOSE_LEAD = "close lead, or edit its stage to failure"
    DELETE_LEAD = "delete lead, or erase it"
    IMPORT_ACTIVE_LEADS = "import active leads"
    CONVERT_LEAD = "convert lead by hand"
    TAKE_INQUIRY = "take inquiry"
    ARCHIVE_PIPELINE = "archive pipeline"


class Condition(Enum):
    """What is looked at before the state: the right or the token, then the key (PERM-7)."""

    SETTINGS = "settings right"
    CREATE = "right to add what is made"
    BECOMES = "right to add what it becomes"
    ADD_LEADS = "right to add leads"
    UPDATE_LEAD = "right to update the lead"
    DELETE_LEAD = "right to delete the lead"
    TOKEN = "token of the live switch, else refused: `stale_switch`"
    ENDED_TOKEN = "token of the finished switch: answers with its record"
    SWITCH_KEY = "key of an ended switch: answers with its record; with another policy: refused, `key_conflict`"
    KEY = "known key: answers as before; key of another command: refused, `key_conflict`"


class Does(Enum):
    """What a command does in a state."""

    OPEN = "opens a switch"
    JOIN = "joins the switch of the same key"
    GO_ON = "continues the switch"
    FINISH = "finishes when no active lead is left"
    LEAVE = "goes to Classic"
    NOTHING = "changes nothing and says so"
    KEEP_LEAD = "stores an active lead"
    MAKE_DEAL = "makes a deal and a client at once"
    LIST = "lists the set-aside leads"
    PLAN = "shows the plan, writes nothing"
    REPORT = "reports the numbers"
    MARK = "marks the lead"
    MARKED = "answers with the mark"
    CLOSE = "closes the lead"
    DELETE = "deletes the lead"
    FIRST = "answers with the first result"
    ARCHIVE = "archives it, unless it is the default pipeline or that of the last policy"
    ARCHIVE_UNUSED = "archives it, unless it is the default pipeline, or that of the last policy or the live switch"
    REFUSE = "is refused"


class Behaviour(NamedTuple):
    """One cell of the table: what is done, the reason where it is refused, the state that follows where it changes.

    `needs_plan`: without a plan that has Classic, it is refused (PLAN-1). `recorded`: the live switch gets the outcome
    of the lead in the same commit (SWITCH-7).
    """

    does: Does
    reason: Reason | None = None
    then: CrmState | None = None
    needs_plan: bool = False
    recorded: bool = False

    def __str__(self) -> str:
        text = self.does.value
        if self.reason is not None:
            text += f" ({self.reason.value})"
        return text if self.then is None else f"{text} → {self.then.value}"


def _row(*cells: Behaviour) -> dict[CrmState, Behaviour]:
    return dict(zip(CrmState, cells, strict=True))


def _no(reason: Reason) -> Behaviour:
    return Behaviour(Does.REFUSE, reason)


_NOT_SWITCHING = _no(Reason.NOT_SWITCHING)
_GO_ON = Behaviour(Does.GO_ON)
_KEEP = Behaviour(Does.KEEP_LEAD)
_DEAL = Behaviour(Does.MAKE_DEAL)
_DEAL_TOLD = Behaviour(Does.MAKE_DEAL, recorded=True)
_OPEN = Behaviour(Does.OPEN, then=CrmState.SWITCHING)
_JOIN = Behaviour(Does.JOIN, Reason.SWITCH_IN_PROGRESS)
_FINISH = Behaviour(Does.FINISH, then=CrmState.SIMPLE)
_TO_CLASSIC = Behaviour(Does.LEAVE, then=CrmState.CLASSIC, needs_plan=True)
_NOTHING = Behaviour(Does.NOTHING)
_NO_PLAN = _no(Reason.PLAN_WITHOUT_CLASSIC)
_BUSY = _no(Reason.SWITCH_IN_PROGRESS)
_NO_REOPEN = _no(Reason.REOPEN_REFUSED)
_ONLY_CLASSIC = _no(Reason.CLASSIC_ONLY)
_LIST = Behaviour(Does.LIST)
_STALE = _no(Reason.STALE_SWITCH)
_PLAN = Behaviour(Does.PLAN)
_REPORT = Behaviour(Does.REPORT)
_CLOSE, _CLOSE_TOLD = Behaviour(Does.CLOSE), Behaviour(Does.CLOSE, recorded=True)
_DELETE, _DELETE_TOLD = Behaviour(Does.DELETE), Behaviour(Does.DELETE, recorded=True)
_ARCHIVE, _ARCHIVE_UNUSED = Behaviour(Does.ARCHIVE), Behaviour(Does.ARCHIVE_UNUSED)

#: What is looked at before the state, in this order; `Behaviour.needs_plan` comes after it (PERM-7).
CONDITIONS: dict[Asked, tuple[Condition, ...]] = {
    Asked.PREVIEW_SWITCH: (Condition.SETTINGS, Condition.CREATE),
    Asked.BEGIN_SWITCH: (Condition.SETTINGS, Condition.CREATE, Condition.SWITCH_KEY),
    Asked.CONVERT_CHUNK: (Condition.TOKEN,),
    Asked.SET_ASIDE: (Condition.TOKEN,),
    Asked.FINISH_SWITCH: (Condition.ENDED_TOKEN, Condition.TOKEN),
    Asked.SWITCH_STATUS: (Condition.SETTINGS,),
    Asked.RESUME_SWITCH: (Condition.SETTINGS,),
    Asked.RETRY_SWITCH: (Condition.SETTINGS,),
    Asked.CANCEL_SWITCH: (Condition.SETTINGS,),
    Asked.SWITCH_TO_CLASSIC: (Condition.SETTINGS,),
    Asked.ADD_LEAD: (Condition.ADD_LEADS, Condition.KEY),
    Asked.REOPEN_LEAD: (Condition.UPDATE_LEAD,),
    Asked.EDIT_STAGE: (Condition.UPDATE_LEAD,),
    Asked.CLOSE_LEAD: (Condition.UPDATE_LEAD,),
    Asked.DELETE_LEAD: (Condition.DELETE_LEAD,),
    Asked.IMPORT_ACTIVE_LEADS: (Condition.ADD_LEADS,),
    Asked.CONVERT_LEAD: (Condition.UPDATE_LEAD, Condition.CREATE),
    Asked.TAKE_INQUIRY: (Condition.BECOMES, Condition.KEY),
    Asked.ARCHIVE_PIPELINE: (Condition.SETTINGS,),
}

#: States × commands (MODE-6). Columns in the order of `CrmState`: Classic, Unlicensed, Switching, Blocked, Simple.
BEHAVIOURS: dict[Asked, dict[CrmState, Behaviour]] = {
    Asked.PREVIEW_SWITCH: _row(_PLAN, _PLAN, _BUSY, _BUSY, _NOTHING),
    Asked.BEGIN_SWITCH: _row(_OPEN, _OPEN, _JOIN, _JOIN, _NOTHING),
    Asked.CONVERT_CHUNK: _row(_STALE, _STALE, _GO_ON, _GO_ON, _STALE),
    Asked.SET_ASIDE: _row(_STALE, _STALE, Behaviour(Does.MARK), Behaviour(Does.MARKED), _STALE),
    Asked.FINISH_SWITCH: _row(_STALE, _STALE, _FINISH, _LIST, _STALE),
    Asked.SWITCH_STATUS: _row(_NOT_SWITCHING, _NOT_SWITCHING, _REPORT, _REPORT, _NOT_SWITCHING),
    Asked.RESUME_SWITCH: _row(_NOT_SWITCHING, _NOT_SWITCHING, _GO_ON, _GO_ON, _NOT_SWITCHING),
    Asked.RETRY_SWITCH: _row(_NOT_SWITCHING, _NOT_SWITCHING, _GO_ON, _GO_ON, _NOT_SWITCHING),
    Asked.CANCEL_SWITCH: _row(_NOT_SWITCHING, _NOT_SWITCHING, _TO_CLASSIC, _TO_CLASSIC, _NOT_SWITCHING),
    Asked.SWITCH_TO_CLASSIC: _row(_NOTHING, _NO_PLAN, _BUSY, _BUSY, _TO_CLASSIC),
    Asked.ADD_LEAD: _row(_KEEP, _DEAL, _DEAL_TOLD, _DEAL_TOLD, _DEAL),
    Asked.REOPEN_LEAD: _row(_KEEP, _NO_REOPEN, _NO_REOPEN, _NO_REOPEN, _NO_REOPEN),
    Asked.EDIT_STAGE: _row(_KEEP, _NO_REOPEN, _NO_REOPEN, _NO_REOPEN, _NO_REOPEN),
    Asked.CLOSE_LEAD: _row(_CLOSE, _CLOSE, _CLOSE_TOLD, _CLOSE_TOLD, _CLOSE),
    Asked.DELETE_LEAD: _row(_DELETE, _DELETE, _DELETE_TOLD, _DELETE_TOLD, _DELETE),
    Asked.IMPORT_ACTIVE_LEADS: _row(_KEEP, _ONLY_CLASSIC, _ONLY_CLASSIC, _ONLY_CLASSIC, _ONLY_CLASSIC),
    Asked.CONVERT_LEAD: _row(_DEAL, _DEAL, _DEAL_TOLD, _DEAL_TOLD, Behaviour(Does.FIRST)),
    Asked.TAKE_INQUIRY: _row(_KEEP, _DEAL, _DEAL, _DEAL, _DEAL),
    Asked.ARCHIVE_PIPELINE: _row(_ARCHIVE, _ARCHIVE, _ARCHIVE_UNUSED, _ARCHIVE_UNUSED, _ARCHIVE),
}


def behaviour(asked: Asked, state: CrmState) -> Behaviour:
    """What a command does in a state."""
    return BEHAVIOURS[asked][state]

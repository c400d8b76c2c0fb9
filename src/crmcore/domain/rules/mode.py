"""The mode machine: two modes, five states, and what every command does in each of them (MODE-1 to MODE-6).

The table `BEHAVIOURS` is data. Decisions ask it, and the diagram and the decision table in the docs are drawn from it.
"""

from enum import Enum, StrEnum
from typing import NamedTuple

from crmcore.domain.model.outcomes import Reason
from crmcore.domain.model.settings import CrmMode, Settings

__all__ = [
    "BEHAVIOURS",
    "Asked",
    "Behaviour",
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

    BEGIN_SWITCH = "begin switch"
    CONVERT_CHUNK = "convert chunk"
    FINISH_SWITCH = "finish switch"
    RESUME_SWITCH = "resume switch"
    RETRY_SWITCH = "retry switch"
    CANCEL_SWITCH = "cancel switch"
    SWITCH_TO_CLASSIC = "switch to Classic"
    ADD_LEAD = "add or copy lead"
    REOPEN_LEAD = "reopen lead"
    IMPORT_ACTIVE_LEADS = "import active leads"
    CONVERT_LEAD = "convert lead by hand"
    TAKE_INQUIRY = "take inquiry"


class Does(Enum):
    """What a command does in a state."""

    OPEN = "opens a switch"
    JOIN = "joins the switch of the same key"
    GO_ON = "goes on"
    FINISH = "finishes when no active lead is left"
    LEAVE = "goes to Classic"
    NOTHING = "changes nothing and says so"
    KEEP_LEAD = "stores an active lead"
    MAKE_DEAL = "makes a deal and a client at once"
    LIST = "lists the set-aside leads"
    REFUSE = "is refused"


class Behaviour(NamedTuple):
    """One cell of the table: what is done, the reason where it is refused, the state that follows where it changes."""

    does: Does
    reason: Reason | None = None
    then: CrmState | None = None

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
_OPEN = Behaviour(Does.OPEN, then=CrmState.SWITCHING)
_JOIN = Behaviour(Does.JOIN, Reason.SWITCH_IN_PROGRESS)
_FINISH = Behaviour(Does.FINISH, then=CrmState.SIMPLE)
_CANCEL = Behaviour(Does.LEAVE, then=CrmState.CLASSIC)
_NOTHING = Behaviour(Does.NOTHING)
_NO_PLAN = _no(Reason.PLAN_WITHOUT_CLASSIC)
_BUSY = _no(Reason.SWITCH_IN_PROGRESS)
_NO_REOPEN = _no(Reason.REOPEN_REFUSED)
_ONLY_CLASSIC = _no(Reason.CLASSIC_ONLY)
_LIST = Behaviour(Does.LIST)
_STALE = _no(Reason.STALE_SWITCH)

#: States × commands (MODE-6). Columns in the order of `CrmState`: Classic, Unlicensed, Switching, Blocked, Simple.
BEHAVIOURS: dict[Asked, dict[CrmState, Behaviour]] = {
    Asked.BEGIN_SWITCH: _row(_OPEN, _OPEN, _JOIN, _JOIN, _NOTHING),
    Asked.CONVERT_CHUNK: _row(_STALE, _STALE, _GO_ON, _GO_ON, _STALE),
    Asked.FINISH_SWITCH: _row(_STALE, _STALE, _FINISH, _LIST, _STALE),
    Asked.RESUME_SWITCH: _row(_NOT_SWITCHING, _NOT_SWITCHING, _GO_ON, _GO_ON, _NOT_SWITCHING),
    Asked.RETRY_SWITCH: _row(_NOT_SWITCHING, _NOT_SWITCHING, _GO_ON, _GO_ON, _NOT_SWITCHING),
    Asked.CANCEL_SWITCH: _row(_NOT_SWITCHING, _NOT_SWITCHING, _CANCEL, _CANCEL, _NOT_SWITCHING),
    Asked.SWITCH_TO_CLASSIC: _row(_NOTHING, _NO_PLAN, _BUSY, _BUSY, Behaviour(Does.LEAVE, then=CrmState.CLASSIC)),
    Asked.ADD_LEAD: _row(_KEEP, _DEAL, _DEAL, _DEAL, _DEAL),
    Asked.REOPEN_LEAD: _row(_KEEP, _NO_REOPEN, _NO_REOPEN, _NO_REOPEN, _NO_REOPEN),
    Asked.IMPORT_ACTIVE_LEADS: _row(_KEEP, _ONLY_CLASSIC, _ONLY_CLASSIC, _ONLY_CLASSIC, _ONLY_CLASSIC),
    Asked.CONVERT_LEAD: _row(_DEAL, _DEAL, _DEAL, _DEAL, _DEAL),
    Asked.TAKE_INQUIRY: _row(_KEEP, _DEAL, _DEAL, _DEAL, _DEAL),
}


def behaviour(asked: Asked, state: CrmState) -> Behaviour:
    """What a command does in a state."""
    return BEHAVIOURS[asked][state]

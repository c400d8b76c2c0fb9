"""The arguments and the result of a pure decision: `Accepted` with its changes, or `Refused`."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from attrs import frozen

from crmcore.domain.model.errors import Conflict
from crmcore.domain.model.ids import Kind, UserId
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.settings import Settings
from crmcore.domain.model.text import Shown
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.events import Event
from crmcore.domain.protocol.snapshot import Query, Snapshot
from crmcore.domain.rules.authority import Rights
from crmcore.domain.rules.mode import CrmState, state_of

__all__ = ["Accepted", "Context", "Decision", "Handler", "NewIds", "no_ids"]


@frozen(repr=False, eq=False)
class Context(Shown):
    """The actor, the time and the actor's rights: `Crm` looks the rights up; the caller never passes them (PERM-5)."""

    actor: UserId
    rights: Rights
    plan_has_classic: bool
    now: datetime

    def state(self, settings: Settings, only_set_aside_left: bool = False) -> CrmState:
        """The state that the command meets (MODE-3)."""
        return state_of(settings, plan_has_classic=self.plan_has_classic, only_set_aside_left=only_set_aside_left)


@frozen(repr=False, eq=False)
class Accepted(Shown):
    """An accepted decision: what to write (`None`: nothing), its events, and the result for the caller.

    `events` may be a one-shot iterator: read it once, after the commit.
    """

    result: Any
    changes: Changes | None = None
    events: Iterable[Event] = ()


Decision = Accepted | Refused

#: New ids that the driver reserved, to be drawn by kind; ids that are not drawn stay unused.
NewIds = Mapping[Kind, Iterator[Any]]


def no_ids(command: Any, snapshot: Snapshot, context: Context) -> Mapping[Kind, int]:
    """A command that creates nothing needs no new ids."""
    return {}


def same_command(command: Any, what: Any) -> Any:
    """After a conflict or a lost answer, decide the same command again."""
    return command


class Handler(NamedTuple):
    """How one command is decided: what to read, the decision, and how many new ids it may use.

    `lookup` says that the decision recognises its own work (by key, epoch or ledger), so that it may be made again
    after a commit whose answer was lost. `needs_right` is false for the steps that a token alone may take (PERM-4).
    `unread` is how it is decided where the record that it is about cannot be read (SWITCH-9).
    `after_conflict` is the command to decide next when records moved, `after_loss` the one when the answer of the
    commit was lost: it may carry what was decided, so that the next decision finds out whether that was committed.
    """

    query: Callable[[Any], Query]
    decide: Callable[[Any, Snapshot, Context, NewIds], Decision]
    ids: Callable[[Any, Snapshot, Context], Mapping[Kind, int]] = no_ids
    lookup: Callable[[Any], bool] = lambda command: False
    needs_right: bool = True
    unread: "Handler | None" = None
    after_conflict: Callable[[Any, Conflict], Any] = same_command
    after_loss: Callable[[Any, Decision], Any] = same_command

"""The activity: one record of work, bound to any number of leads, deals and clients (CONV-6)."""

from datetime import datetime
from typing import Annotated, ClassVar

from attrs import evolve, frozen

from crmcore.domain.model.errors import InvalidValue
from crmcore.domain.model.ids import ActivityId, Ref, UserId
from crmcore.domain.model.schema import Code, Field, Line, Own, Text, check_parts, settle
from crmcore.domain.model.text import Discreet

__all__ = ["Activity"]


@frozen(kw_only=True, repr=False, eq=False)
class Activity(Discreet):
    """An immutable activity: a call, meeting, e-mail, task, request or any other kind of touch.

    * `id` is an `ActivityId`, `kind` a code; `responsible` is the id of a person.
    * `subject` is a line of at most 255 characters, `description` a long text; blank ones are `None`.
    * `deadline`, `created_at` and `completed_at` are instants with a time zone; they are kept in UTC.
    * `completed` says whether it is done; `completed_at` is `None` while it is open.

    What it is bound to is a relation that the store keeps, add-only but for `unbound`: the bindings that a person took
    away by hand, kept as a trace so that an audit can tell that from damage (CONV-6, CONV-9). Raises `InvalidValue` for
    a value that is not allowed (DATA-1).

    >>> Activity(id=1, kind="call", subject="Ask for the colour")
    Activity(id=1, kind='call', completed=False, filled=subject)
    """

    _shown: ClassVar = ("id", "kind", "completed")

    id: Own[ActivityId]
    kind: Code = "task"
    subject: Line = None
    description: Text = None
    responsible: Annotated[UserId | None, Field.GIVEN] = None
    deadline: datetime | None = None
    created_at: Own[datetime | None] = None
    completed: bool = False
    completed_at: Own[datetime | None] = None
    unbound: Own[frozenset[Ref]] = frozenset()

    def __attrs_post_init__(self) -> None:
        settle(self)
        check_parts(self)
        if self.completed_at is not None and not self.completed:
            raise InvalidValue("Activity.completed_at", "no instant while the activity is open")

    def completed_by(self, at: datetime) -> "Activity":
        """The activity, completed at the instant `at`; a completed one stays unchanged (POLICY-4).

        >>> from datetime import UTC
        >>> Activity(id=1).completed_by(datetime(2026, 1, 1, tzinfo=UTC)).completed
        True
        """
        return self if self.completed else evolve(self, completed=True, completed_at=at)

    def reopened(self) -> "Activity":
        """The activity, open again; an open one stays unchanged.

        >>> Activity(id=1, completed=True).reopened().completed
        False
        """
        return evolve(self, completed=False, completed_at=None)

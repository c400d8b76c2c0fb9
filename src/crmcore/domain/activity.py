"""The activity: one record of work, bound to any number of leads, deals and clients (CONV-6)."""

from datetime import datetime
from typing import ClassVar

from attrs import evolve, frozen

from crmcore.domain.errors import InvalidValue
from crmcore.domain.ids import ActivityId, Ref, UserId
from crmcore.domain.text import Discreet, check_code, check_id, check_instant, check_type, settle

__all__ = ["Activity"]


@frozen(kw_only=True, repr=False, eq=False)
class Activity(Discreet):
    """An immutable activity: a call, meeting, e-mail, task, request or any other kind of touch.

    * `id` is an `ActivityId`, `kind` a code; `responsible` is the id of a person.
    * `subject` is a line of at most 255 characters, `description` a long text; blank ones are `None`.
    * `deadline`, `created_at` and `completed_at` are instants with a time zone; they are kept in UTC.
    * `completed` says whether it is done; `completed_at` is nothing while it is open.

    What it is bound to is a relation that the store keeps, add-only but for `unbound`: the bindings that a person took
    away by hand, kept as a trace so that an audit can tell that from damage (CONV-6, CONV-9). Raises `InvalidValue` for
    a value that is not allowed (DATA-1).

    >>> Activity(id=1, kind="call", subject="Ask for the colour")
    Activity(id=1, kind='call', completed=False, filled=subject)
    """

    _shown: ClassVar = ("id", "kind", "completed")

    id: ActivityId
    kind: str = "task"
    subject: str | None = None
    description: str | None = None
    responsible: UserId | None = None
    deadline: datetime | None = None
    created_at: datetime | None = None
    completed: bool = False
    completed_at: datetime | None = None
    unbound: frozenset[Ref] = frozenset()

    def __attrs_post_init__(self) -> None:
        check_id("Activity.id", self.id)
        check_code("Activity.kind", self.kind)
        check_type("Activity.completed", self.completed, bool)
        check_type("Activity.unbound", self.unbound, frozenset)
        if self.responsible is not None:
            check_id("Activity.responsible", self.responsible)
        settle(self, ("subject",), ("description",))
        for name in ("deadline", "created_at", "completed_at"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, check_instant(f"Activity.{name}", value))
        if self.completed_at is not None and not self.completed:
            raise InvalidValue("Activity.completed_at", "nothing while the activity is open")

    def completed_by(self, at: datetime) -> "Activity":
        """The activity completed at the instant `at`; one that is complete already stays as it is (POLICY-4).

        >>> from datetime import UTC
        >>> Activity(id=1).completed_by(datetime(2026, 1, 1, tzinfo=UTC)).completed
        True
        """
        return self if self.completed else evolve(self, completed=True, completed_at=at)

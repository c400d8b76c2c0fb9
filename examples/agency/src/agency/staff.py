"""Who may do what: each user has one title, and each title is a role of the CRM."""

from crmcore import ADMINISTRATOR, MANAGER, Grant, Kind, Level, Operation, Rights, Role, UserId
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from agency.tables import User

__all__ = ["TITLES", "Staff"]

#: The roles by title.
TITLES: dict[str, Role] = {
    "director": ADMINISTRATOR,
    "seller": MANAGER,
    "trainee": Role(name="trainee", levels={Grant(Operation.READ, Kind.LEAD): Level.OWN}),
}


class Staff:
    """The permissions port on the table of users: on a session that is open, or on one of its own each time."""

    def __init__(self, sessions: "sessionmaker[Session] | Session") -> None:
        self._sessions = sessions

    def rights(self, actor: UserId) -> Rights:
        """See `Permissions.rights`; it writes nothing, also not what waits in the session."""
        if isinstance(self._sessions, Session):
            return _rights(self._sessions, actor)
        with self._sessions() as session:
            return _rights(session, actor)


def _rights(session: Session, actor: UserId) -> Rights:
    with session.no_autoflush:
        title = session.scalar(select(User.title).where(User.id == actor))
    return Rights.of([TITLES[title]] if title in TITLES else [])

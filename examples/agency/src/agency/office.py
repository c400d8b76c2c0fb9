"""The office: one database with the tables of the agency and of the CRM, and transactions over both."""

import os
from collections.abc import Callable
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, TypeVar

from crmcore import Conflict, Crm, CrmMode, Refused
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.sql import LeadRows, SqlStore, TransactionLost, create_portal, open_store, upgrade_connection
from crmcore.ports import new_crm
from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.orm import Session, sessionmaker

from agency.leads import WAYS
from agency.staff import Staff
from agency.tables import Base, User

__all__ = ["Office", "digest"]

T = TypeVar("T")

#: How often a transaction is run until another writer is no longer first.
TRIES = 10


class Office:
    """The database of one agency. `store` and `crm` have transactions of their own, for what commits many times."""

    def __init__(self, engine: Engine, store: SqlStore) -> None:
        self.engine = engine
        self.sessions = sessionmaker(engine, expire_on_commit=False)
        self.store = store
        self.crm = Crm(store=store, permissions=Staff(self.sessions), plan=store.plan, clock=SystemClock())

    @classmethod
    def new(cls, url: str, leads: str | None = None) -> "Office":
        """The office in an empty database, with a CRM that takes leads and keeps its events.

        `leads` is one of `WAYS` to keep them, or else what AGENCY_LEADS says; it is chosen once.
        """
        engine = _engine(url)
        with engine.begin() as connection:
            upgrade_connection(connection)
            Base.metadata.create_all(connection)
        return cls(engine, create_portal(url, image=new_crm(CrmMode.CLASSIC), events=True, leads=_way(leads)))

    @classmethod
    def open(cls, url: str, leads: str | None = None) -> "Office":
        """The office in a database that `new` has made, with the same `leads`."""
        return cls(_engine(url), open_store(url, leads=_way(leads)))

    def close(self) -> None:
        """Close all connections."""
        self.store.close()
        self.engine.dispose()

    def crm_on(self, session: Session) -> Crm:
        """The CRM inside the transaction of this session."""
        joined = self.store.on(session)
        return Crm(store=joined, permissions=Staff(session), plan=joined.plan, clock=SystemClock())

    def transact(self, work: Callable[[Session, Crm], T]) -> T:
        """Do all of the work in one transaction, or nothing where the CRM refuses; anew if another writer was first."""
        for tries in range(1, TRIES + 1):
            with self.sessions() as session:
                try:
                    answer = work(session, self.crm_on(session))
                    if isinstance(answer, Refused):
                        session.rollback()
                    else:
                        session.commit()
                    return answer
                except (Conflict, TransactionLost):
                    if tries == TRIES:
                        raise
        raise AssertionError("the last try returns or raises")

    def hire(self, title: str) -> tuple[int, str]:
        """A new user with this title: their number, and the token to sign in with, which is shown only now."""
        token = token_urlsafe()
        with self.sessions.begin() as session:
            user = User(title=title, token=digest(token))
            session.add(user)
            session.flush()
            return user.id, token

    def signed_in(self, token: str) -> int | None:
        """The number of the user with this token."""
        with self.sessions() as session:
            return session.scalar(select(User.id).where(User.token == digest(token)))


def _way(leads: str | None) -> LeadRows | None:
    return WAYS[leads or os.environ.get("AGENCY_LEADS") or "crm"]


def digest(text: str) -> str:
    """What is kept of a token, or of a key that others have chosen and that may name a person."""
    return sha256(text.encode()).hexdigest()


def _engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def prepare(driver: Any, _: object) -> None:
            driver.execute("PRAGMA foreign_keys=ON")
            driver.execute("PRAGMA secure_delete=ON")  # so that an erasure leaves nothing in the file

    return engine

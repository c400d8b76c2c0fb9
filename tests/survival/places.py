"""Where the CRMs of the trials are made: files of SQLite, portals of PostgreSQL."""

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Protocol

from attrs import frozen

from crmcore.adapters.sql import create_portal
from crmcore.domain.model.ids import UserId
from crmcore.domain.rules.authority import ADMINISTRATOR
from crmcore.testing import ADMIN
from tests.survival.auditor import auditor_of
from tests.survival.scenario import Options, filled

__all__ = ["OTHER", "Place", "PostgresPlace", "SqlitePlace", "Trial"]

#: Another administrator, who goes on with what one began.
OTHER = UserId(7)
_ADMINISTRATORS = {ADMIN: (ADMINISTRATOR,), OTHER: (ADMINISTRATOR,)}


@frozen(kw_only=True)
class Trial:
    """One CRM that is switched, and how."""

    url: str
    portal: str
    leads: int
    chunk: int
    options: Options


class Place(Protocol):
    """Where CRMs are made for the trials."""

    def trial(self, number: int, leads: int, chunk: int, options: Options) -> Trial:
        """A CRM of its own, filled."""
        ...

    def settle(self, trial: Trial) -> None:
        """Wait until nothing of a killed worker is at work any more."""
        ...


class SqlitePlace:
    """Files, copied to `at` from one that was filled once; with small pages, there are more of them."""

    def __init__(self, folder: Path, *, page_size: int = 4096, at: Path | None = None) -> None:
        self._folder = folder
        self._page_size = page_size
        self._at = folder if at is None else at

    def trial(self, number: int, leads: int, chunk: int, options: Options) -> Trial:
        """See `Place.trial`."""
        template = self._folder / f"filled-{leads}-{options.match}.db"
        if not template.exists():
            store = create_portal(f"sqlite:///{template}", "main", filled(leads, options.match), roles=_ADMINISTRATORS)
            store.close()
            with closing(sqlite3.connect(template)) as connection:
                connection.execute("PRAGMA journal_mode = DELETE")  # a file with a log keeps its pages as they are
                connection.execute(f"PRAGMA page_size = {self._page_size}")
                connection.execute("VACUUM")
                connection.execute("PRAGMA journal_mode = WAL")
        file = self._at / "trial.db"
        for each in self._at.glob("trial.db*"):
            each.unlink()
        shutil.copyfile(template, file)
        return Trial(url=f"sqlite:///{file}", portal="main", leads=leads, chunk=chunk, options=options)

    def settle(self, trial: Trial) -> None:
        """A process that is gone holds no lock."""


class PostgresPlace:
    """Portals of one database."""

    def __init__(self, url: str, name: str = "trial") -> None:
        self._url = url
        self._name = name

    def trial(self, number: int, leads: int, chunk: int, options: Options) -> Trial:
        """See `Place.trial`."""
        portal = f"{self._name}{number}"
        create_portal(self._url, portal, filled(leads, options.match), roles=_ADMINISTRATORS).close()
        return Trial(url=self._url, portal=portal, leads=leads, chunk=chunk, options=options)

    def settle(self, trial: Trial) -> None:
        """The server notices after a moment that a client is gone, and may carry its last word out until then."""
        others = "SELECT 1 FROM pg_stat_activity WHERE xact_start IS NOT NULL AND backend_type = 'client backend'"
        with auditor_of(self._url) as auditor:
            for _ in range(2000):
                if not auditor.rows(others + " AND pid <> pg_backend_pid()", {}):
                    return
                time.sleep(0.002)
        raise TimeoutError("the server still works for a client that is gone")

"""One running transaction, and the statements that reading and writing share."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from crmcore.adapters.sql.connection.dialects import Dialect
from crmcore.adapters.sql.rows.match_keys import StoredKey, veiled, version_sum
from crmcore.adapters.sql.rows.records import COLUMNS, ID_COLUMNS, TABLES
from crmcore.adapters.sql.rows.texts import (
    DAMAGE,
    FLAGS,
    dump_policy,
    dump_stages,
    dump_terms,
    load_policy,
    load_stages,
    load_terms,
    whole,
)
from crmcore.domain.model.errors import StoreCorrupt, StoreError, raise_alone
from crmcore.domain.model.ids import Epoch, Kind
from crmcore.domain.model.integrity import check_whole
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode, RepeatInquiry, Settings, Switching
from crmcore.domain.model.stages import LeadStages

__all__ = ["PORTAL_COLUMNS", "PortalRow", "Transaction", "settings_values", "stages_value"]

PORTAL_COLUMNS = (
    "mode", "epoch", "switch_key", "switch_epoch", "switch_terms", "match_setting", "repeat_inquiry", "last_policy",
)  # fmt: skip


class PortalRow:
    """The row of one CRM: settings and lead stages, with their versions."""

    def __init__(self, row: Sequence[Any]) -> None:
        mode, epoch, key, switch_epoch, terms, match, repeat, policy, *others = row
        settings_version, self._stages, version, keeps_events = others
        self.terms = terms
        try:
            self.settings_version = whole(settings_version)
            self.stages_version = whole(version)
            self.keeps_events = FLAGS[keeps_events]
            self.epoch = Epoch(whole(epoch, 1))
            self.settings = Settings(
                mode=CrmMode(mode),
                switching=None if key is None else Switching(epoch=switch_epoch, key=key, terms=load_terms(terms)),
                epoch=epoch,
                match=MatchSetting(match),
                repeat_inquiry=RepeatInquiry(repeat),
                last_policy=load_policy(policy),
            )
            check_whole(self.settings)
        except DAMAGE:
            raise_alone(StoreCorrupt("the settings in crm_portal cannot be read"))

    @property
    def stages(self) -> LeadStages:
        """The catalogue of lead stages."""
        try:
            return LeadStages(stages=load_stages(self._stages))
        except DAMAGE:
            raise_alone(StoreCorrupt("the lead stages in crm_portal cannot be read"))


def settings_values(settings: Settings) -> tuple[Any, ...]:
    """Settings in the order of `PORTAL_COLUMNS`."""
    live = settings.switching
    return (
        int(settings.mode),
        settings.epoch,
        *((None, None, None) if live is None else (live.key, live.epoch, dump_terms(live.terms))),
        settings.match.value,
        settings.repeat_inquiry.value,
        dump_policy(settings.last_policy),
    )


def stages_value(stages: LeadStages) -> str:
    """The lead stages as they stand in the portal's row."""
    return dump_stages(stages.stages)


class Transaction:
    """Statements on one connection, in one transaction, about one CRM.

    `check_version` is asked with the version of the tables whenever the portal is read; `None` where it was asked.
    """

    def __init__(
        self, connection: Connection, dialect: Dialect, portal: int, check_version: Callable[[Any], None] | None = None
    ) -> None:
        self._check_version = check_version
        self.connection = connection
        self.dialect = dialect
        self.portal = portal
        driver: Any = connection.connection.driver_connection
        self.driver = driver
        self.cursor: Any = driver.cursor()
        dialect.plain(self.cursor)
        #: Whether this transaction has moved a counter up to an id that was given.
        self.moved_counters = False
        #: Whether it sees one state from its begin to its end, and writes nothing.
        self.sees_one_state = False
        self._portal_row: PortalRow | None = None

    def rows(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """What a query finds."""
        self.cursor.execute(self.dialect.text(statement), values)
        found: list[Any] = self.cursor.fetchall()
        return found

    def run(self, statement: str, values: Sequence[Any]) -> int:
        """Carry one statement out; how many rows it touched."""
        self.cursor.execute(self.dialect.text(statement), values)
        return int(self.cursor.rowcount)

    def run_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> int:
        """Carry one statement out for each row; how many rows they touched."""
        if not rows:
            return 0
        self.cursor.executemany(self.dialect.text(statement), rows)
        return int(self.cursor.rowcount)

    def portal_row(self) -> PortalRow:
        """The CRM as it stands, which is asked once where the transaction sees one state."""
        if self._portal_row is not None:
            return self._portal_row
        columns = ", ".join((*PORTAL_COLUMNS, "settings_version", "stages", "stages_version", "keeps_events"))
        if self._check_version is not None:
            columns += ", (SELECT max(version_num) FROM crmcore_version)"
        found = self.rows(f"SELECT {columns} FROM crm_portal WHERE id = ?", (self.portal,))
        if not found:
            raise StoreError("the portal was deleted or filled with another CRM; open it again")
        row = list(found[0])
        if self._check_version is not None:
            self._check_version(row.pop())
        portal = PortalRow(row)
        if self.sees_one_state:
            self._portal_row = portal
        return portal

    def among(self, kind: Kind, ids: Iterable[Any], columns: Iterable[str] = (), *, more: str = "") -> list[Any]:
        """The rows of a kind with these ids; `more` as in `Dialect.among`."""
        table, key = TABLES[kind].name, ID_COLUMNS[kind]
        wanted = ", ".join(f"t.{name}" for name in (columns or COLUMNS[kind]))
        as_type = str if kind in (Kind.SWITCH, Kind.COMMAND) else int
        statement = self.dialect.among(wanted, table, key, as_type, more=more)
        return self.rows(statement, (self.dialect.keys(ids), self.portal))

    def matching(self, keys: Iterable[StoredKey]) -> list[Any]:
        """Who has or had these match keys: kind, point, key, version, id, and whether it has it still."""
        asked = {form: key for key in keys for form in (key, veiled(key))}
        statement = self.dialect.matching("t.kind, t.point, t.form, t.version, t.id, t.held")
        rows = self.rows(statement, self.dialect.matching_values(list(asked), self.portal))
        return [(*asked[tuple(row[:3])], *row[3:]) for row in rows]

    def key_versions(self, keys: Iterable[StoredKey]) -> dict[StoredKey, int]:
        """The versions of match keys; one that was never used is not there."""
        return version_sum(row[:4] for row in self.matching(keys))

    def claim_keys(self, keys: Iterable[StoredKey]) -> None:
        """See `Dialect.claim_keys`; who looks a key up leaves it behind, so nobody shall read it."""
        self.dialect.claim_keys(self, sorted({veiled(key) for key in keys}))

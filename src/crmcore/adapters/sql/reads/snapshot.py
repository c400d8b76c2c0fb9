"""The answer to one query from the tables, in a small fixed number of statements for any number of leads.

`Query` and `Snapshot` define the meaning of each part; the in-memory store is the reference.

lines: one method for each part of a snapshot, to be read beside the reference.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any

from crmcore.adapters.sql.connection.transactions import Transaction
from crmcore.adapters.sql.rows.glance import LOOKED_AT, unusual
from crmcore.adapters.sql.rows.match_keys import StoredKey, stored, version_sum
from crmcore.adapters.sql.rows.records import COLUMNS, FROM_ROW, ID_COLUMNS, TABLES, Row, load_outcome_row
from crmcore.adapters.sql.rows.tables import BINDING_CODES, BINDING_KINDS
from crmcore.adapters.sql.rows.texts import DAMAGE, load_outcome, version_of, whole
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.errors import RecordFault, StoreCorrupt, raise_alone
from crmcore.domain.model.ids import CARDS, RECORDS, ActivityId, Kind, LeadId, Ref
from crmcore.domain.model.integrity import UNREADABLE, check_whole
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.outcomes import LeadOutcome, OutcomeKind
from crmcore.domain.model.text import ID_LIMIT
from crmcore.domain.protocol.changes import ReadSet
from crmcore.domain.protocol.snapshot import Backlog, NextLeads, Query, Snapshot
from crmcore.domain.rules.binding import NO_CLIENT, clients_of
from crmcore.domain.rules.matching import MatchKey, match_keys

__all__ = ["Reader", "active_leads", "all_from", "made_from", "outcome_from", "ref_from"]

_KINDS = dict(enumerate(BINDING_KINDS))
_ID_TYPES = {kind: str if ID_COLUMNS[kind] == "key" else int for kind in FROM_ROW}

_OUTCOME_COLUMNS = COLUMNS[Kind.OUTCOME][2:]
_LEAD_COLUMNS = ", ".join(f"t.{name}" for name in COLUMNS[Kind.LEAD])
_ACTIVITY_COLUMNS = ", ".join(f"a.{name}" for name in COLUMNS[Kind.ACTIVITY])
_DEAL_COLUMNS = ", ".join(f"t.{name}" for name in COLUMNS[Kind.DEAL])
#: Whether an activity is bound to anything but the lead that it was found by.
_SHARED = (
    "EXISTS (SELECT 1 FROM crm_binding AS o WHERE o.portal = t.portal AND o.activity = t.activity"
    " AND (o.kind <> 0 OR o.id <> t.id))"
)


_ACTIVITY_OF = itemgetter(1)


def made_from(kind: Kind, row: Row) -> Any:
    """The record of a row; raises `RecordFault` if it cannot be read, or holds what may not be stored (DATA-1)."""
    if type(row[0]) is not _ID_TYPES[kind]:
        raise StoreCorrupt(f"a row of {TABLES[kind].name} has no id that can be read")
    try:
        if COLUMNS[kind][1] == "version":
            whole(row[1], 1)
        record = FROM_ROW[kind](row)
        check_whole(record)
        return record
    except DAMAGE:
        raise_alone(RecordFault(Ref(kind, row[0]), UNREADABLE))


def outcome_from(lead: LeadId, row: Row) -> LeadOutcome:
    """What a switch recorded for a lead; raises the `RecordFault` of that lead if it cannot be read."""
    try:
        outcome = load_outcome_row(row)
        check_whole(outcome)
        return outcome
    except DAMAGE:
        raise_alone(RecordFault(Ref(Kind.LEAD, lead), UNREADABLE))


def ref_from(activity: ActivityId, code: Any, id: Any, of: Kind = Kind.ACTIVITY) -> Ref:
    """What a binding leads to; raises the `RecordFault` of the activity where it cannot be read."""
    kind = _KINDS.get(code)
    if kind is None or type(id) is not int or id < 1:
        raise RecordFault(Ref(of, activity), UNREADABLE)
    return tuple.__new__(Ref, (kind, id))


def all_from(kind: Kind, rows: Sequence[Row]) -> list[Any]:
    """The records of many rows, each of them checked, most of them by a glance; raises the `RecordFault` of one."""
    if kind not in LOOKED_AT:
        return [made_from(kind, row) for row in rows]
    load = FROM_ROW[kind]
    doubtful = unusual(kind, rows)
    if not doubtful:
        with suppress(*DAMAGE):  # the way below tells which one it is
            return [*map(load, rows)]
    found = []
    for at, row in enumerate(rows):
        if at in doubtful:
            found.append(made_from(kind, row))
        else:
            try:
                found.append(load(row))
            except DAMAGE:
                raise_alone(RecordFault(Ref(kind, row[0]), UNREADABLE))
    return found


class Reader:
    """Collects the parts of one snapshot; `lead_rows` and `shared` are what a commit of it may use again."""

    def __init__(self, transaction: Transaction) -> None:
        self.tx = transaction
        self.portal = transaction.portal_row()
        self.epoch = self.portal.epoch
        self.versions: dict[Kind, dict[Any, int]] = {}
        self.parts: dict[str, Any] = {}
        self.lead_rows: dict[LeadId, Row] = {}
        self.wants: dict[MatchKey, LeadId] = {}
        self._of_leads: dict[ActivityId, tuple[int, Activity]] = {}
        self._bound_to: dict[ActivityId, list[Row]] = {}

    def snapshot(self, query: Query) -> Snapshot:
        """The consistent answer."""
        self._settings(query)
        ids = self._leads(query)
        if query.match or query.next_leads is not None:
            self._clients()
        self._match(query, ids)
        self._records(Kind.DEAL, query.deals)
        self._records(Kind.CONTACT, query.contacts)
        self._records(Kind.COMPANY, query.companies)
        self._activities(query)
        self._once(query)
        if query.results:
            self._results(ids)
        return Snapshot(
            read=ReadSet(epoch=self.epoch, versions=self.versions),
            settings=self.portal.settings,
            keeps_events=self.portal.keeps_events,
            **self.parts,
        )

    def _settings(self, query: Query) -> None:
        if query.settings:
            self.versions[Kind.SETTINGS] = {0: self.portal.settings_version}
        if query.stages:
            self.versions[Kind.STAGES] = {0: self.portal.stages_version}
            self.parts["stages"] = self.portal.stages
        if query.stages_in_use:
            found = self.tx.rows(
                "SELECT DISTINCT stage FROM crm_lead WHERE portal = ? AND deleted_at IS NULL", (self.tx.portal,)
            )
            self.parts["stages_in_use"] = frozenset(row[0] for row in found)
        if query.pipelines:
            columns = ", ".join(COLUMNS[Kind.PIPELINE])
            rows = self.tx.rows(f"SELECT {columns} FROM crm_pipeline WHERE portal = ? ORDER BY id", (self.tx.portal,))
            self.parts["pipelines"] = {row[0]: made_from(Kind.PIPELINE, row) for row in rows}
            self.versions[Kind.PIPELINE] = {row[0]: row[1] for row in rows}

    # Leads

    def _leads(self, query: Query) -> list[LeadId]:
        """The leads asked for by id, and the next active ones, with their activities, ledger rows and marks."""
        ids = list(query.leads)
        rows = self.tx.among(Kind.LEAD, ids) if ids else []
        if query.next_leads is not None:
            following = self._next(query.next_leads)
            rows += following
            ids += [row[0] for row in following]
        if not ids:
            return ids
        by_id = {row[0]: row for row in rows}
        self.versions[Kind.LEAD] = {id: by_id[id][1] if id in by_id else 0 for id in ids}
        found = [id for id in dict.fromkeys(ids) if id in by_id]
        self.parts["leads"] = dict(zip(found, all_from(Kind.LEAD, [by_id[id] for id in found]), strict=True))
        self.lead_rows = by_id
        wanted = list(self.versions[Kind.LEAD])
        self._ledger(wanted)
        self.parts["marks"] = {
            row[0]: outcome_from(row[0], row[1:])
            for row in self._about(Kind.OUTCOME, wanted, ("lead", *_OUTCOME_COLUMNS))
            if row[0] in by_id
        }
        self._activities_of_leads(list(by_id), query.results)
        return ids

    def _ledger(self, leads: Sequence[LeadId]) -> None:
        """The ledger rows of these leads; one that cannot be read is a fault of its lead."""
        rows = self._about(Kind.LEDGER, leads, COLUMNS[Kind.LEDGER])
        try:
            self.parts["ledger"] = {row.lead_id: row for row in all_from(Kind.LEDGER, rows)}
        except RecordFault as fault:
            raise_alone(RecordFault(Ref(Kind.LEAD, fault.ref.id), fault.code))

    def _next(self, wanted: NextLeads) -> list[Any]:
        """The next active leads that are not set aside, along the index of the active ones.

        Raises `StoreCorrupt` where the terms under which they are going to be converted are not those of the record.
        """
        live = self.portal.settings.switching
        if live is not None:
            recorded = self.tx.among(Kind.SWITCH, (live.key,), ("terms",))
            if recorded and recorded[0][0] != self.portal.terms:
                raise StoreCorrupt("crm_portal and crm_switch differ in the terms of the live switch")
        conditions, values = ["t.portal = ?", "t.semantics = 'P'"], [self.tx.portal]
        marked = set(self._marked()) | wanted.without
        part, parts = wanted.shard
        if parts != 1:
            conditions.append("t.id % ? = ?")
            values += [parts, part]
        if wanted.after is not None:
            conditions.append("t.id > ?")
            values.append(wanted.after)
        active = f"crm_lead AS t{self.tx.dialect.by('crm_lead_active')}"
        statement = f"SELECT {_LEAD_COLUMNS} FROM {active} WHERE {{}} ORDER BY t.id LIMIT ?"
        # Marked leads are few: reading that many more costs less than asking the database for each.
        more = len(marked) if len(marked) <= wanted.limit else 0
        if marked and not more:
            excluded, keys = self.tx.dialect.excluded("t.id", sorted(marked))
            conditions.append(excluded)
            values.append(keys)
        rows = self.tx.rows(statement.format(" AND ".join(conditions)), (*values, min(wanted.limit + more, ID_LIMIT)))
        return [row for row in rows if row[0] not in marked][: wanted.limit] if marked else rows

    def _marked(self) -> list[LeadId]:
        """The leads that are set aside under the live epoch, in order."""
        rows = self.tx.rows(
            f"SELECT lead FROM crm_outcome{self.tx.dialect.by('crm_outcome_set_aside')}"
            " WHERE portal = ? AND epoch = ? AND kind = 'set_aside' ORDER BY lead",
            (self.tx.portal, self.epoch),
        )
        return [row[0] for row in rows]

    def _about(self, kind: Kind, leads: Sequence[LeadId], columns: Iterable[str]) -> list[Any]:
        """Rows of the ledger or of the live switch's outcomes about these leads.

        Where the leads lie close together, as those of a chunk do, one range of the table is read.
        """
        more, values = ("", ()) if kind is Kind.LEDGER else (" AND t.epoch = ?", (self.epoch,))
        low, high = min(leads), max(leads)
        names = ", ".join(f"t.{name}" for name in columns)
        table = "crm_ledger" if kind is Kind.LEDGER else "crm_outcome"
        if high - low < 2 * len(leads):
            statement = f"SELECT {names} FROM {table} AS t WHERE t.portal = ? AND t.lead BETWEEN ? AND ?{more}"
            wanted = set(leads)
            found = self.tx.rows(statement, (self.tx.portal, low, high, *values))
            return [row for row in found if row[0] in wanted]
        statement = self.tx.dialect.among(names, table, "lead", more=more)
        return self.tx.rows(statement, (self.tx.dialect.keys(leads), self.tx.portal, *values))

    def _activities_of_leads(self, ids: list[LeadId], again: bool) -> None:
        """What is bound to these leads; `again` keeps each for the ledger, which names most of them."""
        columns = f"t.id, t.activity, {_SHARED}, {_ACTIVITY_COLUMNS}"
        statement = self.tx.dialect.bound(columns, joined=True)
        rows = self.tx.rows(statement, (self.tx.dialect.keys(ids), self.tx.portal, BINDING_CODES[Kind.LEAD]))
        rows.sort(key=_ACTIVITY_OF)
        found: dict[LeadId, list[Activity]] = {}
        shared: dict[ActivityId, bool] = {}
        load = FROM_ROW[Kind.ACTIVITY]
        doubtful = unusual(Kind.ACTIVITY, [row[3:] for row in rows])
        for at, row in enumerate(rows):
            lead_id = row[0]
            of_lead = found.get(lead_id)
            if of_lead is None:
                of_lead = found[lead_id] = []
            try:
                activity = load(row[3:])
                if at in doubtful:
                    check_whole(activity)
            except DAMAGE:
                raise_alone(RecordFault(Ref(Kind.LEAD, lead_id), UNREADABLE))
            if type(activity) is Activity:
                of_lead.append(activity)
                if again:
                    self._of_leads[row[1]] = row[4], activity
            if row[2]:
                shared[row[1]] = False
        if shared:
            self._shared(shared, rows)
        self.parts["lead_activities"] = {id: tuple(each) for id, each in found.items()}
        self.parts["shared"] = shared

    def _shared(self, shared: dict[ActivityId, bool], rows: list[Any]) -> None:
        """Which shared activities the live switch has counted, since it converted another of their leads."""
        bound: dict[ActivityId, list[LeadId]] = {}
        for id, kind, other in self._bindings(list(shared)):
            if kind == BINDING_CODES[Kind.LEAD]:
                bound.setdefault(id, []).append(other)
        others = {lead for leads in bound.values() for lead in leads}
        converted = {
            row[0]
            for row in (self._about(Kind.OUTCOME, list(others), ("lead", "kind")) if others else ())
            if row[1] == OutcomeKind.CONVERTED.value
        }
        if not converted:
            return
        # As the reference has it: of several leads that share an activity, the last one read decides.
        place = {id: at for at, id in enumerate(self.parts["leads"])}
        for lead_id, id, *_ in sorted((row for row in rows if row[2]), key=lambda row: place[row[0]]):
            shared[id] = any(other != lead_id and other in converted for other in bound.get(id, ()))

    def _bindings(self, ids: Sequence[ActivityId]) -> list[Any]:
        """The rows that bind these activities, each read once."""
        found = self._bound_to
        new = [id for id in ids if id not in found]
        if new:
            found.update((id, []) for id in new)
            statement = self.tx.dialect.among("t.activity, t.kind, t.id", "crm_binding", "activity")
            for row in self.tx.rows(statement, (self.tx.dialect.keys(new), self.tx.portal)):
                found[row[0]].append(row)
        return [row for id in ids for row in found[id]]

    # Clients

    def _clients(self) -> None:
        """Read deleted clients of the leads; raise the `RecordFault` of one that is linked to a client not there."""
        for kind, linked in clients_of(self.parts.get("leads", {}).values()).items():
            deleted = dict(self.tx.among(kind, linked, ("id", "deleted_at")))
            for id, lead_id in linked.items():
                if id not in deleted:
                    raise RecordFault(Ref(Kind.LEAD, lead_id), NO_CLIENT)
            gone = [id for id, at in deleted.items() if at is not None]
            if gone:
                found = {row[0]: made_from(kind, row) for row in self.tx.among(kind, gone)}
                self.parts.setdefault(RECORDS[kind], {}).update(found)

    def _match(self, query: Query, leads: list[LeadId]) -> None:
        """Who has the e-mails of the leads read, or one of the keys asked for."""
        keys: set[MatchKey] = set(query.match_keys)
        kinds = self.portal.settings.kinds_to_match if query.match else frozenset()
        if kinds:
            for id in leads:
                lead = self.parts["leads"].get(id)
                if isinstance(lead, Lead):
                    of_lead = match_keys(lead.contact_points, kinds)
                    keys |= of_lead
                    self.wants.update(dict.fromkeys(of_lead, id))
        if not keys:
            return
        of_stored: dict[StoredKey, list[MatchKey]] = {}
        for key in keys:
            of_stored.setdefault(stored(key), []).append(key)
        rows = self.tx.matching(of_stored)
        known = version_sum(row[:4] for row in rows)
        self.versions[Kind.MATCH_KEY] = {key: known.get(stored(key), 0) for key in keys}
        self._found([row for row in rows if row[5]], of_stored, query.open_deals)

    def _found(self, rows: list[Any], of_stored: dict[StoredKey, list[MatchKey]], open_deals: bool) -> None:
        code = BINDING_CODES[Kind.LEAD]
        leads = {row[4] for row in rows if row[0] == code}
        if leads:
            among = self.tx.among(Kind.LEAD, leads, ("id",), more=" AND t.semantics = 'P'")
            leads = {row[0] for row in among}
        found: dict[MatchKey, list[int]] = {}
        refs = set()
        for kind, point, key, _, id, _ in rows:
            if kind != code or id in leads:
                refs.add(Ref(BINDING_KINDS[kind], id))
                for each in of_stored[kind, point, key]:
                    found.setdefault(each, []).append(id)
        self.parts["matches"] = {key: tuple(sorted(ids)) for key, ids in found.items()}
        try:
            self._by_kind(refs)
        except RecordFault as fault:
            # A client that cannot be read stops the leads that would be matched with it, and nobody else.
            for key, ids in found.items():
                if key.kind is fault.ref.kind and fault.ref.id in ids and key in self.wants:
                    raise_alone(RecordFault(Ref(Kind.LEAD, self.wants[key]), fault.code))
            raise
        if open_deals:
            self._open_deals(refs)

    def _open_deals(self, refs: set[Ref]) -> None:
        """The companies of the contacts found, and the open deals of all these clients."""
        contacts = self.parts.get("contacts", {})
        companies = {contacts[ref.id].company_id for ref in refs if ref.kind is Kind.CONTACT} - {None}
        self._records(Kind.COMPANY, sorted(companies))
        wanted = refs | {Ref(Kind.COMPANY, id) for id in companies}
        rows: dict[int, Row] = {}
        for kind, column in ((Kind.CONTACT, "contact_id"), (Kind.COMPANY, "company_id")):
            ids = [ref.id for ref in wanted if ref.kind is kind]
            if ids:
                open_ones = f" AND t.semantics = 'P' AND t.{column} IS NOT NULL"
                statement = self.tx.dialect.among(_DEAL_COLUMNS, "crm_deal", column, more=open_ones)
                rows.update(
                    (row[0], row) for row in self.tx.rows(statement, (self.tx.dialect.keys(ids), self.tx.portal))
                )
        found: dict[Ref, list[Any]] = {}
        for id in sorted(rows):
            deal = made_from(Kind.DEAL, rows[id])
            for ref in (Ref(Kind.CONTACT, deal.contact_id), Ref(Kind.COMPANY, deal.company_id)):
                if ref in wanted:
                    found.setdefault(ref, []).append(deal)
            self.versions.setdefault(Kind.DEAL, {})[id] = rows[id][1]
        self.parts["client_deals"] = {ref: tuple(deals) for ref, deals in found.items()}

    # Records by id

    def _by_kind(self, refs: Iterable[Ref]) -> None:
        ids: dict[Kind, list[Any]] = {}
        for ref in sorted(refs):
            ids.setdefault(ref.kind, []).append(ref.id)
        for kind, each in ids.items():
            self._records(kind, each)

    def _records(self, kind: Kind, ids: Iterable[Any]) -> None:
        """Records of one kind by id, added to those read before."""
        ids = tuple(ids)
        if not ids:
            return
        part = self.parts.setdefault(RECORDS[kind], {})
        versions = self.versions.setdefault(kind, {})
        rows = {row[0]: row for row in self.tx.among(kind, dict.fromkeys(ids))}
        versions.update((id, rows[id][1] if id in rows else 0) for id in ids)
        found = [id for id in dict.fromkeys(ids) if id in rows]
        part.update(zip(found, all_from(kind, [rows[id] for id in found]), strict=True))

    def _activities(self, query: Query) -> None:
        """Activities by id with their bindings and the records they are bound to."""
        ids = list(query.activities)
        for kind, code in BINDING_CODES.items():
            wanted = [ref.id for ref in query.activities_of if ref.kind is kind]
            if wanted:
                statement = self.tx.dialect.bound("t.activity", joined=False)
                found = self.tx.rows(statement, (self.tx.dialect.keys(wanted), self.tx.portal, code))
                ids += sorted(row[0] for row in found)
        if not ids:
            return
        self._records(Kind.ACTIVITY, ids)
        bindings = self._bound(ids)
        self.parts["bindings"] = bindings
        self._by_kind(frozenset().union(*bindings.values()))

    def _bound(self, ids: Sequence[ActivityId]) -> dict[ActivityId, frozenset[Ref]]:
        bound: dict[ActivityId, set[Ref]] = {id: set() for id in ids}
        for id, kind, other in self._bindings(list(bound)):
            bound[id].add(ref_from(id, kind, other))
        return {id: frozenset(refs) for id, refs in bound.items()}

    def _results(self, leads: list[LeadId]) -> None:
        """The deal, clients, activities and bindings that the ledger rows of the leads name."""
        ledger = self.parts.get("ledger", {})
        rows = [ledger[id] for id in leads if id in ledger]
        self._records(Kind.DEAL, (row.deal_id for row in rows))
        self._records(Kind.CONTACT, (row.contact_id for row in rows if row.contact_id is not None))
        self._records(Kind.COMPANY, (row.company_id for row in rows if row.company_id is not None))
        ids = [id for row in rows for id in row.activity_ids]
        self._records(Kind.ACTIVITY, (id for id in ids if id not in self._of_leads))
        read = {id: self._of_leads[id] for id in ids if id in self._of_leads}
        if read:
            self.versions.setdefault(Kind.ACTIVITY, {}).update((id, version) for id, (version, _) in read.items())
            self.parts.setdefault("activities", {}).update((id, activity) for id, (_, activity) in read.items())
        self.parts["bindings"] = self._bound(ids) if ids else {}

    # What there is one of

    def _once(self, query: Query) -> None:
        """What there is one of: a switch, a command, the backlog, the numbers."""
        live = self.portal.settings.switching
        key = live.key if query.live_switch and live is not None else query.switch_key
        if key is not None:
            self.parts["switch"] = self._one(Kind.SWITCH, key)
        if query.command_key is not None:
            self.parts["command"] = self._one(Kind.COMMAND, query.command_key)
        if query.outcome_of is not None:
            self._outcome_of(query.outcome_of)
            if query.unread:
                self._unread(query.outcome_of)
        if query.tally is not None:
            rows = self.tx.rows(
                "SELECT outcome, SUM(number) FROM crm_tally WHERE portal = ? AND epoch = ? GROUP BY outcome",
                (self.tx.portal, query.tally),
            )
            try:
                self.parts["tally"] = {load_outcome(text): int(number) for text, number in rows if number}
                for outcome in self.parts["tally"]:
                    check_whole(outcome)
            except DAMAGE:
                raise_alone(StoreCorrupt("the numbers of a switch in crm_tally cannot be read"))
        if query.backlog:
            marked = tuple(self._marked())
            self.parts["backlog"] = Backlog(active=self._left(query, len(marked)), set_aside=marked)
        if query.newest_switches is not None:
            self.parts["newest_switches"] = self._newest_switches(*query.newest_switches)
        if query.counts:
            self.parts["counts"] = {kind: self._count(kind) for kind in CARDS}

    def _newest_switches(self, before: int, limit: int) -> tuple[Any, ...]:
        """The switches before the one of an epoch, or all for 0, the newest first."""
        columns = ", ".join(COLUMNS[Kind.SWITCH])
        earlier, values = (" AND epoch < ?", (before,)) if before else ("", ())
        rows = self.tx.rows(
            f"SELECT {columns} FROM crm_switch WHERE portal = ?{earlier} ORDER BY epoch DESC LIMIT ?",
            (self.tx.portal, *values, limit),
        )
        return tuple(made_from(Kind.SWITCH, row) for row in rows)

    def _count(self, kind: Kind) -> int:
        """How many records there are, along an index in which deleted ones are empty."""
        if kind is Kind.LEAD:
            return active_leads(self.tx) + _leads(self.tx, "closed", "<> 'P'")
        column = "semantics" if kind is Kind.DEAL else "responsible"
        table = TABLES[kind].name
        rows = self.tx.rows(
            f"SELECT count(*) FROM {table} AS t{self.tx.dialect.by(f'{table}_{column}')}"
            f" WHERE t.portal = ? AND t.{column} IS NOT NULL",
            (self.tx.portal,),
        )
        return int(rows[0][0])

    def _one(self, kind: Kind, key: str) -> Any:
        rows = self.tx.among(kind, (key,))
        self.versions.setdefault(kind, {})[key] = rows[0][1] if rows else 0
        return made_from(kind, rows[0]) if rows else None

    def _outcome_of(self, lead_id: LeadId) -> None:
        found = self._about(Kind.OUTCOME, [lead_id], ("lead", *_OUTCOME_COLUMNS))
        self.parts["marks"] = {row[0]: outcome_from(row[0], row[1:]) for row in found}
        self.versions.setdefault(Kind.OUTCOME, {})[lead_id] = len(found)
        active = self.tx.among(Kind.LEAD, (lead_id,), ("id",), more=" AND t.semantics = 'P'")
        self.parts["is_active"] = bool(active)

    def _unread(self, lead_id: LeadId) -> None:
        """What is known of a lead without its record: no column of a record is looked at but its version."""
        self._ledger([lead_id])
        code = BINDING_CODES[Kind.LEAD]
        statement = self.tx.dialect.bound("t.activity", joined=False)
        bound = self._bindings(
            [row[0] for row in self.tx.rows(statement, (self.tx.dialect.keys([lead_id]), self.tx.portal, code))]
        )
        bound_to = {(kind, id) for _, kind, id in bound} | {(code, lead_id)}
        deleted: dict[tuple[int, int], bool] = {}
        for each in sorted({each for each, _ in bound_to} & _KINDS.keys()):
            found = self._unread_of(_KINDS[each], [id for other, id in bound_to if other == each])
            deleted.update(((each, id), is_deleted) for id, is_deleted in found.items())
        kept = {id for id, *of in bound if (*of,) != (code, lead_id) and not deleted.get((*of,))}
        alone = {id for id, _, _ in bound} - kept
        gone = self._unread_of(Kind.ACTIVITY, alone)
        self.parts["alone"] = tuple(sorted(id for id in alone if gone.get(id) is False))

    def _unread_of(self, kind: Kind, ids: Iterable[Any]) -> dict[Any, bool]:
        """Whether each of these was deleted; their versions are added to those that were read."""
        ids = sorted(ids)
        rows = self.tx.among(kind, ids, ("id", "version", "deleted_at")) if ids else []
        versions = self.versions.setdefault(kind, {})
        versions.update(dict.fromkeys(ids, 0))
        versions.update((id, version_of(version)) for id, version, _ in rows)
        return {id: deleted_at is not None for id, _, deleted_at in rows}

    def _left(self, query: Query, marked: int) -> int:
        """How many active leads are not set aside.

        Counted along the index of the active leads, but for the progress of a live switch: that is asked for after
        every chunk, so what its outcomes leave over (SWITCH-13) answers as long as it agrees on whether any is left.
        """
        switch = self.parts.get("switch")
        if query.tally is not None and query.tally == self.epoch and switch is not None and switch.ended is None:
            tally = self.parts["tally"]
            added = sum(outcome.added * count for outcome, count in tally.items())
            left: int = switch.at_begin + added - sum(tally.values())
            if left > 0:
                return left
        return active_leads(self.tx) - marked


def active_leads(tx: Transaction) -> int:
    """How many leads are active, set-aside ones included."""
    return _leads(tx, "active", "= 'P'")


def _leads(tx: Transaction, index: str, semantics: str) -> int:
    """How many leads an index of a part of them has."""
    table = f"crm_lead AS t{tx.dialect.by(f'crm_lead_{index}')}"
    rows = tx.rows(f"SELECT count(*) FROM {table} WHERE t.portal = ? AND t.semantics {semantics}", (tx.portal,))
    return int(rows[0][0])

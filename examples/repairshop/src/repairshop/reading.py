"""Answering one question of the rules from the tables, with the revision of everything that was read."""

import sqlite3
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from crmcore import Activity, ActivityId, Kind, Lead, LeadId, LeadOutcome, Ref, Settings
from crmcore.ports import Backlog, MatchKey, NextLeads, Query, ReadSet, Snapshot, match_keys

from repairshop.cards import abouts, deleted_among, epoch_of, from_card, listed, records, revisions, waiting_among

__all__ = ["answer"]

_PARTS = {
    Kind.LEAD: "leads",
    Kind.DEAL: "deals",
    Kind.CONTACT: "contacts",
    Kind.COMPANY: "companies",
    Kind.ACTIVITY: "activities",
}


def answer(sql: sqlite3.Connection, query: Query) -> Snapshot:
    """Everything that was asked for; the caller has opened a transaction."""
    reader = _Reader(sql)
    reader.house_rules(query)
    enquiries = [*query.leads, *reader.next_enquiries(query.next_leads)]
    reader.enquiries(enquiries)
    reader.deleted_clients(query)
    reader.who_has_an_address(query)
    reader.read(Kind.DEAL, query.deals)
    reader.read(Kind.CONTACT, query.contacts)
    reader.read(Kind.COMPANY, query.companies)
    reader.tasks(query)
    reader.changeover(query)
    if query.results:
        reader.results()
    return Snapshot(
        read=ReadSet(epoch=reader.epoch, versions=reader.versions), settings=reader.settings, **reader.parts
    )


class _Reader:
    """Collects the parts of one answer."""

    def __init__(self, sql: sqlite3.Connection) -> None:
        self.sql = sql
        self.epoch = epoch_of(sql)
        self.settings: Settings = records(sql, Kind.SETTINGS, (0,))[0][0]
        self.parts: dict[str, Any] = {}
        self.versions: dict[Kind, dict[Any, int]] = {}

    def expect(self, kind: Kind, refs: Iterable[Any]) -> None:
        """These belong to what the decision has read."""
        self.versions.setdefault(kind, {}).update(revisions(self.sql, kind, refs))

    def read(self, kind: Kind, refs: Iterable[Any]) -> None:
        """Records by ref, those that are missing with revision 0."""
        refs = tuple(refs)
        if refs:
            found = records(self.sql, kind, refs)
            versions = self.versions.setdefault(kind, {})
            versions.update((ref, found[ref][1] if ref in found else 0) for ref in refs)
            self.parts.setdefault(_PARTS[kind], {}).update((ref, record) for ref, (record, _) in found.items())

    def house_rules(self, query: Query) -> None:
        """Settings, stages and workshops."""
        if query.settings:
            self.expect(Kind.SETTINGS, (0,))
        if query.stages:
            self.parts["stages"] = records(self.sql, Kind.STAGES, (0,))[0][0]
            self.expect(Kind.STAGES, (0,))
        if query.stages_in_use:
            used = self.sql.execute("SELECT DISTINCT stage FROM enquiry WHERE stage IS NOT NULL")
            self.parts["stages_in_use"] = frozenset(stage for (stage,) in used)
        if query.pipelines:
            rows = self.sql.execute("SELECT ref, card FROM workshop").fetchall()
            self.parts["pipelines"] = {ref: from_card(Kind.PIPELINE, ref, card) for ref, card in rows}
            self.expect(Kind.PIPELINE, (ref for ref, _ in rows))

    def next_enquiries(self, wanted: NextLeads | None) -> list[LeadId]:
        """The next ones that wait, without those that this changeover has set aside."""
        if wanted is None:
            return []
        part, parts = wanted.shard
        rows = self.sql.execute(
            "SELECT ref FROM enquiry WHERE waiting AND ref > ? AND ref % ? = ?"
            " AND ref NOT IN (SELECT value FROM json_each(?))"
            " AND ref NOT IN (SELECT enquiry FROM fate WHERE epoch = ? AND kind = 'set_aside')"
            " ORDER BY ref LIMIT ?",
            (wanted.after or 0, parts, part, listed(wanted.without), self.epoch, wanted.limit),
        )
        return [ref for (ref,) in rows]

    def enquiries(self, refs: list[LeadId]) -> None:
        """Enquiries with their tasks, the job that each became, and what this changeover recorded of each."""
        if not refs:
            return
        self.read(Kind.LEAD, refs)
        self.parts["ledger"] = {ref: row for ref, (row, _) in records(self.sql, Kind.LEDGER, refs).items()}
        self.parts["marks"] = self.fates(self.parts["leads"])
        tasks: dict[LeadId, list[Activity]] = {}
        rows = self.sql.execute(
            "SELECT about.ref, task.ref, task.card FROM task_about AS about JOIN task ON task.ref = about.task"
            " WHERE about.kind = 'lead' AND about.ref IN (SELECT value FROM json_each(?)) ORDER BY task.ref",
            (listed(self.parts["leads"]),),
        )
        for enquiry, ref, card in rows:
            # A task that cannot be read keeps its enquiry from becoming a job, and no other.
            task = from_card(Kind.ACTIVITY, ref, card, Ref(Kind.LEAD, enquiry))
            tasks.setdefault(enquiry, []).extend([task] if isinstance(task, Activity) else [])
        self.parts["lead_activities"] = {enquiry: tuple(found) for enquiry, found in tasks.items()}
        shared = self.sql.execute(
            "SELECT own.task, coalesce(max(fate.kind = 'converted'), 0) FROM task_about AS own"
            " JOIN task_about AS other ON other.task = own.task AND (other.kind, other.ref) <> (own.kind, own.ref)"
            " LEFT JOIN fate ON other.kind = 'lead' AND fate.enquiry = other.ref AND fate.epoch = ?"
            " WHERE own.kind = 'lead' AND own.ref IN (SELECT value FROM json_each(?)) GROUP BY own.task",
            (self.epoch, listed(self.parts["leads"])),
        )
        self.parts["shared"] = {ActivityId(task): bool(counted) for task, counted in shared}

    def fates(self, refs: Iterable[LeadId]) -> dict[LeadId, LeadOutcome]:
        """What the live changeover has recorded of these enquiries."""
        rows = self.sql.execute(
            "SELECT enquiry, card FROM fate WHERE epoch = ? AND enquiry IN (SELECT value FROM json_each(?))",
            (self.epoch, listed(refs)),
        )
        return {ref: from_card(Kind.OUTCOME, ref, card) for ref, card in rows}

    def deleted_clients(self, query: Query) -> None:
        """The customers and firms of the enquiries read that were deleted: an enquiry of theirs has nobody."""
        if not (query.match or query.next_leads is not None):
            return
        waiting = [each for each in self.parts.get("leads", {}).values() if isinstance(each, Lead) and each.is_active]
        for kind, link in ((Kind.CONTACT, "contact_id"), (Kind.COMPANY, "company_id")):
            linked = {getattr(each, link) for each in waiting} - {None}
            found = records(self.sql, kind, deleted_among(self.sql, kind, linked))
            if found:
                self.parts.setdefault(_PARTS[kind], {}).update((ref, record) for ref, (record, _) in found.items())

    def who_has_an_address(self, query: Query) -> None:
        """Who can be reached under the addresses of the enquiries read, or under those asked for."""
        keys: set[MatchKey] = set(query.match_keys)
        if query.match:
            for enquiry in self.parts.get("leads", {}).values():
                if isinstance(enquiry, Lead):
                    keys |= match_keys(enquiry.contact_points, self.settings.kinds_to_match)
        if not keys:
            return
        self.expect(Kind.MATCH_KEY, keys)
        asked = "SELECT ref FROM address WHERE (kind, point, value) = (?, ?, ?) ORDER BY ref"
        found = {key: tuple(ref for (ref,) in self.sql.execute(asked, key)) for key in keys}
        self.parts["matches"] = {key: refs for key, refs in found.items() if refs}
        whom = {Ref(key.kind, ref) for key, refs in found.items() for ref in refs}
        for ref in sorted(whom):
            self.read(ref.kind, (ref.id,))
        if query.open_deals:
            self.running_jobs(whom)

    def running_jobs(self, whom: set[Ref]) -> None:
        """The firms that these customers work for, and the running jobs of all of them."""
        customers = {ref.id for ref in whom if ref.kind is Kind.CONTACT}
        firms = {self.parts["contacts"][id].company_id for id in customers} - {None}
        self.read(Kind.COMPANY, sorted(firms))  # to see whether they are there still
        firms |= {ref.id for ref in whom if ref.kind is Kind.COMPANY}
        rows = self.sql.execute(
            "SELECT ref, card FROM job WHERE running AND (customer IN (SELECT value FROM json_each(?))"
            " OR firm IN (SELECT value FROM json_each(?))) ORDER BY ref",
            (listed(customers), listed(firms)),
        ).fetchall()
        jobs: dict[Ref, list[Any]] = {}
        for ref, card in rows:
            job = from_card(Kind.DEAL, ref, card)
            for client in (Ref(Kind.CONTACT, job.contact_id), Ref(Kind.COMPANY, job.company_id)):
                if client.id in (customers if client.kind is Kind.CONTACT else firms):
                    jobs.setdefault(client, []).append(job)
            self.expect(Kind.DEAL, (ref,))
        self.parts["client_deals"] = {client: tuple(found) for client, found in jobs.items()}

    def tasks(self, query: Query) -> None:
        """Tasks by ref or by what they are about, and all that they are about."""
        wanted = list(query.activities)
        for ref in query.activities_of:
            rows = self.sql.execute("SELECT task FROM task_about WHERE (kind, ref) = (?, ?)", ref)
            wanted.extend(ActivityId(task) for (task,) in rows)
        self.read(Kind.ACTIVITY, wanted)
        if wanted:
            self.parts["bindings"] = abouts(self.sql, wanted)
            for ref in sorted(frozenset().union(*self.parts["bindings"].values())):
                self.read(ref.kind, (ref.id,))

    def changeover(self, query: Query) -> None:
        """One changeover, one request, and how far the live changeover has come."""
        live = self.settings.switching
        key = live.key if query.live_switch and live is not None else query.switch_key
        for kind, part, ref in ((Kind.SWITCH, "switch", key), (Kind.COMMAND, "command", query.command_key)):
            if ref is not None:
                self.parts[part], _ = records(self.sql, kind, (ref,)).get(ref, (None, 0))
                self.expect(kind, (ref,))
        if query.outcome_of is not None:
            self.parts["marks"] = self.fates((query.outcome_of,))
            self.parts["is_active"] = bool(waiting_among(self.sql, (query.outcome_of,)))
            self.expect(Kind.OUTCOME, (query.outcome_of,))
            if query.unread:
                self.unread(query.outcome_of)
        if query.backlog:
            rows = self.sql.execute(
                "SELECT enquiry FROM fate WHERE epoch = ? AND kind = 'set_aside' ORDER BY enquiry", (self.epoch,)
            )
            aside = tuple(ref for (ref,) in rows)
            (waiting,) = self.sql.execute("SELECT count(*) FROM enquiry WHERE waiting").fetchone()
            self.parts["backlog"] = Backlog(active=waiting - len(aside), set_aside=aside)
        if query.tally is not None:
            rows = self.sql.execute("SELECT card, count(*) FROM fate WHERE epoch = ? GROUP BY card", (query.tally,))
            self.parts["tally"] = {from_card(Kind.OUTCOME, 0, card): count for card, count in rows}

    def unread(self, enquiry: LeadId) -> None:
        """What is known of an enquiry whose card is not read, and the tasks about nothing else that is left."""
        self.parts["ledger"] = {ref: row for ref, (row, _) in records(self.sql, Kind.LEDGER, (enquiry,)).items()}
        rows = self.sql.execute("SELECT task FROM task_about WHERE (kind, ref) = ('lead', ?)", (enquiry,))
        about = abouts(self.sql, [task for (task,) in rows])
        own = Ref(Kind.LEAD, enquiry)
        gone = {own}
        for kind, refs in groupby(sorted(frozenset({own}).union(*about.values())), key=lambda ref: ref.kind):
            ids = [ref.id for ref in refs]
            gone |= {Ref(kind, id) for id in deleted_among(self.sql, kind, ids)}
            self.expect(kind, ids)
        alone = {task for task, refs in about.items() if refs <= gone}
        alone -= deleted_among(self.sql, Kind.ACTIVITY, alone)
        self.parts["alone"] = tuple(sorted(alone))
        self.expect(Kind.ACTIVITY, alone)

    def results(self) -> None:
        """What the enquiries read have become: job, customer, firm and tasks of each."""
        rows = self.parts.get("ledger", {}).values()
        self.read(Kind.DEAL, (row.deal_id for row in rows))
        self.read(Kind.CONTACT, (row.contact_id for row in rows if row.contact_id is not None))
        self.read(Kind.COMPANY, (row.company_id for row in rows if row.company_id is not None))
        tasks = [task for row in rows for task in row.activity_ids]
        self.read(Kind.ACTIVITY, tasks)
        self.parts.setdefault("bindings", {}).update(abouts(self.sql, tasks))

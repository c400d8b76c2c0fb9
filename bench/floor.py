"""The floor: the duties of a switch in memory with bare tuples and dicts, everything inlined, no rules or checks.

One dict per table, one tuple per record, the fields in the order of the `*_FIELDS` below. A test compares the final
state with the library's, record by record.

lines: one function that does everything, since calls are what it is to be free of.
"""

import gc
import unicodedata
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from bench.workload import contact_rows, lead_rows

__all__ = ["build", "switch"]

CARD_FIELDS = ("responsible", "opened", "address", "comments", "origin", "utm", "custom", "created_at")
LEAD_FIELDS = (
    *CARD_FIELDS, "id", "stage", "semantics", "title", "name", "birth_date", "job_title", "company_title",
    "contact_points", "source", "source_description", "stage_description", "amount", "observers", "contact_id",
    "company_id", "deal_id",
)  # fmt: skip
DEAL_FIELDS = (
    *CARD_FIELDS, "id", "pipeline_id", "stage", "semantics", "title", "amount", "source", "source_description",
    "contact_id", "company_id", "lead_id",
)  # fmt: skip
CONTACT_FIELDS = (
    *CARD_FIELDS, "id", "name", "birth_date", "job_title", "contact_points", "source", "source_description",
    "company_id", "lead_id",
)  # fmt: skip
COMPANY_FIELDS = (*CARD_FIELDS, "id", "title", "contact_points", "lead_id")
ACTIVITY_FIELDS = (
    "id", "kind", "subject", "description", "responsible", "deadline", "created_at", "completed", "completed_at",
    "unbound",
)  # fmt: skip
LEDGER_FIELDS = (
    "lead_id", "deal_id", "contact_id", "company_id", "amount", "activity_ids", "not_carried", "converted_at",
)  # fmt: skip
SWITCH_FIELDS = ("key", "epoch", "terms", "at_begin", "began_at", "ended", "ended_at")
SETTINGS_FIELDS = ("mode", "switching", "epoch", "match", "repeat_inquiry", "last_policy")

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLASSIC, SIMPLE = 1, 2
CHUNK = 1000
KEY = "bench"
#: A binding is one number, the id times four and one of these: the collector does not visit numbers.
LEAD, DEAL, CONTACT, COMPANY = range(4)
_COMPLETED = ACTIVITY_FIELDS.index("completed")

Crm = dict[str, Any]


def build(leads: int, *, matching: bool = False) -> Crm:
    """The workload as dicts of tuples."""
    crm: Crm = {
        "settings": (CLASSIC, None, 1, "email" if matching else "none", "new_deal", None),
        "settings_version": 2 if matching else 1,
        "leads": {}, "deals": {}, "contacts": {}, "companies": {}, "activities": {}, "ledger": {}, "switches": {},
        "versions": {}, "switch_versions": {}, "active": {},
        "bindings": {}, "bound_lead": {}, "bound_deal": {}, "bound_contact": {}, "bound_company": {},
        "outcomes": {}, "tallies": {},
        "unindexed_leads": [], "unindexed_contacts": [], "unindexed_companies": [],
        "keys": {}, "key_versions": {}, "keys_of": {},
        "next_deal": 1, "next_contact": 1, "next_company": 1,
    }  # fmt: skip
    for contact in contact_rows(leads):
        crm["contacts"][contact.id] = (
            contact.responsible, False, None, None, None, None, (), NOW, contact.id,
            (None, contact.first, None, contact.last), None, None, (("email", "WORK", contact.email),),
            None, None, None, None,
        )  # fmt: skip
        crm["unindexed_contacts"].append(contact.id)
        crm["next_contact"] = contact.id + 1
    for row in lead_rows(leads):
        crm["leads"][row.id] = (
            row.responsible, False, None, None, None, None, (), None, row.id, "NEW", "P", None,
            (None, row.first, None, row.last), None, None, row.company_title,
            (("email", "WORK", row.email), ("phone", "WORK", row.phone)), row.source, None, None,
            (row.amount, row.currency), (), None, None, None,
        )  # fmt: skip
        crm["active"][row.id] = None
        crm["unindexed_leads"].append(row.id)
        ids = (2 * row.id - 1, 2 * row.id)
        for id, subject in zip(ids, row.subjects, strict=True):
            crm["activities"][id] = (id, "call", subject, None, row.responsible, None, None, False, None, ())
            crm["bindings"][id] = (row.id * 4 + LEAD,)
        crm["bound_lead"][row.id] = ids
    gc.collect()
    return crm


def switch(crm: Crm, now: datetime = NOW, chunk: int = CHUNK) -> tuple[Any, ...]:
    """Convert every active lead with client *both*, activities kept open; answer the numbers of the switch."""
    leads, active, versions = crm["leads"], crm["active"], crm["versions"]
    activities, bindings = crm["activities"], crm["bindings"]
    bound_lead, ledger = crm["bound_lead"], crm["ledger"]
    mode, _, epoch, match, repeat, last_policy = crm["settings"]
    matching = match == "email"

    # Duty: begin. The terms are frozen, a new epoch opens, the switch is recorded with its count of active leads.
    epoch += 1
    terms = ("both", 0, "NEW", "CONVERTED", True, match)
    crm["switches"][KEY] = (KEY, epoch, terms, len(active), now, None, None)
    crm["switch_versions"][KEY] = 1
    crm["settings"] = (mode, (epoch, KEY, terms), epoch, match, repeat, last_policy)
    crm["settings_version"] += 1
    outcomes = crm["outcomes"][epoch] = {}

    while True:
        # Duty: read the next chunk of active leads, with the version of each.
        ids = list(islice(active, chunk))
        if not ids:
            break
        version_of = versions.get
        read = {id: version_of(id, 1) for id in ids}
        found, read_keys, known_keys = _look_up(crm, ids) if matching else ({}, {}, set())

        # Duty: reserve new ids, never handed out again.
        deal_id, contact_id, company_id = crm["next_deal"], crm["next_contact"], crm["next_company"]
        crm["next_deal"] += len(ids)
        crm["next_contact"] += len(ids)
        crm["next_company"] += len(ids)

        # Duty: one atomic step per chunk. Everything is prepared aside, then brought in.
        new_leads, new_deals, new_contacts, new_companies, new_ledger = {}, {}, {}, {}, {}
        new_outcomes, new_versions, new_bindings = {}, {}, {}
        new_bound_deal, new_bound_contact, new_bound_company = {}, {}, {}
        tally = dict(crm["tallies"].get(epoch, ()))
        shared_outcomes: dict[Any, Any] = {}
        made: dict[Any, int] = {}
        for id in ids:
            # Duty: read the lead, and its activities for their count.
            (
                responsible, opened, address, comments, origin, utm, custom, created_at, _, _, _, lead_title, name,
                birth_date, job_title, company_title, points, source, source_description, stage_description, amount,
                observers, _, _, _,
            ) = leads[id]  # fmt: skip
            activity_ids = bound_lead[id]
            still_open = 0
            for activity_id in activity_ids:
                if not activities[activity_id][_COMPLETED]:
                    still_open += 1
            title = lead_title or f"Lead #{id}"
            makes_contact = True
            this_contact = contact_id
            if matching:
                # Duty (matching): the client with the lead's e-mail, of those read and those made in this chunk.
                key = found[id]
                matches = crm["keys"].get(("contact", *key)) or ()
                known = min(matches, default=None) if key in known_keys else made.get(key)
                if known is not None:
                    makes_contact, this_contact = False, known
                else:
                    made[key] = contact_id

            # Duty: the company, the contact and the deal, with every field that they take over.
            new_companies[company_id] = (
                responsible, opened, address, comments, origin, utm, custom, now, company_id, company_title or title,
                points, id,
            )  # fmt: skip
            if makes_contact:
                new_contacts[contact_id] = (
                    responsible, opened, address, comments, origin, utm, custom, now, contact_id, name, birth_date,
                    job_title, points, source, source_description, company_id, id,
                )  # fmt: skip
            new_deals[deal_id] = (
                responsible, opened, address, comments, origin, utm, custom, now, deal_id, 0, "NEW", "P", title,
                amount, source, source_description, this_contact, company_id, id,
            )  # fmt: skip

            # Duty: the lead is kept, in the success stage, with links to what was made; its version moves on.
            new_leads[id] = (
                responsible, opened, address, comments, origin, utm, custom, created_at, id, "CONVERTED", "S",
                lead_title, name, birth_date, job_title, company_title, points, source, source_description,
                stage_description, amount, observers, this_contact, company_id, deal_id,
            )  # fmt: skip
            new_versions[id] = read[id] + 1

            # Duty: the ledger row, with what was not carried: the name, where the contact was there before.
            lost = () if makes_contact else ("name",)
            new_ledger[id] = (id, deal_id, this_contact, company_id, amount, activity_ids, lost, now)

            # Duty: each activity is bound to deal and clients, and found from each of them.
            before = after = None
            for activity_id in activity_ids:
                bound = bindings[activity_id]
                if bound != before:
                    before = bound
                    after = (*bound, deal_id * 4 + DEAL, this_contact * 4 + CONTACT, company_id * 4 + COMPANY)
                new_bindings[activity_id] = after
            new_bound_deal[deal_id] = activity_ids
            new_bound_company[company_id] = activity_ids
            if makes_contact:
                new_bound_contact[this_contact] = activity_ids
            else:
                earlier = new_bound_contact.get(this_contact) or crm["bound_contact"].get(this_contact, ())
                new_bound_contact[this_contact] = earlier + activity_ids

            # Duty: the outcome of the lead, counted; equal ones are one object.
            outcome = shared_outcomes.get((makes_contact, len(activity_ids), still_open))
            if outcome is None:
                outcome = ("converted", None, False, int(makes_contact), 1, len(activity_ids), 0, still_open)
                shared_outcomes[makes_contact, len(activity_ids), still_open] = outcome
            new_outcomes[id] = outcome
            tally[outcome] = tally.get(outcome, 0) + 1

            deal_id += 1
            company_id += 1
            if makes_contact:
                contact_id += 1

        # Duty: the epoch and the version of every record that was read are checked again, and the ledger is unique.
        assert crm["settings"][2] == epoch
        for id, version in read.items():
            if version_of(id, 1) != version:
                raise RuntimeError("stale")
        if not ledger.keys().isdisjoint(new_ledger):
            raise RuntimeError("converted twice")
        if matching:
            key_version = crm["key_versions"].get
            for key, version in read_keys.items():
                if key_version(key, 0) != version:
                    raise RuntimeError("stale key")

        # Duty: the tables, the versions, both directions of the bindings, outcomes and numbers are brought in.
        leads.update(new_leads)
        versions.update(new_versions)
        crm["deals"].update(new_deals)
        crm["contacts"].update(new_contacts)
        crm["companies"].update(new_companies)
        ledger.update(new_ledger)
        bindings.update(new_bindings)
        crm["bound_deal"].update(new_bound_deal)
        crm["bound_contact"].update(new_bound_contact)
        crm["bound_company"].update(new_bound_company)
        outcomes.update(new_outcomes)
        crm["tallies"][epoch] = tally
        # Duty: new clients wait for the match index, and converted leads leave the active ones.
        crm["unindexed_contacts"].extend(new_contacts)
        crm["unindexed_companies"].extend(new_companies)
        for id in ids:
            del active[id]

    # Duty: finish. No active lead is left, the mode is Simple under a new epoch, the switch has ended.
    assert not active
    _, _, _, at_begin, began_at, _, _ = crm["switches"][KEY]
    crm["switches"][KEY] = (KEY, epoch, terms, at_begin, began_at, "finished", now)
    crm["switch_versions"][KEY] += 1
    crm["settings"] = (SIMPLE, None, epoch + 1, match, repeat, ("both", 0, True))
    crm["settings_version"] += 1
    return at_begin, sum(crm["tallies"].get(epoch, {}).values())


def _look_up(crm: Crm, ids: list[int]) -> tuple[dict[int, Any], dict[Any, int], set[Any]]:
    """Duty (matching): bring the index up to date; the key of each lead, the versions, the keys that have a contact."""
    for kind, table, column in (
        ("lead", "leads", LEAD_FIELDS.index("contact_points")),
        ("contact", "contacts", CONTACT_FIELDS.index("contact_points")),
        ("company", "companies", COMPANY_FIELDS.index("contact_points")),
    ):
        records, waiting, index = crm[table], crm[f"unindexed_{table}"], crm["keys"]
        versions, keys_of = crm["key_versions"], crm["keys_of"]
        for id in waiting:
            keys: list[Any] = []
            for point, _, text in records[id][column]:
                entry = (kind, point, _normal_email(text) if point == "email" else _normal_phone(text))
                index.setdefault(entry, set()).add(id)
                versions[entry] = versions.get(entry, 0) + 1
                keys.append(entry)
            keys_of[kind, id] = tuple(keys)
        crm[f"unindexed_{table}"] = []
    column = LEAD_FIELDS.index("contact_points")
    leads, version = crm["leads"], crm["key_versions"].get
    found: dict[int, Any] = {}
    read: dict[Any, int] = {}
    known: set[Any] = set()
    for id in ids:
        key = found[id] = ("email", _normal_email(leads[id][column][0][2]))
        for kind in ("contact", "company"):
            full = (kind, *key)
            read[full] = version(full, 0)
        if crm["keys"].get(("contact", *key)):
            known.add(key)
    return found, read, known


def _normal_email(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip()).casefold()


def _normal_phone(text: str) -> str:
    digits = "".join(filter(str.isdecimal, text))
    return "+" + digits if text.lstrip().startswith("+") else digits

"""The oracle: whether a history is one that the rules allow.

First the things that must never be, each by its name, read straight from what was answered and what is stored; then
the whole of it: there must be one order of all operations, in agreement with the clock, in which every single answer
and everything stored in the end is what the rules say (`search`, `model`). Nothing of the library takes part.

lines: one short check for each named anomaly.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from tests.survival.races.history import History, Operation
from tests.survival.races.search import find_order

__all__ = ["ANOMALIES", "Anomaly", "examine"]


class Anomaly(NamedTuple):
    """What must not be: its name, the rule it breaks, and what was seen."""

    name: str
    rule: str
    seen: str

    def __str__(self) -> str:
        return f"{self.name} ({self.rule}): {self.seen}"


Seen = Iterator[str]


def examine(history: History, *, limit: int = 30_000) -> list[Anomaly]:
    """Every named anomaly of a history; without one, the search for an order has the last word."""
    found = [Anomaly(check.__name__, rule, seen) for check, rule in ANOMALIES.items() for seen in check(history)]
    if found:
        return found
    order = find_order(history, limit=limit)
    if order.order is not None:
        return []
    name = "undecided" if order.gave_up else "no_order_explains_it"
    return [Anomaly(name, "SWITCH-1 to EDIT-1", "; ".join(order.stuck)[:2000])]


def _accepted(history: History, *names: str) -> Iterator[Operation]:
    return (each for each in history.operations if each.name in names and each.answer[0] == "ok")


def _added(history: History) -> Iterator[tuple[int, Operation]]:
    """Every lead that somebody was told was stored."""
    for operation in _accepted(history, "add", "copy"):
        yield operation.answer[1], operation
    for operation in _accepted(history, "inquire"):
        if operation.answer[1][0] == "lead":
            yield operation.answer[1][1], operation


def _conversions(history: History) -> Iterator[tuple[int, int, Operation]]:
    """Lead and deal of every conversion that somebody was told of, and by which operation."""
    for operation in _accepted(history, "chunk"):
        for row in operation.answer[1]:
            yield row[0], row[1], operation
    for operation in _accepted(history, "convert"):
        _, row = operation.answer[1]
        yield row[0], row[1], operation


def lost_lead(history: History) -> Seen:
    """A lead that was there, or that somebody was told was stored, is not there."""
    for id in history.before.leads.keys() - history.after.leads.keys():
        yield f"lead {id} of the beginning is gone"
    for id, operation in _added(history):
        if id not in history.after.leads:
            yield f"lead {id} is gone: {operation}"


def lead_of_nobody(history: History) -> Seen:
    """A lead is there that nobody has added."""
    known = history.before.leads.keys() | {id for id, _ in _added(history)}
    for id in history.after.leads.keys() - known:
        yield f"nobody added lead {id}"


def double_deal(history: History) -> Seen:
    """A lead has two deals, stored or told."""
    deals = Counter(row["lead"] for row in history.after.deals.values() if row["lead"] is not None)
    for lead, number in deals.items():
        if number > 1:
            yield f"lead {lead} has {number} deals"
    told: dict[int, int] = {}
    for lead, deal, operation in _conversions(history):
        if told.setdefault(lead, deal) != deal:
            yield f"lead {lead} was said to be deal {told[lead]}: {operation}"
    fresh = Counter(
        row[0]
        for operation in _accepted(history, "chunk", "convert")
        for row in (operation.answer[1] if operation.name == "chunk" else _fresh(operation))
    )
    for lead, number in fresh.items():
        if number > 1:
            yield f"lead {lead} was converted {number} times"


def _fresh(operation: Operation) -> tuple[Any, ...]:
    already, row = operation.answer[1]
    return () if already else (row,)


def lost_deal(history: History) -> Seen:
    """A conversion that somebody was told of, or the ledger tells of, has no deal that knows its lead."""
    for lead, deal, operation in _conversions(history):
        row = history.after.ledger.get(lead)
        if row is None or row["deal"] != deal:
            yield f"the ledger does not know deal {deal} of lead {lead}: {operation}"
    for lead, row in history.after.ledger.items():
        stored = history.after.deals.get(row["deal"])
        if stored is None or stored["lead"] != lead or history.after.leads.get(lead, {}).get("deal") != row["deal"]:
            yield f"lead {lead}, its ledger row and its deal {row['deal']} do not know each other"
    for id, stored in history.after.deals.items():
        if stored["lead"] is not None and history.after.ledger.get(stored["lead"], {}).get("deal") != id:
            yield f"deal {id} of lead {stored['lead']} is not in the ledger"


def active_lead_in_simple(history: History) -> Seen:
    """The CRM says that it is Simple, and a lead is active."""
    if history.after.mode == "simple" and history.after.live is None:
        for id, lead in history.after.leads.items():
            if lead["semantics"] == "P":
                yield f"lead {id} is active in Simple"


def stale_right(history: History) -> Seen:
    """Somebody's command was accepted although the right had been taken away before it was asked."""
    for revoked in _accepted(history, "revoke"):
        for operation in history.operations:
            late = operation.invoked > revoked.responded and operation.actor == revoked.given["of"]
            if late and operation.answer[0] == "ok":
                yield f"without a right: {operation}"


def lost_edit(history: History) -> Seen:
    """An accepted edit left no trace: two edits made the same version, or the last one is not what is stored."""
    edits: dict[int, dict[int, Operation]] = {}
    for operation in _accepted(history, "edit"):
        lead, version = operation.given["lead"], operation.answer[1]
        if version == operation.given["version"]:
            continue  # it changed nothing
        other = edits.setdefault(lead, {}).setdefault(version, operation)
        if other is not operation:
            yield f"lead {lead} has version {version} twice: {other}; {operation}"
    for lead, by_version in edits.items():
        stored = history.after.leads.get(lead)
        if stored is None or stored["deleted"]:
            continue
        for field in ("title", "comments", "amount"):
            written = [version for version in sorted(by_version) if field in by_version[version].given["fields"]]
            if written and stored[field] != by_version[written[-1]].given["fields"][field]:
                yield f"{field} of lead {lead} is not that of its last edit: {by_version[written[-1]]}"
        if stored["version"] < max(by_version):
            yield f"lead {lead} has version {stored['version']}, and {max(by_version)} was answered"


def deal_of_an_older_lead(history: History) -> Seen:
    """A deal does not have the title and the amount of its lead, though neither can be edited after the conversion."""
    for lead, row in history.after.ledger.items():
        stored, deal = history.after.leads.get(lead), history.after.deals.get(row["deal"])
        if stored is None or deal is None or stored["deleted"] or deal["deleted"]:
            continue
        told = (stored["title"], stored["amount"], stored["amount"])
        if told != (deal["title"], deal["amount"], row["amount"]):
            yield f"lead {lead} says {told[:2]}, its deal {deal['title'], deal['amount']}, the ledger {row['amount']}"


def closed_lead_converted(history: History) -> Seen:
    """A lead was closed or deleted, nobody reopened it, and then it was converted."""
    for closing in _accepted(history, "close", "delete"):
        lead = closing.given["lead"]
        # Anybody who may have reopened it, or found it closed already, makes the order open.
        if any(each.given["lead"] == lead for each in _accepted(history, "reopen")):
            continue
        for converted, _, operation in _conversions(history):
            again = operation.name == "convert" and operation.answer[1][0]
            if converted == lead and operation.invoked > closing.responded and not again:
                yield f"{closing}, and then {operation}"


def unbound_activity(history: History) -> Seen:
    """An activity of a converted lead is not bound to its deal and client, or one came after the conversion."""
    for lead, row in history.after.ledger.items():
        of_lead = {id for id, each in history.after.activities.items() if ("lead", lead) in each["bound"]}
        targets = {(kind, row[kind]) for kind in ("deal", "contact", "company") if row[kind] is not None}
        for id in of_lead:
            activity = history.after.activities[id]
            if not activity["deleted"] and (id not in row["activities"] or not targets <= activity["bound"]):
                yield f"activity {id} of lead {lead} is not bound to {sorted(targets)}"


def lost_activity(history: History) -> Seen:
    """An activity that somebody was told was stored is not there, or not bound to what it was stored for."""
    for operation in _accepted(history, "add_activity", "inquire"):
        if operation.name == "inquire":
            kind, record, id = operation.answer[1]
            refs = {(kind, record)}
        else:
            id = operation.answer[1]
            refs = {("lead", lead) for lead in operation.given["leads"]}
        stored = history.after.activities.get(id)
        if stored is None or not refs <= stored["bound"]:
            yield f"activity {id} is lost: {operation}"
    reopened = {operation.given["activity"] for operation in _accepted(history, "reopen_activity")}
    for operation in _accepted(history, "complete"):
        if operation.given["activity"] in reopened:
            continue  # somebody may have opened it again
        stored = history.after.activities.get(operation.given["activity"])
        if stored is None or not (stored["completed"] or stored["deleted"]):
            yield f"it is open: {operation}"


def deleted_is_back(history: History) -> Seen:
    """Somebody was told that a record is deleted, and it is stored as if it was not, or nothing is left of it."""
    after = history.after
    tables = {"lead": after.leads, "deal": after.deals, "contact": after.contacts, "company": after.companies}
    for operation in _accepted(history, "delete", "delete_card", "delete_activity"):
        given = operation.given
        if operation.name == "delete_activity":
            stored = after.activities.get(given["activity"])
        else:
            kind, id = ("lead", given["lead"]) if operation.name == "delete" else (given["kind"], given["id"])
            stored = tables[kind].get(id)
        if stored is None or not stored["deleted"]:
            yield f"it is {'gone' if stored is None else 'there'}: {operation}"


def activity_left_behind(history: History) -> Seen:
    """An activity is there, and everything that it is bound to was deleted."""
    after = history.after
    tables = {"lead": after.leads, "deal": after.deals, "contact": after.contacts, "company": after.companies}
    for id, activity in after.activities.items():
        bound = [tables[kind].get(of) for kind, of in activity["bound"]]
        if not activity["deleted"] and all(record is None or record["deleted"] for record in bound):
            yield f"activity {id} is bound to {sorted(activity['bound'])}"


def two_live_switches(history: History) -> Seen:
    """Two switches of one epoch, or two without an end."""
    epochs = Counter(row["epoch"] for row in history.after.switches.values())
    for epoch, number in epochs.items():
        if number > 1:
            yield f"{number} switches have the epoch {epoch}"
    live = sorted(key for key, row in history.after.switches.items() if row["ended"] is None)
    if live != ([] if history.after.live is None else [history.after.live]):
        yield f"without an end are {live}, live is {history.after.live}"
    told: dict[int, str] = {}
    for operation in _accepted(history, "begin", "resume"):
        if (
            operation.answer[1][0] == "token"
            and told.setdefault(operation.answer[1][2], operation.answer[1][1]) != (operation.answer[1][1])
        ):
            yield f"epoch {operation.answer[1][2]} is that of {told[operation.answer[1][2]]} too: {operation}"


def numbers_do_not_add_up(history: History) -> Seen:
    """The outcomes of a switch do not add up, in what is stored or in what somebody was told."""
    after = history.after
    counted: Counter[tuple[int, str]] = Counter((epoch, row["kind"]) for (epoch, _), row in after.outcomes.items())
    if dict(counted) != after.tally:
        yield f"recorded {dict(counted)}, counted {after.tally}"
    for key, switch in after.switches.items():
        rows = [row for (epoch, _), row in after.outcomes.items() if epoch == switch["epoch"]]
        left = switch["at_begin"] + sum(row["added"] for row in rows) - len(rows)
        active = sum(lead["semantics"] == "P" for lead in after.leads.values())
        expected = {"finished": 0, None: active}.get(switch["ended"], left)
        if left != expected or left < 0:
            yield f"{left} leads of {key} have no outcome, {expected} should"
    for operation in _accepted(history, "status"):
        at_begin, added, *kinds, remaining = operation.answer[1][2]
        if at_begin + added != sum(kinds) + remaining or remaining < 0:
            yield f"it does not add up: {operation}"


def unjustified_refusal(history: History) -> Seen:
    """A refusal for which there cannot have been a reason at any moment of the call."""
    began = {
        operation.answer[1][1]: min(
            each.invoked for each in _accepted(history, "begin") if each.answer[1][:2] == operation.answer[1][:2]
        )
        for operation in _accepted(history, "begin")
        if operation.answer[1][0] == "token"
    }
    changed = [each.invoked for each in history.operations if each.name == "revoke"]
    for operation in history.operations:
        if operation.answer[0] != "no":
            continue
        reason, subject = operation.answer[1:]
        if reason == "switch_in_progress" and not any(at < operation.responded for at in began.values()):
            yield f"no switch had begun: {operation}"
        if reason == "not_permitted" and operation.actor in history.rights:
            revoked = any(at < operation.responded for at in changed)
            steering = operation.name in ("begin", "cancel", "resume", "to_classic", "status")
            if not revoked and not (steering and history.rights[operation.actor] != "administrator"):
                yield f"nobody had taken the right away: {operation}"
        if reason == "already_converted" and (subject is None or subject[1] not in history.after.deals):
            yield f"there is no such deal: {operation}"


def unexpected_error(history: History) -> Seen:
    """A call failed with anything but "busy, try again"."""
    for operation in history.operations:
        if operation.answer[0] == "error" and operation.answer[1] != "StoreBusy":
            yield str(operation)


#: Each named anomaly with the rule that it breaks.
ANOMALIES: dict[Callable[[History], Seen], str] = {
    lost_lead: "SWITCH-1",
    lead_of_nobody: "SWITCH-1",
    double_deal: "SWITCH-1",
    lost_deal: "SWITCH-1",
    active_lead_in_simple: "SWITCH-3",
    stale_right: "PERM-2",
    lost_edit: "EDIT-1",
    deal_of_an_older_lead: "SWITCH-7",
    closed_lead_converted: "SWITCH-2",
    unbound_activity: "CONV-6",
    lost_activity: "CONV-6",
    deleted_is_back: "DATA-3",
    activity_left_behind: "DATA-3",
    two_live_switches: "SWITCH-10",
    numbers_do_not_add_up: "SWITCH-13",
    unjustified_refusal: "PERM-7",
    unexpected_error: "EDIT-1",
}

"""Inquiries: a lead in Classic, a deal and a client otherwise, or a touch of what is there (INTAKE-1 to INTAKE-7)."""

from typing import NamedTuple

from tests.oracle.commands.keyed import first_result, keep
from tests.oracle.commands.leads import first_stage
from tests.oracle.conversion import CARRIED, Client, lost, make_client, make_deal, words
from tests.oracle.matching import emails_of, forms_of, phones_of, with_form
from tests.oracle.modes import kinds_of, last_policy, state_of, terms_now
from tests.oracle.refusals import No, Row
from tests.oracle.rights import asks_adding, level, may
from tests.oracle.values import settle
from tests.oracle.world import World, filled

__all__ = ["take_inquiry"]

_LIMIT = 65_535


class Sender(NamedTuple):
    """A known client: a contact and the company that it is linked to count as one (D-4)."""

    contact: int | None
    company: int | None


def take_inquiry(world: World, actor: int, command: Row) -> Row:
    """Take an inquiry from any channel."""
    asked = settle({**command["fields"], "subject": command["subject"]})
    subject = asked.pop("subject")
    inquiry = {"opened": False, **asked, "responsible": asked.get("responsible") or actor}
    inquiry["title"] = asked.get("title") or subject or f"Inquiry by {command['channel']}"
    touch = {"kind": command["channel"], "subject": subject, "responsible": inquiry["responsible"]}
    take = _as_lead if state_of(world) == "classic" else _as_deal
    if command.get("key") is not None and world.get("command", command["key"]) is not None:
        return _again(world, actor, command)
    return take(world, actor, command, asked, inquiry, touch)


def _again(world: World, actor: int, command: Row) -> Row:
    """The first answer to the key, to whoever may add what was made with it then (D-51)."""
    key = world.tables["commands"][command["key"]]
    ref, activity = key["made"][0], key["made"][-1]
    if ref[0] != "lead":
        policy = last_policy(world)
        asks_adding(world, actor, kinds_of(policy), policy["pipeline_id"] or 0)
    elif not level(world, actor, "add", "lead"):
        raise No("not_permitted")
    first_result(world, command)
    return {"answer": "inquiry_held", "ref": ref, "activity_id": activity[1], "not_carried": key["not_carried"]}


def _held(
    world: World, command: Row, ref: list[object], touch: Row, bound: list[list[object]], named: list[str]
) -> Row:
    comments = touch.pop("comments", None)
    line = f"Not carried: {', '.join(named)}" if named else None
    text = "\n\n".join(filter(None, (comments, line)))
    touch["description"] = (text if len(text) <= _LIMIT else comments) or None
    id = world.add("activity", {**touch, "completed": False, "created_at": world.clock, "bindings": sorted(bound)})
    world.touch(bound)
    for kind, of in bound:
        if kind != "lead":
            world.move(str(kind), of)  # so that no deletion misses it (D-7)
    keep(world, command, [ref, ["activity", id]], named)
    return {"answer": "inquiry_held", "ref": ref, "activity_id": id, "not_carried": named}


def _attached(world: World, actor: int, command: Row, asked: Row, touch: Row, ref: list[object], sender: Sender) -> Row:
    """The touch keeps comments, subject, responsible and the title that it can; all other fields are named."""
    kept = {"comments", "responsible"}
    if touch["subject"] in (None, asked.get("title")):
        kept.add("title")
        touch["subject"] = asked.get("title") or touch["subject"]
    named = [word for name in CARRIED if name not in kept and filled(asked.get(name)) for word in words(asked, name)]
    found = _rows(world, sender) if ref[0] == "deal" else [world.tables["leads"][ref[1]]]
    named = _without_known(named, asked, found)
    touch["comments"] = asked.get("comments")
    row = world.get(str(ref[0]), ref[1])
    assert row is not None  # it has just been found
    shown = ref if may(world, actor, "read", str(ref[0]), row) else [ref[0], 0]
    bound = [ref, *_refs(sender)] if ref[0] == "deal" else [ref]
    return _held(world, command, shown, touch, bound, named)


def _without_known(named: list[str], asked: Row, found_under: list[Row]) -> list[str]:
    """E-mails and phones are named only where one of them is new to whom the inquiry went to (INTAKE-6)."""
    return [name for name in named if name not in ("emails", "phones") or _is_new(name[:-1], asked, found_under)]


def _is_new(kind: str, asked: Row, found_under: list[Row]) -> bool:
    known = {form for row in found_under for form in forms_of(row, kind)}
    points = [each for each in asked["contact_points"] if each["kind"] == kind]
    return any(not (forms := forms_of({"contact_points": [each]}, kind)) or not forms <= known for each in points)


def _as_lead(world: World, actor: int, command: Row, asked: Row, inquiry: Row, touch: Row) -> Row:
    if not level(world, actor, "add", "lead"):
        raise No("not_permitted")
    first_result(world, command)
    lead_id = _active_lead(world, inquiry)
    if lead_id is not None:
        return _attached(world, actor, command, asked, touch, ["lead", lead_id], Sender(None, None))
    sender = _known_client(world, inquiry) or Sender(None, None)
    stage = first_stage(world, "P")
    row = {**inquiry, "stage": stage["code"], "semantics": "P", "created_at": world.clock}
    id = world.add("lead", {**row, "contact_id": sender.contact, "company_id": sender.company})
    touch["comments"] = asked.get("comments")
    return _held(world, command, ["lead", id], touch, [["lead", id]], [])


def _active_lead(world: World, inquiry: Row) -> int | None:
    """The sender's active lead: by e-mail the lowest id, else by a phone that exactly one has (INTAKE-7)."""
    active = set(world.active())
    by_email = [id for id in with_form(world, "lead", "email", emails_of(inquiry)) if id in active]
    if by_email:
        return by_email[0]
    by_phone = [id for id in with_form(world, "lead", "phone", phones_of(inquiry)) if id in active]
    return by_phone[0] if len(by_phone) == 1 else None


def _as_deal(world: World, actor: int, command: Row, asked: Row, inquiry: Row, touch: Row) -> Row:
    policy = last_policy(world)
    asks_adding(world, actor, kinds_of(policy), policy["pipeline_id"] or 0)
    first_result(world, command)
    sender = _known_client(world, inquiry)
    if sender is not None and world.settings["repeat_inquiry"] == "attach":
        deal_id = _open_deal(world, sender)
        if deal_id is not None:
            return _attached(world, actor, command, asked, touch, ["deal", deal_id], sender)
    client = Client(None, None, kinds_of(policy)) if sender is None else Client(sender.contact, sender.company)
    terms = terms_now(world)
    named = lost(inquiry, client)
    if sender is not None:
        named = _without_known(named, asked, _rows(world, sender))
    make_client(world, inquiry, client, None)
    id = make_deal(world, inquiry, client, terms, None)
    touch["comments"] = asked.get("comments")
    bound = [["deal", id], *_refs(Sender(client.contact, client.company))]
    return _held(world, command, ["deal", id], touch, bound, named)


def _refs(sender: Sender) -> list[list[object]]:
    named = (("contact", sender.contact), ("company", sender.company))
    return [[kind, id] for kind, id in named if id is not None]


def _rows(world: World, sender: Sender) -> list[Row]:
    named = (("contact", sender.contact), ("company", sender.company))
    return [row for kind, id in named if id is not None and (row := world.get(kind, id)) is not None]


def _known_client(world: World, inquiry: Row) -> Sender | None:
    """The client with the e-mail, else the one client that has the phone (INTAKE-3)."""
    by_email = _senders(world, "email", emails_of(inquiry))
    with_deal = [(age, each) for each in by_email if (age := _newest(world, each)) is not None]
    if with_deal:
        return max(with_deal, key=lambda pair: pair[0])[1]
    if by_email:
        return by_email[0]
    by_phone = _senders(world, "phone", phones_of(inquiry))
    return by_phone[0] if len(by_phone) == 1 else None


def _senders(world: World, point: str, forms: set[str]) -> list[Sender]:
    contacts = [
        Sender(id, company if world.get("company", company) else None)
        for id in with_form(world, "contact", point, forms)
        for company in [world.tables["contacts"][id].get("company_id")]
    ]
    linked = {sender.company for sender in contacts}
    companies = [Sender(None, id) for id in with_form(world, "company", point, forms) if id not in linked]
    return [*contacts, *companies]


def _newest(world: World, sender: Sender) -> tuple[str, int] | None:
    """How new the newest open deal of a client is."""
    ages = [
        (deal.get("created_at") or "", id)
        for id, deal in world.every("deal")
        if deal["semantics"] == "P"
        and (
            (sender.contact is not None and deal.get("contact_id") == sender.contact)
            or (sender.company is not None and deal.get("company_id") == sender.company)
        )
    ]
    return max(ages, default=None)


def _open_deal(world: World, sender: Sender) -> int | None:
    newest = _newest(world, sender)
    return None if newest is None else newest[1]

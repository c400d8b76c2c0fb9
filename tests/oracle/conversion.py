"""What becomes of one lead: client, deal, fields, activities, ledger and outcome (CONV-1 to CONV-9)."""

from collections.abc import Iterable

from tests.oracle.matching import emails_of, with_form
from tests.oracle.modes import kinds_of
from tests.oracle.refusals import Row
from tests.oracle.world import World, filled

__all__ = [
    "CARRIED",
    "Client",
    "client_for",
    "convert",
    "linked_to",
    "lost",
    "make_client",
    "make_deal",
    "record",
    "title_of",
    "words",
]

_CARD = ("responsible", "opened", "address", "comments", "origin", "utm", "custom")
#: The field map: which records take a field of the lead over.
CARRIED = {
    "title": ("deal", "company"),
    "company_title": ("company",),
    "name": ("contact",),
    "birth_date": ("contact",),
    "job_title": ("contact",),
    "contact_points": ("contact", "company"),
    "address": ("contact", "company", "deal"),
    "comments": ("contact", "company", "deal"),
    "opened": ("contact", "company", "deal"),
    "responsible": ("contact", "company", "deal"),
    "origin": ("contact", "company", "deal"),
    "utm": ("contact", "company", "deal"),
    "source": ("contact", "deal"),
    "source_description": ("contact", "deal"),
    "amount": ("deal",),
    "custom": ("contact", "company", "deal"),
    "stage_description": (),
    "observers": (),
}
_PLACEHOLDER = {"first": "Unnamed contact"}


class Client:
    """The client of a deal: the ids that are there, and the kinds that have to be made."""

    def __init__(self, contact: int | None, company: int | None, makes: Iterable[str] = ()) -> None:
        self.contact, self.company, self.makes = contact, company, tuple(makes)


def linked_to(world: World, lead: Row) -> Client:
    """The client that a lead is linked to; one that was deleted is nobody (D-280)."""
    contact, company = lead.get("contact_id"), lead.get("company_id")
    return Client(
        contact if world.get("contact", contact) else None, company if world.get("company", company) else None
    )


def client_for(world: World, lead: Row, terms: Row) -> Client:
    """Whom a conversion gives the deal to: who the lead is linked to, who matches, or who is made (CONV-2, CONV-7)."""
    linked = linked_to(world, lead)
    if linked.contact is not None or linked.company is not None:
        return linked
    wanted = kinds_of(terms)
    found = dict.fromkeys(("contact", "company")) | {
        kind: next(iter(with_form(world, kind, "email", emails_of(lead))), None)
        for kind in wanted
        if terms["match"] == "email"
    }
    return Client(found["contact"], found["company"], [kind for kind in wanted if found[kind] is None])


def title_of(lead: Row) -> str:
    """What a lead is called (CONV-4)."""
    return lead["title"] if filled(lead.get("title")) else f"Lead #{lead['id']}"


def make_client(world: World, lead: Row, client: Client, lead_id: int | None) -> None:
    """Make the company first, then the contact with a link to it (CONV-1)."""
    if "company" in client.makes:
        title = lead["company_title"] if filled(lead.get("company_title")) else title_of(lead)
        client.company = world.add("company", {**_taken(world, lead, "company"), "title": title, "lead_id": lead_id})
    if "contact" in client.makes:
        name = lead.get("name") or {}
        has_name = any(filled(name.get(part)) for part in ("first", "middle", "last"))
        row = {**_taken(world, lead, "contact"), "name": name if has_name else {**name, **_PLACEHOLDER}}
        client.contact = world.add("contact", {**row, "company_id": client.company, "lead_id": lead_id})


def make_deal(world: World, lead: Row, client: Client, terms: Row, lead_id: int | None) -> int:
    """Make the deal, with links to its client."""
    row = {
        **_taken(world, lead, "deal"),
        "title": title_of(lead),
        "pipeline_id": terms["pipeline_id"],
        "stage": terms["deal_stage"],
        "semantics": "P",
        "contact_id": client.contact,
        "company_id": client.company,
        "lead_id": lead_id,
    }
    return world.add("deal", row)


def _taken(world: World, lead: Row, kind: str) -> Row:
    fields = {name: lead.get(name) for name, takers in CARRIED.items() if kind in takers}
    fields.pop("company_title", None)  # it is the title of the company
    return {**fields, "created_at": world.clock}


def lost(lead: Row, client: Client) -> list[str]:
    """The filled fields of a lead that no new record takes over (CONV-3)."""
    made = {"deal", *client.makes}
    names = [name for name, takers in CARRIED.items() if filled(lead.get(name)) and not made & {*takers}]
    return [word for name in names for word in words(lead, name)]


def words(lead: Row, name: str) -> list[str]:
    """How a field is named that is lost: contact points by their kinds."""
    if name != "contact_points":
        return [name]
    return [f"{kind}s" for kind in ("phone", "email", "website", "messenger") if _has_point(lead, kind)]


def _has_point(lead: Row, kind: str) -> bool:
    return any(point["kind"] == kind for point in lead["contact_points"])


def convert(world: World, lead_id: int, terms: Row, outcome: str = "converted", *, added: bool = False) -> Row:
    """Convert one lead under these terms; its ledger row. A live switch records the outcome (SWITCH-7, SWITCH-13)."""
    lead = world.tables["leads"][lead_id]
    client = client_for(world, lead, terms)
    not_carried = lost(lead, client)
    make_client(world, lead, client, lead_id)
    deal_id = make_deal(world, lead, client, terms, lead_id)
    links = {"contact_id": client.contact, "company_id": client.company, "deal_id": deal_id}
    world.change("lead", lead_id, stage=terms["lead_stage"], semantics="S", **links)
    counts = _bind(world, lead_id, links, terms["keep_activities"])
    row = {
        "lead_id": lead_id,
        **links,
        "amount": lead.get("amount"),
        "activity_ids": [id for id, _ in world.bound_to("lead", lead_id)],
        "not_carried": not_carried,
        "converted_at": world.clock,
    }
    world.put("ledger", lead_id, row)
    if world.live is not None:
        made = {"contacts": int("contact" in client.makes), "companies": int("company" in client.makes)}
        record(world, lead_id, outcome, added=added, counts={**made, **counts} if outcome == "converted" else None)
    return row


def record(
    world: World, lead_id: int, kind: str, code: str | None = None, *, added: bool = False, counts: Row | None = None
) -> Row:
    """Record the outcome of a lead in the live switch (SWITCH-13)."""
    assert world.live is not None  # asked before
    epoch = world.live["epoch"]
    zero = dict.fromkeys(("contacts", "companies", "bound", "completed", "kept_open"), 0)
    row = {"epoch": epoch, "lead_id": lead_id, "kind": kind, "code": code, "added": added, **zero, **(counts or {})}
    world.put("outcome", (epoch, lead_id), row)
    return row


def _bind(world: World, lead_id: int, links: Row, keep: bool) -> dict[str, int]:
    """Bind every activity of the lead to the deal and its client, and complete the open ones (CONV-6, POLICY-4)."""
    counts = dict.fromkeys(("bound", "completed", "kept_open"), 0)
    refs = [[name.removesuffix("_id"), id] for name, id in links.items() if id is not None]
    for id, row in world.bound_to("lead", lead_id):
        done = {} if keep or row["completed"] else {"completed": True, "completed_at": world.clock}
        world.change(
            "activity", id, bindings=sorted([*row["bindings"], *(r for r in refs if r not in row["bindings"])]), **done
        )
        world.touch(row["bindings"])
        if not _is_counted(world, lead_id, id):
            counts["bound"] += 1
            counts["completed"] += bool(done)
            counts["kept_open"] += not (done or row["completed"])
    return counts


def _is_counted(world: World, lead_id: int, activity_id: int) -> bool:
    """Whether another lead that this switch has converted had the activity too (D-14)."""
    if world.live is None:
        return False
    epoch = world.live["epoch"]
    for (of, other), outcome in world.tables["outcomes"].items():
        if of == epoch and other != lead_id and outcome["kind"] == "converted":
            ledger = world.tables["ledger"].get(other)
            if ledger is not None and activity_id in ledger["activity_ids"]:
                return True
    return False

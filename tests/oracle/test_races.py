"""The two programs that know nothing of the library agree: what one answers step by step, the other accepts (SWITCH-1).

The oracle of the races judges a history that has happened, whatever its order; this one answers, if it is alone.
Where both can speak they must say the same, so a rule that one of them has wrong is found by the other.
"""

import json
from datetime import datetime
from random import Random
from typing import Any

import pytest

from crmcore.adapters.document import dump_crm
from tests.oracle.judge import answered
from tests.oracle.refusals import Row
from tests.oracle.world import World
from tests.survival.conftest import DEEP
from tests.survival.races.history import Answer, History, Operation, Picture
from tests.survival.races.memory import ROLES
from tests.survival.races.oracle import examine
from tests.survival.races.story import Step, Story, image_of_story, tell

_CLOCK = "2026-02-01T12:00:00+00:00"
_KINDS = ("lead", "deal", "contact", "company")
_LEVELS = [[operation, kind, None, "all"] for operation in ("read", "add", "update", "delete") for kind in _KINDS]
_ROLES: dict[str, Row] = {
    "administrator": {"name": "administrator", "administrator": True},
    "manager": {"name": "manager", "levels": _LEVELS},
}
_TOTALS = ("at_begin", "added", "converted", "already_converted", "closed", "deleted", "remaining")


class _Play:
    """Carries the scripts of a story out on the oracle, one step after the other, and writes them down."""

    def __init__(self, story: Story) -> None:
        self.roles = {str(actor): [_ROLES[role]] for actor, role in ROLES.items()}
        document = json.loads(dump_crm(image_of_story(story)))
        self.world = World({"document": document, "roles": self.roles, "plan": True, "clock": _CLOCK})
        self.log: list[Operation] = []
        self.added: dict[int, list[int]] = {}

    def ask(self, process: int, actor: int, name: str, given: dict[str, Any], step: Row) -> Row:
        """Ask one thing, and write down what is answered."""
        answer, self.world = answered(self.world, {"actor": actor, **step})
        at = 2 * len(self.log)
        noted = _noted(answer or {"answer": "none"})
        self.log.append(Operation(process, at, at + 1, actor, name, given, noted))
        return answer or {}

    def step(self, process: int, step: Step) -> None:
        """One step of a script, as the processes of the races carry it out."""
        _, actor, name, given = step
        given = dict(given)
        added = self.added.setdefault(process, [])
        known = added[0] if added else 1
        if "lead" in given:
            given["lead"] = given["lead"] if given["lead"] > 0 else known
        if "leads" in given:
            given["leads"] = tuple(sorted({lead if lead > 0 else known for lead in given["leads"]}))
        if name == "go_on":
            self.go_on(process, actor, given)
            return
        if name == "edit":
            found = self.ask(process, actor, "read", {"lead": given["lead"]}, _asked("read", given, self))
            given["version"] = found.get("version", 1)
        answer = self.ask(process, actor, name, given, _asked(name, given, self))
        if name in ("add", "copy") and answer.get("answer") == "number":
            added.append(answer["number"])

    def go_on(self, process: int, actor: int, given: dict[str, Any]) -> None:
        """Get the token, convert chunks until nothing is left, finish."""
        token = self.ask(process, actor, "resume", {}, {"command": "resume_switch"})
        for _ in range(12 if token["answer"] == "switch_token" else 0):
            of = {"key": token["key"], "epoch": token["epoch"]}
            chunk = {"command": "convert_chunk", "token": of, "size": given["size"], "without": [], "lost": []}
            asked = {**of, "size": given["size"], "shard": given["shard"]}
            done = self.ask(process, 0, "chunk", asked, {**chunk, "shard": list(given["shard"])})
            if not done.get("rows"):
                finished = self.ask(process, 0, "finish", of, {"command": "finish_switch", "token": of})
                if finished["answer"] != "switch_unfinished":
                    return


def _asked(name: str, given: dict[str, Any], play: _Play) -> Row:
    """A step of the races as one of a vector."""
    points = [{"kind": "email", "type": "WORK", "value": given["email"]}] if given.get("email") else []
    fields: Row = {"contact_points": points}
    match name:
        case "begin":
            policy = {"client": given["client"], "pipeline_id": None, "keep_activities": given["keep"]}
            return {"command": "begin_switch", "key": given["key"], "policy": policy}
        case "cancel" | "resume":
            return {"command": f"{name}_switch"}
        case "to_classic":
            return {"command": "switch_to_classic"}
        case "status":
            return {"call": "switch_status"}
        case "revoke":
            roles = {actor: roles for actor, roles in play.world.roles.items() if actor != str(given["of"])}
            return {"set": {"roles": roles}}
        case "end_plan":
            return {"set": {"plan": False}}
        case "add":
            fields |= {"title": given["title"], "amount": _money(given["amount"])}
            return {"command": "add_lead", "fields": fields, "key": given["key"]}
        case "inquire":
            fields["title"] = given["title"]
            return {"command": "take_inquiry", "channel": "email", "fields": fields, "subject": None, "key": None}
        case "edit":
            changed = {field: _money(value) if field == "amount" else value for field, value in given["fields"].items()}
            ref = ["lead", given["lead"]]
            return {"command": "edit_record", "ref": ref, "version": given["version"], "fields": changed}
        case "convert":
            chosen = {"client": given["client"], "pipeline_id": None, "keep_activities": given["keep"]}
            named = None if given["client"] is None else chosen
            return {"command": "convert_lead", "lead_id": given["lead"], "policy": named}
        case "add_activity":
            bound = [["lead", id] for id in given["leads"]]
            return {"command": "add_activity", "fields": {"kind": "call"}, "bound_to": bound, "key": None}
        case "bind":
            return {"command": "bind_activity", "activity_id": given["activity"], "ref": ["lead", given["lead"]]}
        case "delete_card":
            return {"command": "delete_record", "ref": [given["kind"], given["id"]]}
        case "complete" | "reopen_activity" | "delete_activity":
            command = "complete_activity" if name == "complete" else name
            return {"command": command, "activity_id": given["activity"]}
        case "read":
            return {"call": "lead", "lead_id": given["lead"]}
        case _:
            keyed = {"key": None} if name == "copy" else {}
            staged = {"stage": None} if name in ("close", "reopen") else {}
            return {"command": f"{name}_lead", "lead_id": given["lead"], **keyed, **staged}


def _money(amount: str | None) -> Row | None:
    return None if amount is None else {"amount": amount, "currency": "EUR"}


def _noted(answer: Row) -> Answer:
    """An answer as the races write it down."""
    match answer["answer"]:
        case "refused":
            return ("no", answer["code"], None if answer["kind"] is None else (answer["kind"], answer["id"]))
        case "none":
            return ("ok", None)
        case "number" | "version":
            return ("ok", answer[answer["answer"]])
        case "epoch":
            return ("ok", ("epoch", answer["epoch"]))
        case "no_change":
            return ("ok", ("no_change",))
        case "switch_token":
            return ("ok", ("token", answer["key"], answer["epoch"]))
        case "switch_done":
            return ("ok", ("done", *(answer["switch"][name] for name in ("key", "epoch", "ended"))))
        case "switch_unfinished":
            return ("ok", ("unfinished", answer["remaining"]))
        case "chunk_done":
            return ("ok", tuple(_row(row) for row in answer["rows"]))
        case "converted_lead":
            return ("ok", (answer["already"], _row(answer["row"])))
        case "inquiry_held":
            return ("ok", (*answer["ref"], answer["activity_id"]))
        case "switch_report":
            totals = tuple(answer["totals"][name] for name in _TOTALS)
            return ("ok", (answer["token"]["key"], answer["token"]["epoch"], totals))
        case _:
            lead = answer["record"]
            amount = (lead.get("amount") or {}).get("amount")
            of = (lead["semantics"], lead.get("title"), lead.get("comments"), amount, lead.get("deal_id"))
            return ("ok", (answer["version"], *of))


def _row(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("lead_id", "deal_id", "contact_id", "company_id"))


def _picture(world: World) -> Picture:
    """What is stored, as the races look at it."""
    tables = world.tables
    links = {"contact": "contact_id", "company": "company_id", "deal": "deal_id", "lead": "lead_id"}

    def linked(row: Row, *names: str) -> dict[str, Any]:
        return {name: row.get(links[name]) for name in names}

    return Picture(
        mode=world.settings["mode"],
        live=None if world.live is None else world.live["key"],
        epoch=world.settings["epoch"],
        leads={
            id: {
                "version": world.version("lead", id),
                "deleted": row.get("deleted_at") is not None,
                "email": _email(row),
                "amount": _amount(row),
                **{name: row.get(name) for name in ("semantics", "title", "comments")},
                **linked(row, "contact", "company", "deal"),
            }
            for id, row in tables["leads"].items()
        },
        deals={
            id: {
                **linked(row, "lead", "contact", "company"),
                "deleted": row.get("deleted_at") is not None,
                "title": row.get("title"),
                "amount": _amount(row),
                "created_at": datetime.fromisoformat(row["created_at"]) if "created_at" in row else None,
            }
            for id, row in tables["deals"].items()
        },
        contacts={
            id: {**linked(row, "lead", "company"), "email": _email(row), "deleted": row.get("deleted_at") is not None}
            for id, row in tables["contacts"].items()
        },
        companies={
            id: {**linked(row, "lead"), "email": _email(row), "deleted": row.get("deleted_at") is not None}
            for id, row in tables["companies"].items()
        },
        activities={
            id: {
                "deleted": row.get("deleted_at") is not None,
                "completed": bool(row.get("completed")),
                "bound": frozenset(map(tuple, row["bindings"])),
            }
            for id, row in tables["activities"].items()
        },
        ledger={
            id: {
                **linked(row, "deal", "contact", "company"),
                "amount": _amount(row),
                "activities": tuple(row["activity_ids"]),
            }
            for id, row in tables["ledger"].items()
        },
        outcomes={key: {"kind": row["kind"], "added": row["added"]} for key, row in tables["outcomes"].items()},
        switches={
            key: {
                **{name: row[name] for name in ("epoch", "at_begin", "ended")},
                "client": row["terms"]["client"],
                "keep": row["terms"]["keep_activities"],
            }
            for key, row in tables["switches"].items()
        },
        tally=_tally(tables["outcomes"]),
    )


def _tally(outcomes: dict[Any, Row]) -> dict[tuple[int, str], int]:
    found: dict[tuple[int, str], int] = {}
    for (epoch, _), row in outcomes.items():
        found[epoch, row["kind"]] = found.get((epoch, row["kind"]), 0) + 1
    return found


def _email(row: Row) -> str | None:
    return next((each["value"] for each in row.get("contact_points") or () if each["kind"] == "email"), None)


def _amount(row: Row) -> str | None:
    amount: str | None = (row.get("amount") or {}).get("amount")
    return amount


def _history(seed: int) -> History:
    """The history of a seed without any race: the scripts in turn, one step of somebody after the other."""
    story, draw = tell(seed), Random(seed)
    play = _Play(story)
    before = _picture(play.world)
    scripts = {process: list(script) for process, script in enumerate(story.scripts)}
    while scripts:
        process = draw.choice(sorted(scripts))
        play.step(process, scripts[process].pop(0))
        scripts = {process: left for process, left in scripts.items() if left}
    for step in story.last:
        play.step(len(story.scripts), step)
    return History(seed, before, ROLES, story.match, tuple(play.log), _picture(play.world))


@pytest.mark.parametrize("seed", range(1000 if DEEP else 12))
def test_what_the_one_answers_the_other_accepts(seed: int) -> None:
    """Each answer and everything stored in the end is what the oracle of the races would have said."""
    assert examine(_history(seed)) == []


def test_a_wrong_answer_is_seen_by_the_other() -> None:
    """The two are no formality for each other: one answer that is not the rules' is found."""
    history = _history(1)
    number, added = next((number, each) for number, each in enumerate(history.operations) if each.name == "add")
    wrong = added._replace(answer=("no", "not_permitted", None))
    operations = (*history.operations[:number], wrong, *history.operations[number + 1 :])
    assert examine(history._replace(operations=operations)) != []

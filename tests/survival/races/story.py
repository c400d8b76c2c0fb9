"""A history before it happens: a small CRM and what each process is going to ask, drawn from a seed.

A step is (pause in microseconds, actor, name, what is given). Leads that a process adds itself are named by negative
numbers: -1 is its first.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from crmcore.domain.model.activity import Activity
from crmcore.domain.model.ids import ActivityId, Kind, LeadId, Ref, StageCode, UserId
from crmcore.domain.model.image import CrmImage, new_crm
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.policy import MatchSetting
from crmcore.domain.model.settings import CrmMode, Settings
from crmcore.domain.model.stages import StageSemantics
from crmcore.domain.model.values import ContactPoint, ContactPoints, Money, PersonName, PointKind

__all__ = ["ADMINISTRATORS", "CAST", "LEAVER", "WRITERS", "Step", "Story", "image_of_story", "tell"]

#: Two administrators, two who convert, three who write; the leaver loses the right in the middle.
ADMINISTRATORS = (1, 2)
WRITERS = (11, 12)
LEAVER = 21
#: The part that each process plays, in order.
CAST = ("administrator", "administrator", "worker", "worker", "writer", "writer", "leaver")

Step = tuple[int, int, str, dict[str, Any]]

_EMAILS = ("ann@example.com", "bob@example.com", "cy@example.com")
#: What writers do, and how often.
_WRITES = {
    "add": 4,
    "edit": 6,
    "close": 3,
    "reopen": 3,
    "convert": 3,
    "add_activity": 3,
    "complete": 2,
    "inquire": 3,
    "delete": 1,
    "copy": 1,
    "read": 1,
    "delete_activity": 1,
    "reopen_activity": 1,
    "bind": 2,
    "delete_card": 2,
}
_CLIENTS = ("contact", "company", "both")


class Story(NamedTuple):
    """The scene and the scripts, one for each process of the cast."""

    seed: int
    classic: bool
    match: bool
    leads: tuple[dict[str, Any], ...]
    activities: tuple[tuple[int, bool, tuple[int, ...]], ...]
    scripts: tuple[tuple[Step, ...], ...]
    last: tuple[Step, ...]


def tell(seed: int) -> Story:
    """The history of a seed."""
    draw = Random(seed)
    count = draw.randint(8, 15)
    leads = tuple(
        {
            "id": id,
            "closed": draw.random() < 0.15,
            "email": draw.choice(_EMAILS) if draw.random() < 0.35 else None,
            "amount": str(draw.randint(1, 99)) if draw.random() < 0.7 else None,
        }
        for id in range(1, count + 1)
    )
    activities = tuple(
        (id, draw.random() < 0.2, tuple(sorted(draw.sample(range(1, count + 1), draw.choice((1, 1, 2, 3))))))
        for id in range(1, draw.randint(4, 8))
    )
    teller = _Teller(draw, count, len(activities))
    return Story(
        seed=seed,
        classic=draw.random() < 0.9,
        match=draw.random() < 0.35,
        leads=leads,
        activities=activities,
        scripts=tuple(tuple(teller.script(part, number)) for number, part in enumerate(CAST)),
        last=tuple(teller.last()) if draw.random() < 0.75 else (),
    )


def image_of_story(story: Story) -> CrmImage:
    """The scene as a whole CRM."""
    empty = new_crm(CrmMode.CLASSIC if story.classic else CrmMode.SIMPLE)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    leads = {}
    for told in story.leads:
        closed = told["closed"] or not story.classic
        leads[LeadId(told["id"])] = Lead(
            id=LeadId(told["id"]),
            stage=StageCode("JUNK" if closed else "NEW"),
            semantics=StageSemantics.FAILURE if closed else StageSemantics.IN_PROCESS,
            title=f"Lead {told['id']}",
            name=PersonName(last=f"Sample-{told['id']}"),
            contact_points=points_of(told["email"]),
            amount=money_of(told["amount"]),
            responsible=UserId(1),
            created_at=start,
        )
    return CrmImage(
        settings=Settings(mode=empty.settings.mode, match=MatchSetting.EMAIL if story.match else MatchSetting.NONE),
        pipelines=empty.pipelines,
        leads=leads,
        activities={
            ActivityId(id): Activity(
                id=ActivityId(id),
                kind="call",
                responsible=UserId(1),
                completed=done,
                completed_at=start if done else None,
            )
            for id, done, _ in story.activities
        },
        bindings={ActivityId(id): frozenset(Ref(Kind.LEAD, lead) for lead in of) for id, _, of in story.activities},
    )


def points_of(email: str | None) -> ContactPoints:
    """A lead's contact points: its one e-mail, if it has any."""
    return ContactPoints(() if email is None else [ContactPoint(kind=PointKind.EMAIL, value=email)])


def money_of(amount: str | None) -> Money | None:
    """A lead's amount."""
    return None if amount is None else Money(amount=Decimal(amount), currency="EUR")


class _Teller:
    """Draws scripts that meet: few leads, few activities, all at once."""

    def __init__(self, draw: Random, leads: int, activities: int) -> None:
        self.draw = draw
        self.leads = leads
        self.activities = activities
        self.serial = 0
        # Two keys that both administrators use, so that they join, conflict and meet ended switches.
        self.keys = ("first", "first", "second", "third")
        self.policies = [(draw.choice(_CLIENTS), draw.random() < 0.5) for _ in range(2)]
        #: Which leads the next step keeps to, if any.
        self.near: list[int] = []
        # Most writers work on the same few leads.
        self.hot = draw.sample(range(1, leads + 1), 4)

    def script(self, part: str, number: int) -> list[Step]:
        tellers: dict[str, Callable[[int], list[Step]]] = {
            "administrator": self.administrator,
            "worker": self.worker,
            "writer": self.writer,
            "leaver": self.leaver,
        }
        return tellers[part](number)

    def pause(self) -> int:
        return self.draw.choice((0, 0, 0, 200, 500, 1000, 3000, 8000))

    def administrator(self, number: int) -> list[Step]:
        actor = ADMINISTRATORS[number % 2]
        steps: list[Step] = []
        if self.draw.random() < 0.7:
            steps.append(self.begin(actor))
        for _ in range(self.draw.randint(4, 7)):
            kinds = (self.begin, self.cancel, self.to_classic, self.resume, self.status, self.go_on)
            steps.append(self.draw.choices(kinds, (4, 3, 3, 1, 2, 3))[0](actor))
        if number == 0:
            at = self.draw.randint(0, len(steps))
            steps[at:at] = self.revoke(actor)
            if self.draw.random() < 0.15:
                steps.insert(self.draw.randint(0, len(steps)), (self.pause(), actor, "end_plan", {}))
        return steps

    def revoke(self, actor: int) -> list[Step]:
        """The right is taken away, and the one who took it looks at once where the leaver works."""
        looks = [(0, actor, "read", {"lead": lead}) for lead in (*self.hot[:2], *self.hot[:2], *self.hot[:2])]
        return [(self.draw.randint(0, 12) * 1000, actor, "revoke", {"of": LEAVER}), *looks, self.resume(actor)]

    def worker(self, number: int) -> list[Step]:
        return [self.go_on(ADMINISTRATORS[number % 2], number) for _ in range(3)]

    def writer(self, number: int) -> list[Step]:
        actor = WRITERS[number % 2]
        return [self.write(actor) for _ in range(self.draw.randint(8, 12))]

    def leaver(self, number: int) -> list[Step]:
        return [
            self.draw.choice((self.begin, self.cancel, self.to_classic, self.resume))(LEAVER)
            if self.draw.random() < 0.4
            else self.write(LEAVER, self.hot[:2])
            for _ in range(self.draw.randint(7, 10))
        ]

    def last(self) -> list[Step]:
        """When all have gone, one administrator brings the CRM to Simple."""
        client, keep = self.policies[0]
        steps: list[Step] = [(0, 1, "go_on", {"size": 50, "shard": (0, 1), "between": 0}), (0, 1, "status", {})]
        steps.append((0, 1, "begin", {"key": "last", "client": client, "keep": keep}))
        steps.append((0, 1, "go_on", {"size": 50, "shard": (0, 1), "between": 0}))
        return steps

    def begin(self, actor: int) -> Step:
        client, keep = self.policies[0 if self.draw.random() < 0.8 else 1]
        return self.pause(), actor, "begin", {"key": self.draw.choice(self.keys), "client": client, "keep": keep}

    def cancel(self, actor: int) -> Step:
        return self.pause(), actor, "cancel", {}

    def to_classic(self, actor: int) -> Step:
        return self.pause(), actor, "to_classic", {}

    def resume(self, actor: int) -> Step:
        return self.pause(), actor, "resume", {}

    def status(self, actor: int) -> Step:
        return self.pause(), actor, "status", {}

    def go_on(self, actor: int, number: int = 0) -> Step:
        shard = (number % 2, 2) if number and self.draw.random() < 0.4 else (0, 1)
        return (
            self.pause(),
            actor,
            "go_on",
            {
                "size": self.draw.choice((1, 1, 2, 3, 5, 20)),
                "shard": shard,
                "between": self.draw.choice((0, 0, 300, 1000)),
            },
        )

    def some_lead(self) -> int:
        if self.near:
            return self.draw.choice(self.near)
        chance = self.draw.random()
        if chance < 0.15:
            return -1
        return self.draw.choice(self.hot) if chance < 0.7 else self.draw.randint(1, self.leads)

    def write(self, actor: int, near: list[int] | None = None) -> Step:
        self.near = near or []
        name = self.draw.choices(tuple(_WRITES), tuple(_WRITES.values()))[0]
        return self.pause(), actor, name, self.given(name)

    def given(self, name: str) -> dict[str, Any]:
        self.serial += 1
        draw = self.draw
        match name:
            case "add":
                if draw.random() < 0.2:  # the same command by several processes: one of them makes the lead
                    return {"title": "Keyed", "amount": "7", "email": None, "key": "add-a"}
                return {
                    "title": f"Added {self.serial}",
                    "amount": str(draw.randint(1, 99)),
                    "email": draw.choice(_EMAILS) if draw.random() < 0.5 else None,
                    "key": None,
                }
            case "edit":
                fields: dict[str, Any] = {"comments": f"Note {self.serial}"}
                if draw.random() < 0.6:
                    fields = {"title": f"Title {self.serial}"}
                if draw.random() < 0.3:
                    fields["amount"] = str(draw.randint(100, 999))
                return {"lead": self.some_lead(), "fields": fields}
            case "convert":
                named = draw.random() < 0.3
                return {
                    "lead": self.some_lead(),
                    "client": draw.choice(_CLIENTS) if named else None,
                    "keep": draw.random() < 0.5 if named else None,
                }
            case "add_activity":
                return {"leads": tuple(sorted({self.some_lead() for _ in range(draw.choice((1, 1, 2)))}))}
            case "delete_card":
                return {"kind": draw.choice(("deal", "contact", "company")), "id": draw.randint(1, 5)}
            case "bind":
                return {"activity": draw.randint(1, max(1, self.activities)), "lead": self.some_lead()}
            case "complete" | "reopen_activity" | "delete_activity":
                return {"activity": draw.randint(1, max(1, self.activities))}
            case "inquire":
                return {
                    "email": draw.choice((*_EMAILS, f"new{self.serial}@example.com")),
                    "title": f"Asked {self.serial}",
                }
            case _:
                return {"lead": self.some_lead()}

"""The CRM that processes are killed on: what it holds, the options it is switched with, and what it should come to."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import combinations, product
from typing import Any, NamedTuple

from crmcore.application.images import image_of
from crmcore.domain.model.ids import DEFAULT_PIPELINE, PipelineId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.policy import ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.values import ContactPoint, ContactPoints, Money, PersonName, PointKind
from crmcore.domain.protocol.results import SwitchReport
from crmcore.testing import ADMIN, TestCrm
from tests.property.canonical import canonical

__all__ = ["KEY", "MATRIX", "PAIRWISE", "Options", "came_to", "filled", "switched"]

#: The key of every switch here.
KEY = "survive"

_OTHER = PipelineId(1)


class Options(NamedTuple):
    """What a person may choose, and the one setting that decides with it."""

    client: ClientChoice = ClientChoice.BOTH
    keep: bool = True
    other_pipeline: bool = False
    match: bool = False

    @property
    def policy(self) -> ModeSwitchPolicy:
        """The options of the switch."""
        pipeline = _OTHER if self.other_pipeline else DEFAULT_PIPELINE
        return ModeSwitchPolicy(client=self.client, pipeline_id=pipeline, keep_activities=self.keep)

    def __str__(self) -> str:
        keep, match = "kept" if self.keep else "completed", "by e-mail" if self.match else "no match"
        return f"{self.client}, {keep}, pipeline {self.policy.pipeline}, {match}"


#: All of them.
MATRIX = tuple(Options(*each) for each in product(ClientChoice, (True, False), (False, True), (False, True)))


def _pairwise(rows: Sequence[Options]) -> Iterator[Options]:
    """Few of them, in which every choice meets every other."""
    missing = {_pair(row, *at) for row in rows for at in combinations(range(len(row)), 2)}
    while missing:
        best = max(rows, key=lambda row: len(missing & _pairs(row)))
        missing -= _pairs(best)
        yield best


def _pair(row: Options, one: int, two: int) -> tuple[Any, ...]:
    return (one, row[one], two, row[two])


def _pairs(row: Options) -> set[tuple[Any, ...]]:
    return {_pair(row, *at) for at in combinations(range(len(row)), 2)}


PAIRWISE = tuple(_pairwise(MATRIX))


@cache
def filled(leads: int, match: bool) -> CrmImage:
    """A Classic CRM with so many active leads, two activities each, and some of everything else beside them.

    A few leads share an e-mail with each other or with a client, one activity is shared by two leads, one lead is
    linked to a client; a closed lead has an activity, and one lead was converted by hand.
    """
    world = TestCrm.classic()
    world.pipeline("Partners")
    if match:
        world.crm.change_settings(ADMIN, match=MatchSetting.EMAIL)
    known = world.contact(name=PersonName(first="Known"), contact_points=_at(f"lead{leads}"))
    done = world.lead(title="Converted by hand", **_client("hand"))
    world.activity(done, subject="Past")
    world.crm.convert_lead(ADMIN, done.id)
    closed = world.lead(title="Closed", **_client("closed"))
    world.activity(closed, subject="Never again")
    world.crm.close_lead(ADMIN, closed.id)
    made = []
    for number in range(1, leads + 1):
        # The third of three leads has the e-mail of the first.
        name = f"lead{number - 2 if number % 3 == 0 else number}"
        link: dict[str, Any] = {"contact_id": known.id} if number == 2 else {}
        fields = _client(name) | {"custom": {"UF_NUMBER": number}} | link
        made.append(world.lead(title=f"Lead {number}", amount=Money(amount=Decimal(number), currency="EUR"), **fields))
        world.activity(made[-1], subject=f"Call {number}")
        done_already = world.activity(made[-1], subject=f"Mail {number}")
        if number % 2:
            world.crm.complete_activity(ADMIN, done_already.id)
    world.activity(made[0], made[-1], subject="Shared")
    return image_of(world.store)


def _client(name: str) -> dict[str, Any]:
    person = PersonName(first="Ann", last=name)
    return {"name": person, "company_title": f"{name} Ltd", "contact_points": _at(name), "source": "WEB"}


def _at(name: str) -> ContactPoints:
    phone = ContactPoint(kind=PointKind.PHONE, value=f"+39 06 {len(name)}123456")
    return ContactPoints([ContactPoint(kind=PointKind.EMAIL, value=f"{name}@example.com"), phone])


@cache
def switched(leads: int, options: Options) -> Mapping[Any, Any]:
    """What the CRM comes to when nothing disturbs the switch, in memory and in one chunk."""
    world = TestCrm.of(filled(leads, options.match))
    report = world.crm.switch_to_simple(ADMIN, key=KEY, policy=options.policy)
    assert isinstance(report, SwitchReport)
    assert report.totals.converted == leads
    return came_to(image_of(world.store), options)


def came_to(image: CrmImage, options: Options) -> Mapping[Any, Any]:
    """A CRM without new ids and instants; with matching on, also without which lead gave a shared client its fields."""
    return canonical(image, shared_clients=options.match)

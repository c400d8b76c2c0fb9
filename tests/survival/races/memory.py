"""The same histories on the store in memory, with a thread for each process: quick, and a check of the oracle."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Barrier, Thread

from crmcore.adapters.memory import InMemoryStore
from crmcore.adapters.plans import FixedPlan
from crmcore.adapters.roles import ADMINISTRATOR, MANAGER, RoleTable
from crmcore.application.images import image_of
from crmcore.application.pages import pages
from crmcore.domain.model.ids import Kind, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.ports.plan import Plan
from tests.survival.races.history import History, Operation, Picture
from tests.survival.races.images import picture_from_image
from tests.survival.races.players import Player, Stage
from tests.survival.races.story import ADMINISTRATORS, LEAVER, WRITERS, Step, Story, image_of_story

__all__ = ["ROLES", "Alone", "Threads", "roles_of_cast"]

#: The role of each actor, by name.
ROLES: dict[int, str] = {
    **dict.fromkeys((*ADMINISTRATORS, LEAVER), "administrator"),
    **dict.fromkeys(WRITERS, "manager"),
}


def roles_of_cast() -> RoleTable:
    """The roles of the cast."""
    named = {"administrator": ADMINISTRATOR, "manager": MANAGER}
    return RoleTable({UserId(actor): (named[role],) for actor, role in ROLES.items()})


class _Plan(Plan):
    """A plan that ends when it is told."""

    def __init__(self) -> None:
        self.now: Plan = FixedPlan(True)

    def has_classic(self) -> bool:
        return self.now.has_classic()

    def end(self) -> None:
        self.now = FixedPlan(False)


class Threads:
    """A target: plays stories with threads on `InMemoryStore`."""

    name = "memory"

    def __init__(self, weakness: str | None = None) -> None:
        self.weakness = weakness

    def play(self, story: Story) -> History:
        store, table, plan = InMemoryStore(image_of_story(story)), roles_of_cast(), _Plan()
        stage = Stage(store, table, plan, revoke=table.revoke, end_plan=plan.end)
        before = _picture(store)
        players = [Player(stage, number, story.seed, self.weakness) for number in range(len(story.scripts))]
        barrier = Barrier(len(players))

        failed: list[BaseException] = []

        def run(player: Player, number: int) -> None:
            barrier.wait()
            try:
                player.play(story.scripts[number])
            except BaseException as error:  # raised again below: a script that breaks is our mistake
                failed.append(error)

        threads = [Thread(target=run, args=(player, number)) for number, player in enumerate(players)]
        with _busy_switching():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        if failed:
            raise failed[0]
        closer = Player(stage, len(players), story.seed, self.weakness)
        closer.play(story.last)
        log: list[Operation] = [operation for player in (*players, closer) for operation in player.log]
        return History(story.seed, before, ROLES, story.match, tuple(log), _picture(store))

    def close(self) -> None:
        """Nothing is held."""


class Alone:
    """One step after the other, each by the process that the script says: a history without any race."""

    def play(self, story: Story, steps: Iterable[tuple[int, Step]]) -> History:
        store, table, plan = InMemoryStore(image_of_story(story)), roles_of_cast(), _Plan()
        stage = Stage(store, table, plan, revoke=table.revoke, end_plan=plan.end)
        before = _picture(store)
        players: dict[int, Player] = {}
        for process, step in steps:
            players.setdefault(process, Player(stage, process, story.seed)).play((step,))
        log = sorted((each for player in players.values() for each in player.log), key=lambda each: each.invoked)
        return History(story.seed, before, ROLES, story.match, tuple(log), _picture(store))


def _picture(store: InMemoryStore) -> Picture:
    image: CrmImage = image_of(store)
    versions = {entry.id: entry.version for page in pages(store, Kind.LEAD) for entry in page}
    return picture_from_image(image, versions)


@contextmanager
def _busy_switching() -> Iterator[None]:
    """Threads change every few instructions, so that they meet in the middle of things."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)

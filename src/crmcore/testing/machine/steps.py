"""The steps that a machine takes on two stores: a command, a decision held open and its commit, two at once."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

from attrs import evolve, frozen

from crmcore.application.crm import Crm
from crmcore.application.step import Step
from crmcore.domain.model.errors import Conflict, ContractBroken, OutcomeUnknown, RecordFault
from crmcore.domain.model.ids import Kind, Ref, UserId
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.commands import Command, ConvertChunk
from crmcore.domain.protocol.decision import Accepted
from crmcore.testing.machine.model import Model
from crmcore.testing.machine.photo import Photo, require
from crmcore.testing.machine.side import Came
from crmcore.testing.machine.watch import EDITS, Watch

__all__ = ["Pair", "Steps"]

#: Each step is made a little later, down to the microsecond, so that instants must be kept exactly.
_TICK = timedelta(seconds=1, microseconds=1)


@frozen
class Pair:
    """A decision that is held open: over the store, and the same over the one in memory."""

    command: Command[Any]
    mine: Step
    theirs: Step | None

    @property
    def writes(self) -> bool:
        """Whether there is anything to commit."""
        return isinstance(self.mine.decision, Accepted) and self.mine.decision.changes is not None

    @property
    def result(self) -> Any:
        """What the caller is told when the commit is done."""
        return self.mine.decision.result if isinstance(self.mine.decision, Accepted) else self.mine.decision


class Steps(Watch):
    """The steps of a machine, without the rules that choose them."""

    def run(self, actor: UserId, command: Command[Any]) -> Came:
        """Somebody asks for something; both stores are asked, and everything is looked at."""
        self.around.clock.move(_TICK)
        before, lost = self.model, self.host.losing.to_come
        asked_twin = self.mirrored(command)
        came = self.host.tried(lambda: self.host.crm.run(actor, command))
        lost -= self.host.losing.to_come
        photo = Photo.of(self.host.store)
        self.meet_errors(came)
        if lost:
            self.meet("answer lost")
        unknown = bool(lost) or came.died or isinstance(came.error, OutcomeUnknown)
        expected = None
        if came.error is None and not isinstance(came.answer, Refused):
            self.meet(type(command).__name__)
            expected = before.after(command, came.answer, has_classic=self.around.plan.classic)
            if lost and isinstance(command, ConvertChunk):
                expected = self._with_lost_rows(expected, photo, command.size * (lost + 1))
        elif not unknown:
            self.photo.require_same(photo, "the command was refused or failed")
        if self.twin is not None:
            twin = self.twin
            theirs = twin.tried(lambda: twin.crm.run(actor, asked_twin))
            self.require_alike(command, came, theirs, photo)
        self.settle(photo, expected)
        return came

    def _with_lost_rows(self, expected: Model, photo: Photo, at_most: int) -> Model:
        """The first answer was lost, and so were the rows of that chunk; the last answer tells of the last one."""
        seen = Model.seen(photo.image)
        open_leads = self.model.active - self.model.marks
        extra = {id: "converted" for id in open_leads if seen.leads.get(id) == "converted"}
        require(len(extra) <= at_most, "SWITCH-4", "steps converted more leads than they were asked to")
        return evolve(expected, leads={**expected.leads, **extra})

    def hold(self, actor: UserId, command: Command[Any]) -> Pair | None:
        """A slow process loads and decides; nothing where a record could not be read."""
        self.around.clock.move(_TICK)
        asked_twin = self.mirrored(command)
        came = self.host.tried(lambda: self.host.hold(actor, command))
        self.meet_errors(came)
        if came.error is not None and not isinstance(came.error, RecordFault):
            raise came.error
        theirs = Came()
        if self.twin is not None:
            twin = self.twin
            theirs = twin.tried(lambda: twin.hold(actor, asked_twin))
            self.require_alike_errors(came, theirs)
            self.require_no_ids_left()
            if theirs.error is None and not isinstance(command, EDITS):
                alike = _result(came.answer) == _result(theirs.answer)
                require(alike, "SWITCH-11", "what was read from this store led to another decision")
        return None if came.error is not None else Pair(command, came.answer, theirs.answer)

    def commit(self, pair: Pair, *, cut: int | None = None, dies: str | None = None) -> None:
        """A slow process commits what it decided long ago.

        `cut`: the store dies inside the commit; `dies` before or after: the process does.
        """
        before = self.model
        if dies is not None:
            for side in self.sides:
                side.die(0, after=dies == "after")
        storm = self.host.storm.to_come
        if cut is not None:
            self.dies_inside(cut)
        came = self.host.tried(pair.mine.commit, may_die=cut is not None)
        self.dies_inside(None)
        cut_short = came.died and (dies is None or self.host.calls == 0)
        photo = Photo.of(self.host.store)
        self.meet_errors(came)
        wrote = pair.writes and (came.error is None or came.died or isinstance(came.error, OutcomeUnknown))
        if cut_short:
            self.meet("cut inside a commit")
            wrote = self.photo.differs_from(photo)
            self.was_cut(wrote)
        elif came.died and dies == "before":
            wrote = False
        expected = None
        if wrote:
            self.meet("held decision committed")
            expected = before.after(pair.command, pair.result, has_classic=self.around.plan.classic)
        else:
            self.photo.require_same(photo, "a decision was not committed")
        if pair.theirs is not None:
            self._follow_commit(pair, came, photo, cut_short, wrote, storm > self.host.storm.to_come)
        for side in self.sides:
            side.die(None)
        self.settle(photo, expected)

    def _follow_commit(self, pair: Pair, came: Came, photo: Photo, cut_short: bool, wrote: bool, stormy: bool) -> None:
        """Commit the same decision to the store in memory, where the store has committed it."""
        twin, held = self.twin, pair.theirs
        assert twin is not None  # a pair has two sides only where there is a twin
        assert held is not None  # the caller has looked
        if cut_short:
            if wrote:
                assert isinstance(held.decision, Accepted)  # only an accepted decision writes
                assert held.decision.changes is not None  # as above
                twin.store.commit(held.decision.changes)
            return
        if isinstance(came.error, Conflict) and not stormy:
            self.meet("stale decision")
            require(
                not (self.conflicts_exactly and self._is_fresh(held)),
                "SWITCH-7",
                "a commit was refused as stale although nothing that it had read had moved on (Store, point 1)",
                *came.error.stale,
            )
            return
        theirs = twin.tried(held.commit)
        if isinstance(theirs.error, Conflict) and not isinstance(came.error, Conflict):
            rights = any(ref.kind is Kind.RIGHTS for ref in theirs.error.stale)
            raise ContractBroken(
                "PERM-2" if rights else "SWITCH-7",
                "a stale decision was committed: what it had read had moved on (Store, points 1, 2, 3, 4 and 7)",
                theirs.error.stale,
            )
        self.require_alike(pair.command, came, theirs, photo)

    def _is_fresh(self, held: Step) -> bool:
        """Whether the store in memory would take a decision; it is asked with a "no" at the end and writes nothing."""
        assert isinstance(held.decision, Accepted)  # a refusal commits nothing, so it conflicts with nothing
        assert held.decision.changes is not None  # as above
        assert self.twin is not None  # as above
        try:
            self.twin.store.commit(held.decision.changes, lambda: False)
        except Conflict as conflict:
            return conflict.stale == (Ref(Kind.RIGHTS, 0),) and (held.confirm is None or held.confirm())
        return False

    def call(self, what: Callable[[Crm], Any]) -> Came:
        """Somebody asks for something that takes several commits; its answer does not tell all that was done."""
        self.around.clock.move(_TICK)
        came = self.host.tried(lambda: what(self.host.crm))
        self.meet_errors(came)
        photo = Photo.of(self.host.store)
        if self.twin is not None:
            twin = self.twin
            theirs = twin.tried(lambda: what(twin.crm))
            self.require_alike_errors(came, theirs)
            require(came.answer == theirs.answer, "SWITCH-11", "a switch got another answer over this store")
        self.settle(photo, None)
        return came

    def commit_at_once(self, pair: Pair) -> None:
        """Two processes commit one decision at the same moment: one wins, the other gets `Conflict`."""
        answers: list[Came] = []
        ready = Barrier(2, timeout=60)

        def commit() -> None:
            ready.wait()
            answers.append(self.host.tried(pair.mine.commit))

        threads = [Thread(target=commit) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.meet("two at once")
        won = [came for came in answers if came.error is None]
        lost = [came for came in answers if isinstance(came.error, Conflict)]
        text = "of two commits of one decision at once one must win, and the other be a conflict (Store, point 6)"
        require((len(won), len(lost)) == (1, 1), "SWITCH-1", text)
        if self.twin is not None and pair.theirs is not None:
            self.twin.tried(pair.theirs.commit)
        self.settle(
            Photo.of(self.host.store), self.model.after(pair.command, pair.result, has_classic=self.around.plan.classic)
        )


def _result(held: Step) -> Any:
    return held.decision.result if isinstance(held.decision, Accepted) else held.decision

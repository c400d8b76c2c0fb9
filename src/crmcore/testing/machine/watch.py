"""What is looked at after each step of a machine: the laws, the model, and that both stores are equal."""

from typing import Any, ClassVar

from attrs import evolve
from hypothesis import event
from hypothesis.stateful import RuleBasedStateMachine

from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.domain.model.errors import Conflict, ContractBroken, OutcomeUnknown, RecordFault, StoreError
from crmcore.domain.model.ids import NUMBERED, Kind, Ref
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.commands import Command, DefineLeadStages, DefinePipeline, EditActivity, EditRecord
from crmcore.domain.protocol.results import Versioned
from crmcore.domain.rules.mode import state_of
from crmcore.ports.store import Store, close_store
from crmcore.testing.machine.model import Model
from crmcore.testing.machine.photo import Photo, differences, require
from crmcore.testing.machine.side import Came, FollowingStore, HandingStore, Side

__all__ = ["EDITS", "Watch"]

#: Commands that carry the version that was read, and answer the new one.
EDITS = (EditActivity, EditRecord, DefineLeadStages, DefinePipeline)
#: Not a version of any record: what the other store is given for a version that is stale here.
_STALE = 1_000_000


class Watch(RuleBasedStateMachine):
    """Two stores that take the same steps, and all that is looked at after each step.

    See `StoreMachine` for what a host sets and overrides.
    """

    compares: ClassVar[bool] = True
    conflicts_exactly: ClassVar[bool] = False
    survives_restart: ClassVar[bool] = False
    supports_threads: ClassVar[bool] = True
    met: ClassVar[set[str]] = set()

    def make_store(self, seed: CrmImage) -> Store:
        """A new store that holds exactly the records of the seed."""
        raise NotImplementedError("a machine needs `make_store(seed)`: a new store that holds exactly these records")

    def reopen(self, store: Store) -> Store:
        """The same store after a restart of the process: closed, and opened anew from where it is kept."""
        raise NotImplementedError("a store that survives a restart needs `reopen(store)`")

    def dies_inside(self, at: int | None) -> None:
        """Have the store die at the `at`-th of its own writes inside the next commit; `None` disarms.

        Only a store that can be broken from inside has something to do here: raise `KeyboardInterrupt` there.
        """

    def was_cut(self, committed: bool) -> None:
        """Called after a commit died inside; either is right, and a store may know more."""

    def meet(self, what: str) -> None:
        """Write down that a run has met something, for those who ask how deep the runs go."""
        self.met.add(what)
        event(what)

    # The stores

    def open_stores(self, seed: CrmImage) -> None:
        """Make the store and its twin in memory from one seed."""
        store = self.make_store(seed)
        self.handing = HandingStore(store)
        self.host = Side(self.handing)
        self.around = self.host.around
        self.photo = Photo.of(store)
        #: What the laws were last found to hold for: a step that changes nothing breaks none.
        self.lawful: CrmImage | None = None
        for rule, ref, names in differences(seed, self.photo.image):
            raise ContractBroken(rule, f"a new store does not hold exactly the records of its seed: {names}", (ref,))
        self._know_ids()
        self.model = Model.seen(self.photo.image)
        self.twin: Side | None = None
        if self.compares:
            self.twin = Side(FollowingStore(InMemoryStore(seed), self.handing.handed), self.host)
            self.twin_photo = Photo.of(self.twin.store)

    @property
    def sides(self) -> tuple[Side, ...]:
        """The store and, where there is one, its twin: faults are armed on both."""
        return (self.host,) if self.twin is None else (self.host, self.twin)

    def teardown(self) -> None:
        """Close the store, if it can be closed."""
        close_store(getattr(self, "handing", None))

    def restart(self) -> None:
        """A new process opens the store and finds everything as it was."""
        self.handing.store = self.reopen(self.handing.store)
        self.meet("restart")
        photo = Photo.of(self.host.store)
        self.photo.require_same(photo, "the store was only closed and opened again (Store, point 8)")

    # What is looked at

    def settle(self, photo: Photo, expected: Model | None) -> None:
        """Look at everything after a step; `expected` is none where the answer does not tell what was done."""
        if photo.image != self.lawful:
            for violation in audit_store(InMemoryStore(photo.image)):
                refs = tuple(Ref(violation.kind, id) for id in violation.ids)
                raise ContractBroken(violation.rule, f"a law is broken: {violation.law.replace('_', ' ')}", refs)
            self.lawful = photo.image
        after = Model.seen(photo.image)
        if expected is not None:
            expected.require_equal(after)
        self.model.require_may_become(after)
        self.photo.require_no_way_back(photo)
        if self.twin is not None:
            self._require_twins(self.twin, photo)
        if self.model.live is not None and after.live is None and not after.simple:
            self.meet("cancelled")
        if self.model.live is None and after.live is not None and len(photo.image.switches) > 1:
            self.meet("second switch")
        self.photo, self.model = photo, after
        self._know_ids()
        self.meet_state()

    def meet_state(self) -> None:
        """Write down in which state the CRM is."""
        self.meet(
            state_of(
                self.photo.image.settings,
                plan_has_classic=self.around.plan.classic,
                only_set_aside_left=bool(self.model.marks) and self.model.active == self.model.marks,
            )
        )
        if self.model.marks:
            self.meet("set aside")

    def _require_twins(self, twin: Side, photo: Photo) -> None:
        theirs = Photo.of(twin.store)
        for rule, ref, names in differences(theirs.image, photo.image):
            raise ContractBroken(rule, f"the store differs from the one in memory after the same step: {names}", (ref,))
        moved = set(self.twin_photo.followed_by(theirs)) - set(self.photo.followed_by(photo))
        refs = [Ref(kind, id) for kind, id in sorted(moved)]
        require(not moved, "EDIT-1", "the version of a record should have moved (Store, points 1 and 4)", *refs)
        told, told_twin = self.host.events, twin.events
        require(list(told) == list(told_twin), "SWITCH-13", "other events were told than over the store in memory")
        told.clear()
        told_twin.clear()
        self.require_no_ids_left()
        self.twin_photo = theirs

    def require_no_ids_left(self) -> None:
        """The store in memory took all new ids that the store handed out."""
        left = self.handing.handed
        require(not left, "SWITCH-11", "over this store a command asked for more new ids, or was decided more often")

    def _know_ids(self) -> None:
        for kind in NUMBERED:
            self.handing.know(kind, *self.photo.versions[kind])

    def require_alike(self, command: Command[Any], mine: Came, theirs: Came, photo: Photo) -> None:
        """The same came of a command over both stores."""
        self.require_alike_errors(mine, theirs)
        if mine.answer == theirs.answer:
            return
        if isinstance(command, EDITS) and isinstance(mine.answer, int) and isinstance(theirs.answer, int):
            found = photo.version(*_edited(command))
            require(mine.answer == found, "EDIT-1", "an edit answered another version than the record has now")
            return
        names = f"{type(mine.answer).__name__} instead of {type(theirs.answer).__name__}"
        raise ContractBroken("SWITCH-11", f"{type(command).__name__} got another answer over this store: {names}")

    def require_alike_errors(self, mine: Came, theirs: Came) -> None:
        """The same error came over both stores, or none."""
        if type(mine.error) is not type(theirs.error):
            raise ContractBroken(
                "SWITCH-11", f"over this store came {_name(mine.error)}, over the one in memory {_name(theirs.error)}"
            ) from mine.error
        if isinstance(mine.error, RecordFault) and isinstance(theirs.error, RecordFault):
            alike = (mine.error.ref, mine.error.code) == (theirs.error.ref, theirs.error.code)
            require(alike, "SWITCH-9", "a fault names another record or code", mine.error.ref)

    def mirrored(self, command: Command[Any]) -> Command[Any]:
        """The same command for the other store, whose records may have other versions."""
        if self.twin is None or not isinstance(command, EDITS) or isinstance(command.version, Versioned):
            return command  # a record as read is the same one there
        kind, id = _edited(command)
        mine, theirs = self.photo.version(kind, id), self.twin_photo.version(kind, id)
        return evolve(command, version=theirs if command.version == mine else _STALE)

    def meet_errors(self, came: Came) -> None:
        """Write down what went wrong."""
        if isinstance(came.answer, Refused):
            self.meet("refused")
        if came.died:
            self.meet("died")
        match came.error:
            case RecordFault():
                self.meet("record fault")
            case OutcomeUnknown():
                self.meet("answer lost")
            case Conflict() | None:
                pass
            case StoreError():
                self.meet("commit failed")


def _edited(command: EditActivity | EditRecord | DefineLeadStages | DefinePipeline) -> tuple[Kind, Any]:
    match command:
        case EditActivity():
            return Kind.ACTIVITY, command.activity_id
        case EditRecord():
            return command.ref.kind, command.ref.id
        case DefineLeadStages():
            return Kind.STAGES, 0
        case DefinePipeline():
            return Kind.PIPELINE, command.pipeline.id


def _name(error: BaseException | None) -> str:
    return "no error" if error is None else type(error).__name__

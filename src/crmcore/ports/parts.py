"""The optional part of the store port that keeps an import aside, part by part, until one commit makes it real."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from crmcore.domain.model.ids import Kind
from crmcore.domain.protocol.changes import Changes
from crmcore.domain.protocol.events import Event

__all__ = ["StagesImports", "Staging"]


class Staging(Protocol):
    """The changes of one import, kept aside under its key, also when the process is killed.

    Until `commit` no read of the store, no page, no version and no id shows anything of it.
    A part has leads, contacts, companies and activities with their bindings, and the read set that it was decided on;
    what a part adds is new, but for leads that it changes. A client names no lead, and a part is added once.
    """

    def notes(self) -> tuple[str, ...]:
        """What was said of each part that is there, in their order.

        >>> from crmcore.adapters.memory import InMemoryStore
        >>> store = InMemoryStore.classic()
        >>> staging: Staging = store.staging("leads of May")
        >>> staging.notes()
        ()
        """
        ...

    def add(self, part: Changes, note: str) -> None:
        """Keep one more `part`, whole or not at all, with a `note` for whoever goes on with this import.

        A part is a `Changes` whose events are left alone, a note any text. Raises `StoreBusy` where somebody else adds
        to the same staging.

        >>> from crmcore.ports import Query
        >>> staging.add(Changes(expects=store.snapshot(Query()).read), "nothing new")
        >>> store.staging("leads of May").notes()
        ('nothing new',)
        """
        ...

    def records(self, kind: Kind, ids: Iterable[int]) -> Mapping[int, Any]:
        """Those of the leads, contacts, companies or activities that were added, by id.

        `kind` is the `Kind`, and `ids` are those that are asked for. An activity is a pair here: itself, and what it is
        bound to.

        >>> dict(staging.records(Kind.LEAD, (7,)))
        {}
        """
        ...

    def commit(self, events: Sequence[Event] = (), confirm: Callable[[], bool] | None = None) -> None:
        """Write all parts as `Store.commit` would write one `Changes` that has all of theirs, and forget the staging.

        `events` are those of the whole step, `confirm` is asked as in `Store.commit`. `Conflict` leaves it as it was.

        >>> staging.commit()
        >>> store.staging("leads of May").notes()
        ()
        """
        ...

    def discard(self) -> None:
        """Forget the staging, whatever is in it.

        >>> staging.discard()
        """
        ...


@runtime_checkable
class StagesImports(Protocol):
    """An optional method of a store: an import of any size, in parts, as one step.

    Without it an import in parts is held in memory until it is committed.
    """

    def staging(self, key: str) -> Staging:
        """The staging of this `key`, 1 to 100 printable characters: a new one, or that which was left behind.

        >>> stages: StagesImports = InMemoryStore.classic()
        >>> stages.staging("k").notes()
        ()
        """
        ...

    def stagings(self) -> tuple[str, ...]:
        """The keys of those that are there, in order.

        >>> stages.stagings()
        ()
        """
        ...

"""A command's session on a store: portal and actor, opening the store, and every way in which that can fail."""

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Concatenate, ParamSpec

from attrs import evolve, frozen

from crmcore.adapters import MissingExtra
from crmcore.adapters.cli.work.document import Fault
from crmcore.adapters.cli.work.endings import OPTIONS, Doc, bad_input, bad_value, store_failed
from crmcore.adapters.cli.work.visible import quoted
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.redaction import HIDDEN, redacted
from crmcore.application.crm import Crm
from crmcore.domain.model.errors import InvalidValue, StoreError
from crmcore.domain.model.ids import Kind, UserId
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.model.text import Discreet, check_id

if TYPE_CHECKING:  # comes with an extra, and is loaded when a store is opened
    from crmcore.adapters.sql import SqlStore

__all__ = ["Desk", "Place", "at_desk", "carried_out", "on_store"]

P = ParamSpec("P")

#: How an address begins; a drive of Windows has one letter.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


@frozen(kw_only=True, repr=False, eq=False)
class Place(Discreet):
    """A CRM in a store, and the actor."""

    _shown: ClassVar[tuple[str, ...]] = ("portal", "actor", "schema")

    store: str
    portal: str = "main"
    actor: int = 1
    schema: str | None = None

    @property
    def url(self) -> str:
        """The address of the database; a plain path is a SQLite file."""
        return self.store if _SCHEME.match(self.store) else f"sqlite:///{self.store}"

    def files(self) -> tuple[Path, ...]:
        """The files that are read through the address: the database with what lies beside it, or those of options."""
        from crmcore.adapters.sql import files_at

        return files_at(self.url)

    def continued(self, command: str, *more: str) -> str:
        """How to continue at the same place, and how to give what the line must not show."""
        said = f"continue with: {self.line(command, *more)}"
        if redacted(self.store) == self.store:
            return said
        return (
            f"{said}\n{HIDDEN} is not shown: type the address as before, or leave the password out of it and give it in"
            " PGPASSWORD or ~/.pgpass"
        )

    def line(self, command: str, *more: str) -> str:
        """A command line for the same place, without secrets."""
        words = ["crmcore", command, "--store", redacted(self.store)]
        for option, value, usual in (
            ("--portal", self.portal, "main"),
            ("--schema", self.schema, None),
            ("--actor", str(self.actor), "1"),
        ):
            if value is not None and value != usual:
                words += [option, value]
        return " ".join(map(quoted, (*words, *more)))


@frozen(repr=False, eq=False)
class Desk(Discreet):
    """An open store with its CRM and the actor."""

    place: Place
    store: "SqlStore"
    crm: Crm
    actor: UserId

    def count(self, kind: Kind) -> int:
        """How many records of a kind there are."""
        from crmcore.adapters.sql import count_of

        return count_of(self.store, kind)

    def fill(self, image: CrmImage) -> Refused | None:
        """Fill this CRM, which must have no records, with a whole CRM."""
        from crmcore.adapters.sql import fill_portal

        return fill_portal(self.store, image, by=self.actor)


def on_store(report: Doc, place: Place, work: Callable[[Desk, Doc], Doc]) -> Doc:
    """Open the store and work on it; an unusable store or a wrong call becomes a report that names the portal."""
    of_portal = evolve(report, portal=place.portal)

    def opened() -> Doc:
        from crmcore.adapters.sql import open_store

        check_id("actor", place.actor)
        with open_store(place.url, portal=place.portal, schema=place.schema) as store:
            crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())
            return work(Desk(place, store, crm, UserId(place.actor)), of_portal)

    return carried_out(of_portal, opened)


def at_desk(
    blank: Callable[[], Doc],
) -> Callable[[Callable[Concatenate[Desk, Doc, P], Doc]], Callable[Concatenate[Place, P], Doc]]:
    """What makes work at a desk, which fills in such a document, a function that takes the place of the store."""

    def opening(work: Callable[Concatenate[Desk, Doc, P], Doc]) -> Callable[Concatenate[Place, P], Doc]:
        @wraps(work)
        def carried_out_at(place: Place, /, *args: P.args, **more: P.kwargs) -> Doc:
            return on_store(blank(), place, lambda desk, report: work(desk, report, *args, **more))

        return carried_out_at

    return opening


def carried_out(report: Doc, work: Callable[[], Doc]) -> Doc:
    """Work with a store; the exit code of the report tells whether a retry can help."""
    try:
        return work()
    except MissingExtra as error:
        return bad_input(report, [Fault(code="missing_extra", message=str(error))])
    except InvalidValue as error:
        return bad_value(report, error)
    except StoreError as error:
        from crmcore.adapters.sql.connection.errors import WrongStore

        if isinstance(error, WrongStore):
            return bad_input(report, [Fault(code=error.code, message=str(error), field=OPTIONS[error.field])])
        return store_failed(report, error)

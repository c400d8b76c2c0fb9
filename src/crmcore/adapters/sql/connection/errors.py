"""What can be wrong with a database before any record is read; each error says what to do."""

from typing import ClassVar

from crmcore.adapters.redaction import redacted
from crmcore.domain.model.errors import StoreError

__all__ = [
    "ClosedStore",
    "ForbiddenStore",
    "ForeignStore",
    "MissingStore",
    "NewerStore",
    "NoTransaction",
    "OlderStore",
    "PortalExists",
    "PortalInUse",
    "ReplacedStore",
    "UnfinishedStore",
    "UnknownPortal",
    "UnreachableStore",
    "WrongStore",
]


class WrongStore(StoreError):
    """A database that cannot be used as it is; running again changes nothing, following the advice does.

    `place` is the database without its secrets, `found` what was met there, `field` the argument to change.
    """

    code: ClassVar[str] = "wrong_store"
    field: ClassVar[str] = "url"
    _says: ClassVar[str] = "{place} cannot be used: {found}"

    def __init__(self, place: str, found: str = "") -> None:
        place = redacted(place)
        super().__init__(place, found)
        self.place = place
        self.found = found

    def __str__(self) -> str:
        return self._says.format(place=self.place, found=self.found)


class MissingStore(WrongStore):
    """There is no file, or no tables in it."""

    code = "missing_store"
    _says = "{place} has no CRM; make one with `crmcore init`, or the tables alone with `crmcore db upgrade`"


class OlderStore(WrongStore):
    """The tables are of an older version of the library."""

    code = "older_store"
    _says = "{place} has tables of version {found}; bring them up with `crmcore db upgrade`, after a backup"


class NewerStore(WrongStore):
    """The tables are of a newer version of the library."""

    code = "newer_store"
    _says = "{place} has tables of version {found}, which this crmcore does not know; use a newer crmcore"


class ReplacedStore(WrongStore):
    """The file that a store has open is no longer the one of its name: deleted, moved, or replaced by another."""

    code = "replaced_store"
    _says = "{place} is no longer the file that was opened: it was deleted, moved or replaced; open the store anew"


class ForeignStore(WrongStore):
    """There are tables, and none of them are ours; or what is there is no database at all."""

    code = "foreign_store"
    _says = "{place} belongs to something else: {found}; name another database"


class UnreachableStore(WrongStore):
    """There is no way in: an unknown host, user, password, database or option of the address."""

    code = "unreachable_store"
    _says = "{place} cannot be opened: {found}; put the address right, running again changes nothing"


class ForbiddenStore(WrongStore):
    """The database lets its user in, and does not permit what was asked."""

    code = "forbidden_store"
    _says = (
        "{place} does not permit this to its user; GRANT the rights on the schema and its tables (USAGE, and CREATE to"
        " make tables; SELECT, INSERT, UPDATE and DELETE to work), or name another user"
    )


class UnfinishedStore(WrongStore):
    """There are tables of ours without their version: making them was broken off, or somebody removed it."""

    code = "unfinished_store"
    _says = (
        "{place} has tables of a CRM, such as {found!r}, but not their version: making them was broken off; restore a"
        " backup or, if no CRM was ever made there, drop the tables and views whose names begin with crm, and run"
        " `crmcore db upgrade`"
    )


class NoTransaction(WrongStore):
    """The connection of a host commits every statement by itself, so tables could be left half made."""

    code = "no_transaction"
    _says = (
        "{place} is reached by a connection that commits every statement by itself; take one of an engine without the"
        " isolation level AUTOCOMMIT and without the driver's autocommit"
    )


class UnknownPortal(WrongStore):
    """The tables are there, and no CRM of this name in them."""

    code = "unknown_portal"
    field = "portal"
    _says = "{place} has no portal {found!r}; make it with `crmcore init --portal`"


class PortalExists(WrongStore):
    """There is a CRM of this name already; it is left alone."""

    code = "portal_exists"
    field = "portal"
    _says = "{place} has a portal {found!r} already; it was left as it is"


class PortalInUse(WrongStore):
    """A whole CRM can be put into an empty portal only."""

    code = "portal_in_use"
    field = "portal"
    _says = "{place} has records already ({found}); make another portal for this CRM with `crmcore init --portal`"


class ClosedStore(StoreError):
    """The store was closed by its own program; open it anew."""

    def __str__(self) -> str:
        return "the store is closed; open it anew"

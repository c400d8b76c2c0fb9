"""The errors of a database that is not usable, raised before any record is read; each says what to do."""

from typing import ClassVar

from crmcore.adapters.redaction import redacted
from crmcore.domain.model.errors import StoreError

__all__ = [
    "ClosedStore",
    "ForbiddenStore",
    "ForeignStore",
    "LeadsElsewhere",
    "MissingStore",
    "NewerStore",
    "NoTransaction",
    "OlderStore",
    "PortalExists",
    "PortalInUse",
    "ReplacedStore",
    "TransactionLost",
    "TransactionOpen",
    "UnfinishedStore",
    "UnknownPortal",
    "UnreachableStore",
    "WrongStore",
    "WrongTransaction",
]


class WrongStore(StoreError):
    """A database that is not usable as it is; a retry does not help, but the advice in the message does.

    `place` is the database without its secrets, `found` what is there, `field` the argument to change.
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
    """The database has no tables, or the file does not exist."""

    code = "missing_store"
    _says = (
        "{place} has no CRM; create one with `crmcore init`, or only the tables with `crmcore db upgrade` (in a"
        " program: `create_portal`, `upgrade`)"
    )


class OlderStore(WrongStore):
    """The tables have the version of an older library."""

    code = "older_store"
    _says = (
        "{place} has tables of version {found}; make a backup, then upgrade them with `crmcore db upgrade` (in a"
        " program: `upgrade`)"
    )


class NewerStore(WrongStore):
    """The tables have the version of a newer library."""

    code = "newer_store"
    _says = "{place} has tables of version {found}, which this crmcore does not know; use a newer crmcore"


class ReplacedStore(WrongStore):
    """The file that a store has open is no longer the one of its name: deleted, moved, or replaced by another."""

    code = "replaced_store"
    _says = "{place} is no longer the file that was opened: it was deleted, moved or replaced; open the store again"


class ForeignStore(WrongStore):
    """The database has tables, but none of crmcore; or the file is not a database."""

    code = "foreign_store"
    _says = "{place} is not a database of crmcore: {found}; name another one"


class UnreachableStore(WrongStore):
    """The address is wrong: an unknown host, user, password, database or option."""

    code = "unreachable_store"
    _says = "{place} cannot be opened: {found}; correct the address, a retry does not help"


class ForbiddenStore(WrongStore):
    """The database accepts the login, but its user lacks a right."""

    code = "forbidden_store"
    _says = (
        "the database user of {place} lacks a right; GRANT rights on the schema and its tables (USAGE, and CREATE to"
        " create tables; SELECT, INSERT, UPDATE and DELETE to work), or name another user"
    )


class UnfinishedStore(WrongStore):
    """The database has tables of crmcore but no version: creating them was interrupted, or it was removed."""

    code = "unfinished_store"
    _says = (
        "{place} has tables of a CRM, such as {found!r}, but not their version: creating them was interrupted; restore"
        " a backup or, if no CRM was ever created there, drop the tables and views whose names begin with crm, and run"
        " `crmcore db upgrade` (in a program: `upgrade`)"
    )


class NoTransaction(WrongStore):
    """The host's connection commits every statement by itself, so an upgrade or a command could stop halfway."""

    code = "no_transaction"
    _says = (
        "the connection to {place} is in autocommit mode; use one from an engine without the isolation level AUTOCOMMIT"
        " and without the driver's autocommit"
    )


class WrongTransaction(WrongStore):
    """The host's transaction is none that a CRM can work in: another database, isolation level or kind."""

    code = "wrong_transaction"
    field = "connection"
    _says = "the transaction on {place} cannot be used for a CRM: {found}"


class TransactionOpen(WrongStore):
    """The thread would wait for itself: it has a transaction with commands of a CRM open on the same file."""

    code = "transaction_open"
    _says = (
        "this thread would wait for its own open transaction on {place}: work in it with `SqlStore.on(connection)`,"
        " or end it first"
    )


class UnknownPortal(WrongStore):
    """The tables exist, but have no CRM of this name."""

    code = "unknown_portal"
    field = "portal"
    _says = "{place} has no portal {found!r}; create it with `crmcore init --portal` (in a program: `create_portal`)"


class LeadsElsewhere(WrongStore):
    """The leads of the CRM are in rows of its host's, or they are not, and the caller took it for the other."""

    code = "leads_elsewhere"
    field = "portal"

    def __init__(self, place: str, found: str, has_rows: bool = False) -> None:
        super().__init__(place, found)
        self.args = (*self.args, has_rows)
        self.has_rows = has_rows

    def __str__(self) -> str:
        if self.has_rows:
            return (
                f"the leads of the portal {self.found!r} in {self.place} are in tables of the product that it belongs"
                " to: open it there, with `leads=`"
            )
        return f"the leads of the portal {self.found!r} in {self.place} are in its own tables: open it without `leads=`"


class PortalExists(WrongStore):
    """A CRM of this name already exists; it is unchanged."""

    code = "portal_exists"
    field = "portal"
    _says = "{place} already has a portal {found!r}, and it is unchanged (in a program: `open_store` opens it)"


class PortalInUse(WrongStore):
    """Only an empty portal can be filled with a whole CRM."""

    code = "portal_in_use"
    field = "portal"
    _says = (
        "{place} already has records ({found}); create another portal for this CRM with `crmcore init --portal` (in a"
        " program: `create_portal`)"
    )


class TransactionLost(StoreError):
    """A command failed inside the host's transaction, and cannot succeed in it: roll it back, and run all of it again.

    Nothing of the command was written; what the host did before it goes with the rollback.
    """

    def __str__(self) -> str:
        return f"roll your transaction back and run all of it again: {super().__str__()}"


class ClosedStore(StoreError):
    """The program has closed this store; open a new one."""

    def __str__(self) -> str:
        return "the store is closed; open a new one"

"""The options that commands share: the store, the portal in it, the actor, and the form of the answer."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from attrs import frozen

from crmcore.adapters import missing_extra
from crmcore.adapters.cli.work.session import Place
from crmcore.domain.model.text import Discreet

try:
    from cyclopts import Parameter
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

__all__ = ["NO_OPTIONS", "Flag", "Options", "StoreOptions"]

#: An option without a value and without a negative form.
Flag = Annotated[bool, Parameter(negative=())]


_STORE = Parameter(help="The database: an address such as postgresql://host/name, or the path to a SQLite file.")


@Parameter(name="*")
@frozen(kw_only=True, repr=False, eq=False)
class Options(Discreet):
    """The options of a command that works on a file or on a store."""

    store: Annotated[str | None, _STORE] = None
    portal: Annotated[str | None, Parameter(help="The portal (CRM) in the database. Default: main.")] = None
    actor: Annotated[int | None, Parameter(help="The id of the user who gives the command. Default: 1.")] = None
    schema: Annotated[str | None, Parameter(help="The schema of the tables (PostgreSQL only).")] = None
    json: Annotated[bool, Parameter(negative=(), help="Print one JSON document on standard output.")] = False

    @property
    def place(self) -> Place | None:
        """The store, if one is named."""
        return None if self.store is None else self._place(self.store)

    def _place(self, store: str) -> Place:
        given = {"portal": self.portal, "actor": self.actor, "schema": self.schema}
        return Place(store=store, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # each of its own type

    def contradiction(self, name: str, file: Path | None, of_files: Iterable[str] = ()) -> tuple[str, str] | None:
        """What is wrong with a call that names a file, a store, both or neither: the message, and the option."""
        if (file is None) is (self.store is None):
            return f"expected either {name} or --store", name if file is None else "--store"
        if self.store is not None:
            said = "works only with a file; for a store use `crmcore import`, `crmcore settings` and `crmcore export`"
            return next(((said, option) for option in of_files), None)
        of_stores = {"--portal": self.portal, "--actor": self.actor, "--schema": self.schema}
        return next((("requires --store", name) for name, value in of_stores.items() if value is not None), None)


@Parameter(name="*")
@frozen(kw_only=True, repr=False, eq=False)
class StoreOptions(Options):
    """The options of a command that works only on a store."""

    store: Annotated[str, _STORE]

    @property
    def place(self) -> Place:
        """The store."""
        return self._place(self.store)


#: No option is given.
NO_OPTIONS = Options()

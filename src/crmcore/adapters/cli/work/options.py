"""The options that commands share: the store, the portal in it, the actor, how files are read, the form of answers."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from attrs import evolve, fields, frozen

from crmcore.adapters import missing_extra
from crmcore.adapters.cli.work.session import Place
from crmcore.domain.model.text import Discreet

try:
    from cyclopts import Group, Parameter
except ImportError as failed:
    raise missing_extra(failed, "cli") from failed

if TYPE_CHECKING:  # loaded when a file is read
    from crmcore.adapters.bitrix24_csv import FileMapping

__all__ = [
    "NO_FILES_BESIDE",
    "NO_FILE_OPTIONS",
    "NO_OPTIONS",
    "NO_READING_OPTIONS",
    "WITH_FILE",
    "WITH_STORE",
    "DatabaseOptions",
    "FileOptions",
    "FilesBeside",
    "Flag",
    "Options",
    "ReadingOptions",
    "StoreOptions",
]

#: An option without a value and without a negative form.
Flag = Annotated[bool, Parameter(negative=())]


#: The headings of the help, which say what an option goes with.
WITH_FILE, WITH_STORE = Group("With a file"), Group("With --store")


def _on_store(help: str) -> Parameter:
    return Parameter(group=WITH_STORE, help=help)


_STORE = _on_store("The database: an address such as postgresql://host/name, or the path to a SQLite file.")
_SCHEMA = _on_store("The schema of the tables (PostgreSQL only).")
_JSON = Parameter(negative=(), help="Print one JSON document on standard output.")


@Parameter(name="*")
@frozen(kw_only=True, repr=False, eq=False)
class Options(Discreet):
    """The options of a command that works on a file or on a store."""

    store: Annotated[str | None, _STORE] = None
    portal: Annotated[str | None, _on_store("The portal (CRM) in the database. Default: main.")] = None
    actor: Annotated[int | None, _on_store("The id of the user who gives the command. Default: 1.")] = None
    schema: Annotated[str | None, _SCHEMA] = None
    json: Annotated[bool, _JSON] = False

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
            said = (
                "works only with a file; for a store use `crmcore import`, `crmcore settings`, `crmcore result` and "
                "`crmcore export`"
            )
            return next(((said, option) for option in of_files), None)
        return self.without_store("--portal", "--actor", "--schema")

    def without_store(self, *names: str) -> tuple[str, str] | None:
        """What is wrong with a call that names none, and yet one of these options of a store: the message and it."""
        given = (name for name in names if getattr(self, name.removeprefix("--")) is not None)
        return next((("requires --store", name) for name in given), None)


@Parameter(name="*")
@frozen(kw_only=True, repr=False, eq=False)
class DatabaseOptions(Discreet):
    """The options of a command that works on the tables of all portals."""

    store: Annotated[str, _STORE]
    schema: Annotated[str | None, _SCHEMA] = None
    json: Annotated[bool, _JSON] = False

    @property
    def place(self) -> Place:
        """The database."""
        return Place(store=self.store, schema=self.schema)


@Parameter(name="*")
@frozen(kw_only=True, repr=False, eq=False)
class StoreOptions(Options):
    """The options of a command that works only on a store."""

    store: Annotated[str, _STORE]

    @property
    def place(self) -> Place:
        """The store."""
        return self._place(self.store)


@Parameter(name="*", group=WITH_FILE)
@frozen(kw_only=True, repr=False, eq=False)
class ReadingOptions(Discreet):
    """What says how files of leads are read, whether they are imported or only looked at."""

    mapping: Annotated[
        Path | None, Parameter(help="A mapping.toml that says what headings, stages and words of the files mean.")
    ] = None
    stages: Annotated[
        Path | None,
        Parameter(help="The lead stages of the portal, with their meanings: the answer of crm.status.list."),
    ] = None
    pipelines: Annotated[
        Path | None,
        Parameter(
            help="The deal pipelines of the portal, as crm.category.list or crm.dealcategory.list answers them; with "
            "--stages they have the stages that it lists."
        ),
    ] = None
    language: Annotated[
        Literal["en", "ru", "de", "es", "fr", "it", "pl", "pt"] | None,
        Parameter(help="The language of the files, so that its translated stage names are understood."),
    ] = None
    encoding: Annotated[str | None, Parameter(help="The encoding of files that are not UTF-8, such as cp1252.")] = None
    dates: Annotated[
        Literal["dmy", "mdy"] | None, Parameter(help="What comes first in days such as 03/04/2026: day or month.")
    ] = None
    number: Annotated[
        Flag, Parameter(help="Give leads new ids; the ids in the file, if there are any, become their origins.")
    ] = False
    all_new: Annotated[
        Flag, Parameter(help="Accept a file whose stages are not understood; leads without a known stage count as new.")
    ] = False
    unlinked: Annotated[
        Flag, Parameter(help="Accept leads whose client cannot be found, without the link: each gets a new client.")
    ] = False
    partial: Annotated[
        Flag, Parameter(help="Accept an answer of the REST interface that is one page of a longer list.")
    ] = False

    def paths(self) -> list[Path]:
        """The files that are read besides those of records."""
        return [path for path in (self.mapping, self.stages, self.pipelines) if path is not None]

    def file_mapping(self) -> "FileMapping":
        """What the mapping says, and the options beside it; raises `BadFile` for a mapping that cannot be read."""
        from crmcore.adapters.bitrix24_csv import DateOrder, read_mapping
        from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING

        told = {
            "language": self.language,
            "encoding": self.encoding,
            "dates": None if self.dates is None else DateOrder(self.dates),
        }
        mapping = NO_MAPPING if self.mapping is None else read_mapping(self.mapping)
        return evolve(mapping, **{name: value for name, value in told.items() if value is not None})  # type: ignore[arg-type]  # each of its own type


@Parameter(name="*", group=WITH_FILE)
@frozen(kw_only=True, repr=False, eq=False)
class FileOptions(ReadingOptions):
    """The same, and what becomes of rows that cannot be read."""

    skip_bad_rows: Annotated[Flag, Parameter(help="Skip rows that cannot be read, and list them.")] = False
    rejects: Annotated[
        Path | None, Parameter(help="A new CSV file for the rows that are skipped, with what is wrong in each.")
    ] = None

    def given(self) -> list[str]:
        """The options that were given, as they are typed."""
        return [f"--{each.name.replace('_', '-')}" for each in fields(FileOptions) if getattr(self, each.name)]


@Parameter(name="*", group=WITH_FILE)
@frozen(kw_only=True, repr=False, eq=False)
class FilesBeside(Discreet):
    """The files that go beside one of leads."""

    activities: Annotated[Path | None, Parameter(help="A file of the activities of these leads.")] = None
    contacts: Annotated[
        Path | None, Parameter(help="A file of contacts, as the product exports it: the clients of these leads.")
    ] = None
    companies: Annotated[
        Path | None, Parameter(help="A file of companies, as the product exports it: those of leads and contacts.")
    ] = None

    def given(self) -> list[str]:
        """The options that were given, as they are typed."""
        return [f"--{each.name}" for each in fields(FilesBeside) if getattr(self, each.name) is not None]

    def paths(self) -> list[Path]:
        """The files that were given."""
        return [path for path in (self.activities, self.contacts, self.companies) if path is not None]


#: No option is given.
NO_OPTIONS = Options()
NO_FILES_BESIDE = FilesBeside()
NO_FILE_OPTIONS = FileOptions()
NO_READING_OPTIONS = ReadingOptions()

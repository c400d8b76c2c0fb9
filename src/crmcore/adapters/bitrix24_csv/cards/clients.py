"""Reading contacts and companies, each with its own export, so that leads can be linked to them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from attrs import field, frozen

from crmcore.adapters.bitrix24_csv.cards.card_reader import CardReader, CardRow
from crmcore.adapters.bitrix24_csv.cards.links import NO_CLIENTS, KnownClients
from crmcore.adapters.bitrix24_csv.errors import BadRow
from crmcore.adapters.bitrix24_csv.formats.seen import OwnField
from crmcore.adapters.bitrix24_csv.gate import check_is_of_clients
from crmcore.adapters.bitrix24_csv.own.file_map import NO_MAPPING, FileMapping
from crmcore.adapters.bitrix24_csv.own.own_fields import own_fields, with_own_fields
from crmcore.adapters.bitrix24_csv.own.plain_cells import with_plain_cells
from crmcore.adapters.bitrix24_csv.rows import Reading
from crmcore.adapters.bitrix24_csv.sheets import Sheet, read_sheet
from crmcore.adapters.bitrix24_csv.words.names import NOBODY_KNOWN, KnownPersons, Names
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.text import Discreet

__all__ = [
    "ClientFile",
    "ClientReading",
    "checked_clients",
    "client_sheet",
    "clients_in",
    "read_companies",
    "read_contacts",
]

C = TypeVar("C", Contact, Company)

_NO_NAMES = Names(stages={}, sources={}, persons={})


@frozen(kw_only=True, repr=False, eq=False)
class ClientFile(Discreet, Generic[C]):
    """What a file of contacts or of companies holds; the rest as in `LeadFile`."""

    clients: tuple[C, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()
    skipped_rows: tuple[BadRow, ...] = ()
    unplaced: Mapping[str, int] = field(factory=dict)
    names: Names = _NO_NAMES
    own_fields: tuple[OwnField, ...] = ()
    sheet: Sheet | None = None
    lines: Mapping[int, int] = field(factory=dict)


def read_contacts(
    path: Path,
    *,
    unlinked: bool = False,
    partial: bool = False,
    mapping: FileMapping = NO_MAPPING,
    persons: KnownPersons = NOBODY_KNOWN,
    clients: KnownClients = NO_CLIENTS,
) -> ClientFile[Contact]:
    """Read a file of contacts, in the layout of the product's own export or with REST field codes as headings.

    `clients` are those that contacts may be linked to, which is one company each; `unlinked` takes contacts of other
    companies, without their links. The rest is as for `read_leads`.
    Raises `BadFile` when the file cannot be read as a whole or is no file of contacts.
    """
    sheet = client_sheet(Kind.CONTACT, path, mapping, partial=partial)
    return clients_in(Kind.CONTACT, sheet, mapping, persons, clients, unlinked=unlinked)


def read_companies(
    path: Path,
    *,
    partial: bool = False,
    mapping: FileMapping = NO_MAPPING,
    persons: KnownPersons = NOBODY_KNOWN,
) -> ClientFile[Company]:
    """Read a file of companies, as `read_contacts` reads one of contacts; companies are linked to nothing.

    Raises `BadFile` when the file cannot be read as a whole or is no file of companies.
    """
    return clients_in(Kind.COMPANY, client_sheet(Kind.COMPANY, path, mapping, partial=partial), mapping, persons)


def client_sheet(kind: Kind, path: Path, mapping: FileMapping, *, partial: bool = False) -> Sheet:
    """The rows and headings of a file of contacts or companies, before any row is read; raises `BadFile`."""
    return read_sheet(
        path, lambda names: mapping.client_columns(kind, names), encoding=mapping.encoding, partial=partial
    )


def clients_in(
    kind: Kind,
    sheet: Sheet,
    mapping: FileMapping,
    persons: KnownPersons = NOBODY_KNOWN,
    clients: KnownClients = NO_CLIENTS,
    *,
    unlinked: bool = False,
) -> ClientFile[Any]:
    """The contacts or companies of a sheet that `client_sheet` gave; the rest as for `read_contacts`."""
    sheet = checked_clients(kind, sheet, mapping)
    reading = ClientReading(kind, sheet, mapping, persons, clients, unlinked=unlinked)
    found, lines = reading.whole()
    return ClientFile(
        clients=found,
        bad_rows=reading.bad_rows,
        skipped_rows=reading.skipped_rows,
        unplaced=reading.unplaced,
        names=reading.names,
        own_fields=own_fields(reading.own),
        sheet=sheet,
        lines=lines,
    )


def checked_clients(kind: Kind, sheet: Sheet, mapping: FileMapping) -> Sheet:
    """The sheet as `ClientReading` reads it; raises `BadFile`."""
    check_is_of_clients(sheet, kind)
    return with_own_fields(with_plain_cells(sheet, mapping))


class ClientReading(Reading[Any]):
    """The contacts or companies of a sheet that `checked_clients` gave, some at a time."""

    def __init__(
        self,
        kind: Kind,
        sheet: Sheet,
        mapping: FileMapping,
        persons: KnownPersons,
        clients: KnownClients,
        *,
        unlinked: bool,
    ) -> None:
        self._clients = _READERS[kind](sheet, mapping, persons, clients, unlinked=unlinked)
        super().__init__(sheet, self._clients)

    @property
    def names(self) -> Names:
        """The display names that the rows read so far have used."""
        return self._clients.names()


class _ContactReader(CardReader[Contact]):
    of = "contact"

    def made(self, row: CardRow) -> tuple[int, Contact]:
        fields = self.card(row, "Contact")
        contact = Contact(name=self.name(row), **fields, **self.linked(row))
        return contact.id, contact


class _CompanyReader(CardReader[Company]):
    of = "company"

    def made(self, row: CardRow) -> tuple[int, Company]:
        company = Company(**self.card(row, "Company"))
        return company.id, company


_READERS: Mapping[Kind, type[CardReader[Any]]] = {Kind.CONTACT: _ContactReader, Kind.COMPANY: _CompanyReader}

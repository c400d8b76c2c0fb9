"""The clients that leads and contacts are linked to: by id, or by a name that only one client has."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from crmcore.adapters.bitrix24_csv.cells import is_filled
from crmcore.adapters.bitrix24_csv.errors import Fault
from crmcore.adapters.bitrix24_csv.formats.facts import Ids
from crmcore.adapters.bitrix24_csv.formats.table import Row
from crmcore.adapters.bitrix24_csv.references import is_link, read_targets
from crmcore.adapters.bitrix24_csv.rows import Unreadable
from crmcore.adapters.bitrix24_csv.sheets import Heading, Sheet
from crmcore.adapters.bitrix24_csv.words.columns import Meaning
from crmcore.adapters.bitrix24_csv.words.names import plain
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.ids import CLIENTS, Kind

__all__ = ["NOBODY_THERE", "NO_CLIENTS", "ClientsThere", "KnownClients", "Links", "has_names"]


class ClientsThere:
    """The clients that a CRM has before files are read into it: none, unless a subclass finds some."""

    def among(self, kind: Kind, ids: Collection[int]) -> Collection[int]:
        """Those of these ids of contacts, or of companies, that a link may lead to."""
        return ()

    def every(self, kind: Kind) -> Iterable[Contact | Company]:
        """All contacts, or all companies, that a link may lead to."""
        return ()


NOBODY_THERE = ClientsThere()


class KnownClients:
    """The clients that a link may lead to: those that files bring, and those that are there already.

    >>> from crmcore import PersonName
    >>> known = KnownClients([Contact(id=503, responsible=1, name=PersonName(first="Ada", last="Sample"))])
    >>> known.among(Kind.CONTACT, {503, 504}), known.called(Kind.CONTACT, "Sample  Ada")
    (frozenset({503}), (503,))
    """

    def __init__(
        self,
        contacts: Iterable[Contact] = (),
        companies: Iterable[Company] = (),
        there: ClientsThere = NOBODY_THERE,
    ) -> None:
        self._there = there
        self._ids = {kind: Ids() for kind in CLIENTS}
        self._names: dict[Kind, dict[str, set[int]]] = {kind: {} for kind in CLIENTS}
        self._has_all_names: set[Kind] = set()
        self.bring(Kind.CONTACT, contacts)
        self.bring(Kind.COMPANY, companies)

    def bring(self, kind: Kind, clients: Iterable[Contact | Company], *, by_name: bool = True) -> None:
        """Know more clients that files bring, by their names too where links may give these."""
        for client in clients:
            self._ids[kind].update((client.id,))
            if by_name:
                self._know(kind, client)

    def _know(self, kind: Kind, client: Contact | Company) -> None:
        for each in _names(client):
            self._names[kind].setdefault(_key(kind, each), set()).add(client.id)

    def among(self, kind: Kind, ids: Collection[int]) -> frozenset[int]:
        """Those of the ids that a link may lead to."""
        brought = {id for id in ids if id in self._ids[kind]}
        others = set(ids) - brought
        return frozenset({*brought, *(self._there.among(kind, others) if others else ())})

    def called(self, kind: Kind, name: str) -> tuple[int, ...]:
        """The clients with this name: a title, or the words of a person's name in whatever order.

        All clients that are there are looked through when the first name is asked for.
        """
        if kind not in self._has_all_names:
            self._has_all_names.add(kind)
            for client in self._there.every(kind):
                self._know(kind, client)
        return tuple(sorted(self._names[kind].get(_key(kind, name), ())))


#: No client is known.
NO_CLIENTS = KnownClients()


def _names(client: Contact | Company) -> list[str]:
    """What a client may be called in a list: a person with the second name or without."""
    if isinstance(client, Company):
        return [client.title] if client.title else []
    name = client.name
    return [" ".join(filter(None, each)) for each in ((name.first, name.last), (name.first, name.middle, name.last))]


def _key(kind: Kind, name: str) -> str:
    return plain(name) if kind is Kind.COMPANY else " ".join(sorted(plain(name.replace(",", " ")).split()))


#: What is linked, in a message.
_LINKED = "this {of} is linked to a {kind} that is in no file and not in the CRM"
_TITLE_ALONE = "where it is only what the lead says of its company, map the heading to COMPANY_TITLE (--mapping)"
_WAY_ON = "give the export of clients too (--contacts, --companies), or import it without the link (--unlinked)"


def has_names(sheet: Sheet) -> bool:
    """Whether a sheet may link records to clients by their names."""
    return any(each.column.code.startswith(_BY_NAME) and sheet.is_filled(each) for each in sheet.headings)


class Links:
    """Reads the cells of links of a sheet; `of` is what the rows are, as a message says it.

    `unplaced` counts the cells that lead nowhere.
    """

    def __init__(self, sheet: Sheet, clients: KnownClients, unplaced: dict[str, int], of: str) -> None:
        self._clients = clients
        self._unplaced = unplaced
        self._of = of
        self._known: dict[Kind, frozenset[int]] = {}
        headings = [each for each in sheet.headings if each.column.meaning is Meaning.CLIENT]
        unplaced.update({each.text: 0 for each in headings})
        self._columns = [
            (kind, [each for each in headings if _kind(each) is kind and sheet.is_filled(each)]) for kind in CLIENTS
        ]

    def begin(self, rows: Sequence[Row]) -> None:
        """Look up the clients that rows name by their ids, before these are read."""
        for kind, columns in self._columns:
            cells = {each: {cells[each.index] for _, cells in rows} for each in columns}
            found = {id for each in columns for cell in cells[each] if is_filled(cell) for id in _ids(each, cell)}
            self._known[kind] = self._clients.among(kind, found)

    def read(self, cells: Iterable[tuple[Heading, str]]) -> tuple[dict[str, int], Unreadable | None]:
        """The links of a row by field, and what is wrong where a client is nowhere or could be several."""
        links: dict[str, int] = {}
        wrong: Unreadable | None = None
        filled = [(heading, cell) for heading, cell in cells if is_link(cell)]
        for kind in CLIENTS:
            of_kind = [(heading, cell) for heading, cell in filled if _kind(heading) is kind]
            ids = [(heading, id) for heading, cell in of_kind for id in _ids(heading, cell)]
            named = [] if ids else sorted({id for _, cell in of_kind for id in self._clients.called(kind, cell)})
            # Of several the first one counts, that of the column for one alone before that for several.
            first = min(ids, key=_is_of_several)[1] if ids else named[0] if len(named) == 1 else None
            if first is not None and (not ids or first in self._known[kind]):
                links[f"{kind}_id"] = first
                self._count({heading for heading, id in ids if id != first})
            elif of_kind:
                self._count(heading for heading, _ in of_kind)
                said = self._said(kind, len(named), has_ids=bool(ids))
                wrong = wrong or Unreadable(of_kind[0][0].text, Fault.UNKNOWN_CLIENT, said)
        return links, wrong

    def named(self, cells: Iterable[tuple[Heading, str]], links: Mapping[str, int]) -> dict[Kind, tuple[Heading, str]]:
        """What the clients of a row are called, and where, that its `links` do not lead to."""
        by_name = (each for each in cells if each[0].column.code.startswith(_BY_NAME) and is_link(each[1]))
        return {kind: each for each in by_name if f"{(kind := _kind(each[0]))}_id" not in links}

    def _said(self, kind: Kind, named: int, *, has_ids: bool) -> str:
        if named:  # one alone is linked
            return f"expected the id of a {kind}, since {named} of them have this name"
        said = f"{_LINKED.format(of=self._of, kind=kind)}; {_WAY_ON}"
        return said if has_ids or kind is Kind.CONTACT or self._of != "lead" else f"{said}; {_TITLE_ALONE}"

    def _count(self, headings: Iterable[Heading]) -> None:
        for heading in headings:
            self._unplaced[heading.text] += 1


#: How the codes of columns begin that have a client by name alone.
_BY_NAME = "LINKED_"


def _is_of_several(found: tuple[Heading, int]) -> bool:
    return found[0].column.code.endswith("_IDS")


def _kind(heading: Heading) -> Kind:
    return Kind.CONTACT if heading.column.place.endswith(".contact_id") else Kind.COMPANY


def _ids(heading: Heading, cell: str) -> list[int]:
    """The ids that a cell names; none where it has a name."""
    kind = _kind(heading)
    if heading.column.code.startswith(_BY_NAME):
        return []
    try:
        return [target.id for target in read_targets(heading, cell, kind) if target.kind is kind]
    except Unreadable:
        return []

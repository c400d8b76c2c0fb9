"""The workload W(N) as plain rows: N active leads with two open activities each, and N/10 contacts.

Every tenth lead carries the e-mail of one of the contacts, which matters only where clients are matched.
Every text is made anew for each row, as it would be when it is read from a file.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

__all__ = ["CONTACT_STEP", "ContactRow", "LeadRow", "contact_rows", "lead_rows"]

CONTACT_STEP = 10

_FIRST = ("Anna", "Bogdan", "Chiara", "Dmitri", "Élodie", "Farid", "Grażyna")
_LAST = ("Rossi", "Ivanov", "Müller", "García", "Nowak")
_SOURCES = ("WEB", "CALL", "EMAIL", "ADVERTISING", "PARTNER")
_CURRENCIES = ("EUR", "USD", "PLN")


class LeadRow(NamedTuple):
    """One lead with the subjects of its two activities."""

    id: int
    first: str
    last: str
    company_title: str
    email: str
    phone: str
    amount: Decimal
    currency: str
    source: str
    responsible: int
    subjects: tuple[str, str]


class ContactRow(NamedTuple):
    """One contact that is there before the switch."""

    id: int
    first: str
    last: str
    email: str
    responsible: int


def contact_rows(leads: int) -> Iterator[ContactRow]:
    """The contacts that exist before the switch."""
    for id in range(1, leads // CONTACT_STEP + 1):
        yield ContactRow(id, _FIRST[id % 7], f"{_LAST[id % 5]}-{id}", f"client{id}@example.com", id % 20 + 1)


def lead_rows(leads: int) -> Iterator[LeadRow]:
    """The active leads in id order; the activities of lead n are 2n - 1 and 2n."""
    for id in range(1, leads + 1):
        known, rest = divmod(id, CONTACT_STEP)
        yield LeadRow(
            id=id,
            first=_FIRST[id % 7],
            last=f"{_LAST[id % 5]}-{id}",
            company_title=f"Company {id} GmbH",
            email=f"lead{id}@example.com" if rest else f"client{known}@example.com",
            phone=f"+39 02 {id:07d}",
            amount=Decimal(id * 125) / 100,
            currency=_CURRENCIES[id % 3],
            source=_SOURCES[id % 5],
            responsible=id % 20 + 1,
            subjects=(f"Call back {id}", f"Send offer {id}"),
        )

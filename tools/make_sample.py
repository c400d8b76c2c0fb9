"""Make the sample that ships with the package: `python -m tools.make_sample`.

Nobody in it is real: the names are combined by a seeded generator, mail domains end in `.example`, and phone
numbers are from the range 555-0100 to 555-0199, which is kept for fiction. The first rows are written by hand, one
for each thing that a demonstration should show.
"""

import csv
import sys
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path
from random import Random

from crmcore.adapters.bitrix24_csv.languages.catalogue import language
from crmcore.adapters.bitrix24_csv.words.columns import EXPORT_COLUMNS
from crmcore.sample import activities_file, leads_file

SEED = 2026
LEADS = 30
FIRST_ID = 101
HEADINGS = [language("en").words("leads")[column.code][0] for column in EXPORT_COLUMNS]

PEOPLE = ("Olivia Hart", "Marek Lindqvist")
FIRST_NAMES = ("Ada", "Bruno", "Chiara", "Dario", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Luca")
LAST_NAMES = ("Abel", "Bianchi", "Costa", "Dragan", "Eriksen", "Fabre", "Grimaldi", "Haas", "Ivanova", "Jansen")
COMPANIES = ("Alder", "Birchwood", "Cobalt", "Dune", "Ember", "Foxglove", "Granite", "Harbour", "Indigo", "Juniper")
TRADES = ("Bakery", "Cycles", "Dental", "Foods", "Interiors", "Logistics", "Optics", "Textiles")
WANTS = ("Office chairs", "Standing desks", "Shelving", "A reception counter", "Meeting tables", "Acoustic panels")
POSITIONS = ("Buyer", "Office manager", "Managing director", "Architect", "")
CITIES = (
    ("Bologna", "40121", "Italy"),
    ("Lyon", "69002", "France"),
    ("Porto", "4000", "Portugal"),
    ("Gdansk", "80-827", "Poland"),
)
SOURCES = ("Website", "Call", "E-mail", "Advertising", "By recommendation", "Trade show", "CRM form", "Spring fair")
STAGES = ("Unassigned", "Unassigned", "In progress", "Processed")

BY_HAND: tuple[dict[str, str], ...] = (
    {"Lead name": "Call from an unknown number"},
    {"Lead name": "Request through the web form", "Company name": "Northwind Joinery", "Source": "CRM form"},
    {
        "Lead name": "Refit of three branches",
        "Salutation": "Ms.",
        "First name": "Noor",
        "Last name": "Haddad",
        "Date of birth": "17.04.1984",
        "Work phone": "+1 212 555 0110,+1 212 555 0111",
        "Mobile phone": "+1 917 555 0112",
        "Work e-mail": "noor@haddad.example,office@haddad.example",
        "Corporate website": "https://haddad.example",
        "Telegram account": "noor_haddad",
        "Company name": "Haddad & Daughters",
        "Position": "Owner",
        "Expected amount": "18499.95",
        "Currency": "EUR",
        "Comment": 'Wants the "quiet" range; call after 5 pm.\nHas our catalogue.',
        "Source": "By recommendation",
        "Source information": "An old customer in Bologna",
        "Stage": "In progress",
    },
    {
        "Lead name": "Twelve lamps",
        "First name": "Teo",
        "Second name": "Ivo",
        "Last name": "Marin",
        "Full name": "Teo Marin",
        "Home phone": "+1 646 555 0113",
        "Private e-mail": "teo.marin@mail.example",
        "Product": "Lamp, brass",
        "Price": "89.90",
        "Quantity": "12",
        "Expected amount": "1078.80",
        "Currency": "EUR",
        "Source": "Website",
    },
    {
        "Lead name": "Fitted kitchen, delivered",
        "First name": "Sanne",
        "Last name": "de Wit",
        "Work e-mail": "sanne@dewit.example",
        "Expected amount": "7250.00",
        "Currency": "EUR",
        "Source": "Trade show",
        "Stage": "Good lead",
    },
    {
        "Lead name": "Wrong number",
        "Work phone": "+1 212 555 0114",
        "Source": "Call",
        "Stage": "Junk lead",
        "Stage information": "Was looking for a pharmacy",
    },
    {
        "Lead name": "Мебель для переговорной",
        "First name": "Анна",
        "Last name": "Лебедева",
        "Work e-mail": "anna@lebedeva.example",
        "Expected amount": "12.345",
        "Currency": "EUR",
        "Source": "E-mail",
    },
)

#: Heading, then id, leads, kind, subject, completed, created, deadline, completed at.
ACTIVITIES = (
    ("ID", "LEAD_ID", "TYPE", "SUBJECT", "COMPLETED", "CREATED", "DEADLINE", "COMPLETED_AT"),
    ("1", "101", "call", "Call back", "N", "2026-11-16T09:30:00Z", "2026-11-24T10:00:00Z", ""),
    ("2", "103", "meeting", "Visit the first branch", "N", "2026-11-16T10:00:00Z", "2026-11-30T14:00:00Z", ""),
    ("3", "103", "email", "Send the catalogue", "Y", "2026-11-16T10:05:00Z", "", "2026-11-17T08:15:00Z"),
    ("4", "103,107", "task", "Ask the workshop for delivery dates", "N", "2026-11-17T11:00:00Z", "", ""),
    ("5", "104", "email", "Offer for twelve lamps", "N", "2026-11-18T15:20:00Z", "2026-11-25T12:00:00Z", ""),
    ("6", "106", "call", "Note the wrong number", "N", "2026-11-18T16:00:00Z", "", ""),
    ("7", "108", "call", "Ask about the floor plan", "N", "2026-11-19T08:45:00Z", "", ""),
    ("8", "112", "task", "Check stock", "N", "2026-11-19T09:00:00Z", "", ""),
    ("9", "120", "meeting", "Meet at the fair", "N", "2026-11-20T13:00:00Z", "2026-12-02T09:00:00Z", ""),
)


def leads() -> str:
    """The text of the file of leads, in the layout of the export."""
    random = Random(SEED)
    rows = [*BY_HAND, *(_made_up(random, number) for number in range(LEADS - len(BY_HAND)))]
    cells = [[_filled(FIRST_ID + at, row).get(heading, "") for heading in HEADINGS] for at, row in enumerate(rows)]
    return _csv([HEADINGS, *cells], quoted=True)


def activities() -> str:
    """The text of the file of activities."""
    return _csv(ACTIVITIES, quoted=False)


def _made_up(random: Random, number: int) -> dict[str, str]:
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    company = f"{random.choice(COMPANIES)} {random.choice(TRADES)}" if random.random() < 0.7 else ""
    domain = f"{company.split()[0].lower()}.example" if company else "mail.example"
    city, postal_code, country = random.choice(CITIES)
    has_amount = random.random() < 0.6
    return {
        "Lead name": f"{random.choice(WANTS)} for {company or last}",
        "First name": first,
        "Last name": last,
        "Street, house number": f"{random.randrange(1, 120)} Station Road",
        "City": city,
        "Postal code": postal_code,
        "Country": country,
        "Work phone": f"+1 212 555 {120 + number:04}" if random.random() < 0.6 else "",
        "Work e-mail": f"{first}.{last}@{domain}".lower() if random.random() < 0.8 else "",
        "Company name": company,
        "Position": random.choice(POSITIONS),
        "Stage": random.choice(STAGES),
        "Expected amount": f"{random.randrange(200, 20000)}.{random.randrange(100):02}" if has_amount else "",
        "Currency": "EUR" if has_amount else "",
        "Source": random.choice(SOURCES),
        "Responsible person": random.choice(PEOPLE),
    }


def _filled(id: int, row: dict[str, str]) -> dict[str, str]:
    """The row with what the export itself adds to each."""
    name = " ".join(part for part in (row.get("First name"), row.get("Last name")) if part)
    return {
        "ID": str(id),
        "Full name": name,
        "Stage": STAGES[0],
        "Available to everyone": "yes",
        "Responsible person": PEOPLE[0],
        **row,
    }


def _csv(rows: Iterable[Sequence[str]], *, quoted: bool) -> str:
    text = StringIO(newline="")
    write = csv.writer(
        text, delimiter=";", quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\r\n"
    )
    write.writerows(rows)
    return text.getvalue()


def write(path: Path, text: str, encoding: str) -> None:
    """Write a file to the byte, whatever the platform's line ends."""
    path.write_bytes(text.encode(encoding))
    print(path.name, len(text.splitlines()) - 1, "lines", file=sys.stderr)


if __name__ == "__main__":
    # The export begins with a byte order mark, the activities do not.
    write(leads_file(), leads(), "utf-8-sig")
    write(activities_file(), activities(), "utf-8")

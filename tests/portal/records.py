"""The leads, clients and activities of one made-up portal, as the older methods of the product list them.

Every field that a form can carry is filled in some of the leads; names and addresses are those of examples.
"""

from collections.abc import Mapping

from crmcore.adapters.bitrix24_csv.words.columns import LEAD_COLUMNS, Meaning

__all__ = ["ANSWERS_ONLY", "HONORIFICS", "OWN_FIELD", "PERSONS", "RECORDS", "points_of"]

#: Who works there: the names that an export has in place of ids.
PERSONS = {4: "Bea Sample", 7: "Cem Muster", 9: "Dora Prova"}
#: A form of address: its code in an answer, and what an export has in its place.
HONORIFICS = {"HNR_EN_1": "Mr.", "HNR_EN_2": "Mrs."}
#: What answers have and no export has.
ANSWERS_ONLY = ("UTM_SOURCE", "UTM_CAMPAIGN", "ORIGINATOR_ID", "ORIGIN_ID", "STATUS_SEMANTIC_ID")
#: One of them is the portal's own.
_STAGES = {"NEW": "P", "IN_PROCESS": "P", "PROCESSED": "P", "CALLED": "P", "JUNK": "F"}
#: A field of the portal's own: its code and its display name.
OWN_FIELD = ("UF_CRM_AREA", "Area of the office")
_SOURCES = ("CALL", "EMAIL", "WEB", "ADVERTISING", "PARTNER", "RECOMMENDATION", "TRADE_SHOW", "WEBFORM")
_POINT_COLUMNS = [column.code for column in LEAD_COLUMNS if column.meaning is Meaning.POINTS]
_PLAIN = {
    "NAME": "Ann", "LAST_NAME": "Example", "SECOND_NAME": "Q.", "BIRTHDATE": "1980-02-29", "ADDRESS": "1 Sample Street",
    "ADDRESS_2": "Flat 2", "ADDRESS_CITY": "Łódź", "ADDRESS_REGION": "Łódź region", "ADDRESS_PROVINCE": "Province",
    "ADDRESS_POSTAL_CODE": "00123", "ADDRESS_COUNTRY": "Poland", "COMPANY_TITLE": 'Smith; "Sons" & Co', "POST": "Buyer",
    "COMMENTS": "Wants them in oak.\nCall after 5.", "STATUS_DESCRIPTION": "Talked twice",
    "SOURCE_DESCRIPTION": "Fair in spring", OWN_FIELD[0]: "42 m²",
}  # fmt: skip


def _point(column: str, number: int) -> str:
    kind, _, type = column.partition("_")
    if kind == "PHONE":
        return f"+48 555 01 {number:02}"
    if kind == "EMAIL":
        return f"{type.lower()}{number}@example.com"
    return f"https://example.com/{type.lower()}/{number}" if kind == "WEB" else f"{type.lower()}-{number}"


def _lead(number: int) -> dict[str, str]:
    made = {"ID": str(number), "TITLE": f"Request no. {number}, {'ß' * (number % 3)}desks"}
    made |= {name: f"{value} {number}" for at, (name, value) in enumerate(_PLAIN.items()) if (number + at) % 4}
    if "BIRTHDATE" in made:
        made["BIRTHDATE"] = f"19{60 + number % 40}-02-{1 + number % 28:02}"
    if "ADDRESS_POSTAL_CODE" in made:
        made["ADDRESS_POSTAL_CODE"] = f"{number:05}"
    made |= {column: _point(column, number) for at, column in enumerate(_POINT_COLUMNS) if not (number + at) % 9}
    if number % 5:
        made |= {"OPPORTUNITY": f"{number * 1000 + 0.5:.2f}", "CURRENCY_ID": "EUR" if number % 2 else "PLN"}
    if number % 6 == 0:
        made |= {"CONTACT_ID": str(1 + number % 20)}
    if number % 10 == 5:
        made |= {"COMPANY_ID": str(1 + number % 9)}
    if number % 3:
        made["HONORIFIC"] = sorted(HONORIFICS)[number % 2]
    if number % 7 == 0:
        made |= {
            "UTM_SOURCE": "letter",
            "UTM_CAMPAIGN": f"spring {number}",
            "ORIGINATOR_ID": "SHOP",
            "ORIGIN_ID": f"o{number}",
        }
    stage = list(_STAGES)[number % len(_STAGES)]
    return made | {
        "STATUS_ID": stage,
        "STATUS_SEMANTIC_ID": _STAGES[stage],
        "SOURCE_ID": _SOURCES[number % len(_SOURCES)],
        **_of_cards(number),
    }


def _contact(number: int) -> dict[str, str]:
    made = {"ID": str(number), "NAME": f"Eve {number}", "LAST_NAME": "Client", "COMPANY_ID": str(1 + number % 9)}
    made |= {column: _point(column, 100 + number) for at, column in enumerate(_POINT_COLUMNS) if not (number + at) % 8}
    if number % 4 == 0:
        del made["COMPANY_ID"]
    return made | {
        "SECOND_NAME": "R." if number % 2 else "",
        "POST": f"Head of {number}",
        "COMMENTS": f"Met at “fair” {number}",
        "SOURCE_ID": _SOURCES[number % len(_SOURCES)],
        **_of_cards(number),
    }


def _company(number: int) -> dict[str, str]:
    points = {column: _point(column, 200 + number) for at, column in enumerate(_POINT_COLUMNS) if not (number + at) % 8}
    return {"ID": str(number), "TITLE": f"Müller & Co {number}", "COMMENTS": f"Old client {number}", **points} | (
        _of_cards(number)
    )


def _of_cards(number: int) -> dict[str, str]:
    """What every card has."""
    return {
        "OPENED": "Y" if number % 2 else "N",
        "ASSIGNED_BY_ID": str(sorted(PERSONS)[number % len(PERSONS)]),
        "DATE_CREATE": f"2026-0{1 + number % 9}-{1 + number % 28:02}T09:{number - 1:02}:00+00:00",
    }


def _activity(number: int) -> dict[str, str]:
    done = number % 3 == 0
    made = {
        "ID": str(number),
        "LEAD_ID": str(1 + number * 7 % 60),
        "TYPE": ("call", "meeting", "task", "email")[number % 4],
        "SUBJECT": f"Talk {number}",
        "DESCRIPTION": f"About “desks” {number}" if number % 2 else "",
        "RESPONSIBLE_ID": str(sorted(PERSONS)[number % len(PERSONS)]),
        "DEADLINE": f"2026-10-{1 + number % 28:02}T12:00:00+00:00" if number % 4 else "",
        "CREATED": f"2026-02-{1 + number % 28:02}T08:{number % 60:02}:00+00:00",
        "COMPLETED": "Y" if done else "N",
        "COMPLETED_AT": f"2026-03-{1 + number % 28:02}T08:00:00+00:00" if done else "",
    }
    return {name: value for name, value in made.items() if value}


#: Sixty leads and what belongs to them, by kind of file and by the codes of their columns.
RECORDS: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "leads": tuple(map(_lead, range(1, 61))),
    "contacts": tuple(map(_contact, range(1, 21))),
    "companies": tuple(map(_company, range(1, 10))),
    "activities": tuple(map(_activity, range(1, 81))),
}


def points_of(lead: Mapping[str, str]) -> dict[str, list[dict[str, str]]]:
    """The contact points of a lead by the codes of their kinds, as the methods of the product list them."""
    found: dict[str, list[dict[str, str]]] = {}
    for column in _POINT_COLUMNS:
        if column in lead:
            prefix, _, type = column.partition("_")
            found.setdefault(prefix, []).append({"VALUE": lead[column], "VALUE_TYPE": type})
    return found

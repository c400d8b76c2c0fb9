"""Which records a cell names: ids with their kinds, in the forms of the product and of programs."""

import pytest

from crmcore.adapters.bitrix24_csv.references import OTHER, OtherKind, is_link, read_owner_type, read_targets
from crmcore.adapters.bitrix24_csv.rows import Unreadable
from crmcore.adapters.bitrix24_csv.sheets import Heading
from crmcore.adapters.bitrix24_csv.words.headings import activity_columns
from crmcore.domain.model.ids import Kind

LEAD, DEAL, CONTACT, COMPANY = Kind.LEAD, Kind.DEAL, Kind.CONTACT, Kind.COMPANY


def _heading(code: str) -> Heading:
    return Heading(0, code, activity_columns([code])[0].column, True, code)


@pytest.mark.rule("CSV-7.2")
@pytest.mark.parametrize(
    "cell, kind",
    [
        *zip(("1", "1.0", "L", " lead ", "CRM_LEAD", "Лид", "Лід", "Prospecto"), [LEAD] * 8, strict=True),
        *zip(("2", "d", "Deal", "crm_deal", "СДЕЛКА", "Affare", "Negócio"), [DEAL] * 7, strict=True),
        *zip(("3", "C", "Contact", "Контакт", "Kontakt"), [CONTACT] * 5, strict=True),
        *zip(("4", "CO", "Company", "Компания", "Firma", "Entreprise"), [COMPANY] * 6, strict=True),
        *zip(("5", "31", "Q", "i", "SI", "o", "T8f", "Quote", "dynamic_128", "CRM_QUOTE"), [OTHER] * 10, strict=True),
    ],
)
def test_a_kind_has_a_number_a_prefix_and_names(cell: str, kind: Kind | OtherKind) -> None:
    """What the product has beyond leads, deals and clients is of another kind."""
    assert read_owner_type(_heading("OWNER_TYPE_ID"), cell) is kind


@pytest.mark.parametrize("cell", ["x", "Tx", "lead deal", "1.5", "CRM_", ""])
def test_what_is_no_kind_is_said(cell: str) -> None:
    """With those that there are."""
    with pytest.raises(Unreadable) as bad:
        read_owner_type(_heading("OWNER_TYPE_ID"), cell)
    said = "expected a type of owners: 1 to 4, or lead, deal, contact, company"
    assert (bad.value.field, bad.value.code, bad.value.message) == ("OWNER_TYPE_ID", "bad_id", said)


@pytest.mark.rule("CSV-7.2")
@pytest.mark.parametrize(
    "cell, kind, targets",
    [
        ("5", LEAD, [(LEAD, 5)]),
        ("5.0", LEAD, [(LEAD, 5)]),
        ("5, 6", DEAL, [(DEAL, 5), (DEAL, 6)]),
        ("5", OTHER, [(OTHER, 5)]),
        ("D_2", LEAD, [(DEAL, 2)]),
        ("lead:102,deal:1", None, [(LEAD, 102), (DEAL, 1)]),
        ("lead 7", None, [(LEAD, 7)]),
        ("L-7.0", None, [(LEAD, 7)]),
        ("CRM_LEAD : 7", None, [(LEAD, 7)]),
        ("Tb1_7", None, [(OTHER, 7)]),
        ("31:7", None, [(OTHER, 7)]),
        ("['L_7', 8]", CONTACT, [(LEAD, 7), (CONTACT, 8)]),
        ("[{'OWNER_TYPE_ID': '2', 'OWNER_ID': 7}]", None, [(DEAL, 7)]),
        ("[{'ownerTypeId': 3, 'ownerId': '7'}]", None, [(CONTACT, 7)]),
        ("[{'ENTITY_TYPE_ID': 1, 'ENTITY_ID': 7}]", LEAD, [(LEAD, 7)]),
        ("[{'contactId': 7, 'isPrimary': 'Y'}]", CONTACT, [(CONTACT, 7)]),
        ("[{'COMPANY_ID': '7'}]", COMPANY, [(COMPANY, 7)]),
    ],
)
def test_the_records_of_a_cell(
    cell: str, kind: Kind | OtherKind | None, targets: list[tuple[Kind | OtherKind, int]]
) -> None:
    """A kind that a value names itself counts before that of the column."""
    assert read_targets(_heading("BINDINGS"), cell, kind) == targets


@pytest.mark.rule("CSV-7.2", "CSV-2.4")
@pytest.mark.parametrize("kind, said", [(None, "records such as lead:102,deal:1"), (LEAD, "ids, joined by commas")])
@pytest.mark.parametrize(
    "cell", ["thing:4", "L_0", "x", "5,x", "[]", "[{'OWNER_ID': 5}]", "[{'OWNER_TYPE_ID': 1}]", "[None]", "1.5"]
)
def test_what_names_no_record_is_said(cell: str, kind: Kind | None, said: str) -> None:
    """Nothing of the cell counts then."""
    with pytest.raises(Unreadable) as bad:
        read_targets(_heading("BINDINGS"), cell, kind)
    assert (bad.value.field, bad.value.code, bad.value.message) == ("BINDINGS", "bad_id", f"expected {said}")


def test_an_id_alone_needs_a_kind() -> None:
    """Leads, deals and clients each count theirs from 1."""
    with pytest.raises(Unreadable):
        read_targets(_heading("BINDINGS"), "5")


@pytest.mark.parametrize(
    "cell, found",
    [("503", True), ("0,503", True), ("[0, 5]", True), ("Ada", True), ("0", False), (" 0.0 ", False), ("0, 0", False),
     ("[]", False), ("[0, None]", False), ("None", False), ("['']", False)],
)  # fmt: skip
def test_a_link_to_nothing_is_none(cell: str, found: bool) -> None:
    """The product answers it as 0, and programs in their own ways."""
    assert is_link(cell) is found

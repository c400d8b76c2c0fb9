"""The match index: what is found under a key, and how its version moves."""

from typing import Any

from crmcore.adapters.memory.index import MatchIndex
from crmcore.domain.model.ids import CompanyId, ContactId, Kind
from crmcore.domain.model.values import ContactPoint, PointKind
from crmcore.domain.rules.matching import MatchKey
from crmcore.testing import TestCrm

ANN: Any = (ContactPoint(kind=PointKind.EMAIL, value="ann@example.com"),)
PHONE: Any = (ContactPoint(kind=PointKind.PHONE, value="+49 30 1234"),)
MAIL_OF_A_CONTACT = MatchKey(Kind.CONTACT, PointKind.EMAIL, "ann@example.com")
KEYS = (
    MAIL_OF_A_CONTACT,
    MatchKey(Kind.CONTACT, PointKind.PHONE, "+49301234"),
    MatchKey(Kind.COMPANY, PointKind.EMAIL, "ann@example.com"),
)


def test_a_write_moves_each_key_that_a_record_has_or_had() -> None:
    """By one; what is found is what has the key now, in order."""
    p = TestCrm.classic()
    mail, both, phone, none = (p.contact(contact_points=points) for points in (ANN, ANN + PHONE, PHONE, ()))
    company = p.company(contact_points=ANN)
    index = MatchIndex()
    # What is put under an id of a contact or a company, then ids and versions of the three keys.
    steps: list[tuple[Kind, int, object, list[list[int]], list[int]]] = [
        (Kind.CONTACT, ContactId(7), both, [[7], [7], []], [1, 1, 0]),
        (Kind.CONTACT, ContactId(5), mail, [[5, 7], [7], []], [2, 1, 0]),
        (Kind.COMPANY, CompanyId(7), company, [[5, 7], [7], [7]], [2, 1, 1]),
        (Kind.CONTACT, ContactId(7), phone, [[5], [7], [7]], [3, 2, 1]),
        (Kind.CONTACT, ContactId(5), mail, [[5], [7], [7]], [4, 2, 1]),
        (Kind.CONTACT, ContactId(5), None, [[], [7], [7]], [5, 2, 1]),
        (Kind.CONTACT, ContactId(5), none, [[], [7], [7]], [5, 2, 1]),
        (Kind.CONTACT, ContactId(7), none, [[], [], [7]], [5, 3, 1]),
        (Kind.CONTACT, ContactId(7), both, [[7], [7], [7]], [6, 4, 1]),
    ]
    for kind, id, record, ids, versions in steps:
        index.put(kind, id, record)
        assert [list(index.find(key)) for key in KEYS] == ids
        assert [index.version(key) for key in KEYS] == versions


def test_an_index_keeps_nothing_of_an_address_that_no_record_has() -> None:
    """Neither the key nor the record, but for a number."""
    index = MatchIndex()
    p = TestCrm.classic()
    index.put(Kind.CONTACT, 1, p.contact(contact_points=ANN))
    index.put(Kind.CONTACT, 1, None)
    assert (index._ids, index._keys, list(index._versions.values())) == ({}, {}, [2])

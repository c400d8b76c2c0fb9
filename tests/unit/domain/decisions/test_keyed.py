"""The digest by which a command is recognised that is asked again (EDIT-1)."""

from decimal import Decimal

import pytest

from crmcore import Kind, Money, PersonName, Ref, UserId
from crmcore.domain.decisions.keyed import fingerprint
from crmcore.domain.protocol.commands import AddActivity, AddLead, AddRecord, TakeInquiry
from tests.building import email, phone

BOUND = frozenset({Ref(Kind.LEAD, 2), Ref(Kind.DEAL, 1)})
FIELDS = {
    "amount": Money(amount=Decimal("5.00"), currency="EUR"),
    "contact_points": (email("a@example.com"), phone("+39061")),
    "name": PersonName(first="Ada"),
    "observers": (UserId(5), UserId(6)),
}


@pytest.mark.rule("EDIT-1")
@pytest.mark.parametrize(
    "command, digest",
    [
        (AddLead(fields=FIELDS, key="k"), "f5d729c7df7e"),
        (TakeInquiry(channel="call", fields=FIELDS, key="k"), "9be63a0555b8"),
        (AddActivity(bound_to=BOUND, fields={"kind": "call"}, key="k"), "0385647b1335"),
        (AddRecord(kind=Kind.CONTACT, fields={"comments": "x"}, key="k"), "86927ac60542"),
        (AddRecord(kind=Kind.COMPANY, fields={"comments": "x"}, key="k"), "5cb898425cd1"),
    ],
)
def test_the_digest_of_a_command_stays_as_it_is(command: object, digest: str) -> None:
    """Databases keep it for as long as a key counts, so a later version has to come to the same one."""
    assert fingerprint(command)[:12] == digest

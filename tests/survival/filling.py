"""Fills a database as somebody of an earlier version left it; run by the crmcore of that version, not by today's.

`python filling.py URL LEADS [SCHEMA]` imports only what crmcore had at 0e2a284 under the same name. It leaves a switch
in the middle: half of the leads are converted, some are set aside, closed or deleted, and nobody is at work.
"""

import json
import sys

import crmcore
from crmcore import ContactPoint, MatchSetting, PointKind
from crmcore.adapters.sql import create_portal
from crmcore.testing import ADMIN, TestCrm

__all__ = ["fill"]

#: So many clients send several leads each, under an e-mail that is spelt in two ways.
SENDERS, EACH = 10, 6


def fill(url: str, leads: int, schema: str | None) -> dict[str, object]:
    """Fill a new database, and tell what is in it."""
    with create_portal(url, schema=schema) as store:
        store.permissions.grant(ADMIN, store.permissions.role("administrator"))
        p = TestCrm(store)
        p.crm.switch_to_classic(ADMIN)
        p.crm.change_settings(ADMIN, match=MatchSetting.EMAIL)
        p.leads(leads - 2 * SENDERS * EACH, activities=1)
        for number in range(2 * SENDERS):
            address = f"sender{number % SENDERS}@example.com"
            email = ContactPoint(kind=PointKind.EMAIL, value=address.upper() if number >= SENDERS else address)
            phone = ContactPoint(kind=PointKind.PHONE, value=f"+39 055 12{number:02} ext. 5")
            p.leads(EACH, activities=1, contact_points=[email, phone])
        active = [found.record.id for found in p.crm.leads(ADMIN, active=True)]
        token = p.crm.begin_switch(ADMIN, key="began-before")
        p.trouble.unreadable.update(active[3 : leads // 2 : leads // 12])
        aside = sorted(p.trouble.unreadable)
        for _ in range(10):
            p.crm.convert_chunk(token, leads // 20)  # type: ignore[arg-type]  # it has just begun
        p.trouble.unreadable.clear()
        for id in active[-6:-3]:
            p.crm.close_lead(ADMIN, id)
        for id in active[-3:-1]:
            p.crm.delete_lead(ADMIN, id)
        return {"code": crmcore.__file__, "set_aside": aside, "remaining": active[-30:-20]}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fill(sys.argv[1], int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)))

"""A worker is killed in the middle of a switch, and another one goes on; somebody watches all the time."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import Web
from crmcore import ImportRecords, Lead, LeadId, StageCode, StageSemantics, UserId
from crmcore.ports import Happened, LeadConverted
from sqlalchemy import select

from agency import Office, relay
from agency.tables import Order

LEADS = 300
BOSS, NEW = UserId(1), StageCode("NEW")


@contextmanager
def worker(url: str, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker in a process of its own, killed at the end."""
    process = subprocess.Popen([sys.executable, "-m", "agency", "work", url, *options])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("at", range(int(os.environ.get("AGENCY_KILLS", "1"))))
def test_a_killed_worker_is_resumed(url: str, office: Office, web: Web, at: int) -> None:
    """Each lead becomes one deal, one event tells of it, and progress only ever grows."""
    state = StageSemantics.IN_PROCESS
    old = (Lead(id=LeadId(id), responsible=BOSS, stage=NEW, semantics=state) for id in range(1, LEADS + 1))
    office.crm.import_records(BOSS, ImportRecords(leads=tuple(old)))
    assert web.call("POST", "/switches/2026")[0] == 200
    progress = web.told("/switches/2026/progress")
    seen = [next(progress)]

    with worker(url, "--chunk", "5", "--pace", "100") as first:
        while seen[-1][1]["totals"]["converted"] <= 7 * at:
            seen.append(next(progress))
        first.send_signal(signal.SIGKILL)
        assert first.wait() == -signal.SIGKILL
    left = web.call("GET", "/switches/2026")[1]
    assert (left["result"], 0 < left["totals"]["remaining"] < LEADS) == ("switching", True)

    with worker(url):
        seen += progress  # it ends when the switch does
    assert [name for name, _ in seen] == ["switching"] * (len(seen) - 1) + ["switched"]
    done = [data["totals"]["converted"] for _, data in seen]
    assert done == sorted(done)
    assert done[-1] == LEADS

    assert Counter(each.record.lead_id for each in office.crm.deals(BOSS)) == Counter(range(1, LEADS + 1))
    assert office.crm.audit(BOSS) == ()
    told: list[Happened] = []
    while relay(office, "mail", told.append):
        pass
    converted = [each.event.lead_id for each in told if isinstance(each.event, LeadConverted)]
    assert Counter(converted) == Counter(range(1, LEADS + 1))
    with office.sessions() as session:
        assert session.scalars(select(Order.result)).all() in (["switched"], [None])  # the worker was killed again

"""The thread that works on a switch: what ends it, and what it tells."""

from datetime import datetime
from time import monotonic, sleep

import pytest

from crmcore import ContractBroken, Crm, SwitchToken
from crmcore.adapters.page.work import ThreadWork
from crmcore.testing import TestCrm


class NaiveClock:
    """A clock that breaks its contract: it tells no time zone."""

    def now(self) -> datetime:
        """Noon, nobody knows where."""
        return datetime(2026, 1, 1, 12)  # noqa: DTZ001


@pytest.mark.rule("PAGE-5.5")
def test_an_error_that_a_retry_does_not_cure_ends_the_work_and_is_kept() -> None:
    """The page tells of it, since a thread has nobody to raise it to."""
    with TestCrm.classic() as p:
        p.lead()
        token = p.crm.begin_switch(p.administrator, key="2026")
        assert isinstance(token, SwitchToken)
        broken = Crm(store=p.store, permissions=p.roles, plan=p.plan, clock=NaiveClock())
        work = ThreadWork(broken, token, None)
        until = monotonic() + 30
        while work.is_going_on() and monotonic() < until:
            sleep(0.01)
        assert not work.is_going_on()
        assert isinstance(work.failure, ContractBroken)
        p.crm.cancel_switch(p.administrator)

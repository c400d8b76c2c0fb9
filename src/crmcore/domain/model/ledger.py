"""The permanent records: which deal a lead became, which switches there were, which keys were used."""

from datetime import datetime
from typing import ClassVar, Literal

from attrs import frozen

from crmcore.domain.model.ids import ActivityId, CompanyId, ContactId, DealId, Epoch, LeadId, Ref
from crmcore.domain.model.policy import ConversionTerms
from crmcore.domain.model.text import Discreet, Shown, check_id, check_key
from crmcore.domain.model.values import Money

__all__ = ["CommandRecord", "LedgerRow", "SwitchRecord", "SwitchToken"]


@frozen(kw_only=True, repr=False, eq=False)
class LedgerRow(Discreet):
    """The permanent record of one conversion, unique by lead (SWITCH-1, CONV-9).

    `lead_id` became `deal_id`, with the clients `contact_id` and `company_id`, at `converted_at`. `amount` and
    `activity_ids` are as of the conversion; the lead keeps its amount for ever, so that an audit years later can tell a
    later edit of the deal from damage. `not_carried` names the filled fields of the lead that no record took over
    (CONV-3).

    >>> from crmcore.testing import ADMIN, TestCrm
    >>> p = TestCrm.classic()
    >>> row = p.crm.convert_lead(ADMIN, p.lead().id).row
    >>> (row.lead_id, row.deal_id, row.contact_id, row.company_id)
    (1, 1, 1, None)
    """

    _shown: ClassVar = ("lead_id", "deal_id", "contact_id", "company_id", "activity_ids", "not_carried")

    lead_id: LeadId
    deal_id: DealId
    contact_id: ContactId | None
    company_id: CompanyId | None
    amount: Money | None
    activity_ids: tuple[ActivityId, ...]
    not_carried: tuple[str, ...]
    converted_at: datetime


@frozen(repr=False, eq=False)
class SwitchToken(Shown):
    """The right to continue one switch, handed out by begin and resume (PERM-4): its `key` and `epoch`.

    A token comes back from outside, so it is checked like any other value. Raises `InvalidValue` for a key or an epoch
    that no switch can have; a valid one that no switch has is refused as `stale_switch`.

    >>> TestCrm.classic().crm.begin_switch(ADMIN, key="2026")
    SwitchToken(key='2026', epoch=2)
    """

    key: str
    epoch: Epoch

    def __attrs_post_init__(self) -> None:
        check_key("SwitchToken.key", self.key)
        check_id("SwitchToken.epoch", self.epoch)


@frozen(kw_only=True, repr=False, eq=False)
class SwitchRecord(Shown):
    """One switch, found again by its key for ever (SWITCH-10).

    `key` and `epoch` name it, `terms` are those that it froze, `at_begin` is how many leads were active when it began.
    `began_at` and `ended_at` are instants in UTC; `ended` is "finished", "cancelled", or `None` while it is live.

    >>> p = TestCrm.classic()
    >>> done = p.crm.finish_switch(p.crm.begin_switch(ADMIN, key="2026"))
    >>> (done.switch.at_begin, done.switch.ended)
    (0, 'finished')
    """

    key: str
    epoch: Epoch
    terms: ConversionTerms
    at_begin: int
    began_at: datetime
    ended: Literal["finished", "cancelled"] | None = None
    ended_at: datetime | None = None

    @property
    def token(self) -> SwitchToken:
        """The token that begin and resume hand out for this switch."""
        return SwitchToken(self.key, self.epoch)


@frozen(kw_only=True, repr=False, eq=False)
class CommandRecord(Shown):
    """The result of a command that creates, found again by its key (EDIT-1).

    `key` is that of the command, `fingerprint` tells whether it is the same command again, and `made` names what
    it answered: the record that it added, of an inquiry the lead or deal and then the touch. `not_carried` names what
    an inquiry brought and no record took over (INTAKE-6).

    >>> CommandRecord(key="form-1", fingerprint="f00d", made=(Ref("lead", 4711),)).key
    'form-1'
    """

    key: str
    fingerprint: str
    made: tuple[Ref, ...]
    not_carried: tuple[str, ...] = ()

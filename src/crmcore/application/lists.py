"""The lists of `Crm`: records by page, narrowed to what the actor may read (PERM-9), and the switches (SWITCH-13).

lines: one short method per list, each with an example, so that a host sees every list in one place.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from attrs import evolve, frozen

from crmcore.application.answers import has_classic, snapshot_of
from crmcore.application.pages import Readable, listed, pages
from crmcore.application.reads import Reading
from crmcore.domain.decisions.access import open_activity, within_reach
from crmcore.domain.model.activity import Activity
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.deal import Deal
from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.ids import ActivityId, Kind, Ref, UserId
from crmcore.domain.model.integrity import check_given
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.ledger import SwitchRecord, SwitchToken
from crmcore.domain.model.outcomes import Reason, Refused
from crmcore.domain.model.text import Shown, check_id, check_key, check_type
from crmcore.domain.protocol.decision import Context
from crmcore.domain.protocol.filters import LIST_LIMIT, Listing, check_page
from crmcore.domain.protocol.results import SwitchReport, Versioned, report_of
from crmcore.domain.protocol.snapshot import Query
from crmcore.domain.rules.authority import Operation
from crmcore.ports.store import Entry, Listed

__all__ = ["Lists", "Page"]

R = TypeVar("R")

#: How many records a page holds unless the caller says otherwise.
_PAGE = 50


@frozen(repr=False, eq=False)
class Page(Shown, Generic[R]):
    """One page of a list (PERM-9).

    `records` are in the order of the list. `after` is what the next page is asked for with; `None` after the last page.
    A page may hold fewer records than asked for, even none, and still have an `after`: only so much is looked at for
    one page. `faults` names the records of this page that cannot be read, for who may change settings.

    >>> from crmcore.testing import ADMIN, TestCrm
    >>> p = TestCrm.classic()
    >>> leads = p.leads(3)
    >>> page = p.crm.lead_page(ADMIN, limit=2)
    >>> [found.record.id for found in page.records], page.after
    ([1, 2], 2)
    >>> p.crm.lead_page(ADMIN, after=page.after).after is None
    True
    """

    records: tuple[R, ...] = ()
    after: int | None = None
    faults: tuple[Ref, ...] = ()


class Lists(Reading):
    """What `Crm` can list by page.

    The arguments are those of `Reading`. Every list takes the actor first, then `after`, the `after` of the page before
    (0 for the first one), and `limit`, from 1 to 1,000. The examples share this set-up:

    >>> from crmcore import Kind, Ref
    >>> from crmcore.testing import TestCrm
    >>> p = TestCrm.classic()
    >>> crm, boss, stranger = p.crm, p.administrator, p.stranger
    """

    def lead_page(
        self, actor: UserId, *, after: int = 0, limit: int = _PAGE, active: bool | None = None, of: Ref | None = None
    ) -> Page[Versioned[Lead]]:
        """One page of the leads that the actor may read, in id order.

        `actor` is the user who asks; `after` and `limit` choose the page. `active` is `True`, `False` or `None` for
        all; `of` is a `Ref` to the contact or company that the leads are linked to. Raises `InvalidValue` for a value
        that is not allowed.

        >>> lead, closed = p.lead(), p.lead(stage="JUNK")
        >>> [found.record == lead for found in crm.lead_page(boss, active=True).records]
        [True]
        >>> crm.lead_page(stranger).records
        ()
        """
        return self._page(actor, Listing(kind=Kind.LEAD, after=after, limit=limit, active=active, of=of))

    def deal_page(
        self, actor: UserId, *, after: int = 0, limit: int = _PAGE, active: bool | None = None, of: Ref | None = None
    ) -> Page[Versioned[Deal]]:
        """One page of the deals that the actor may read, in id order.

        `actor` is the user who asks; `after` and `limit` choose the page. `active` is `True` for open deals, `False`
        for the others, `None` for all; `of` is a `Ref` to their contact or company. Raises `InvalidValue` for a value
        that is not allowed.

        >>> contact = p.contact()
        >>> deal = p.deal(contact_id=contact.id)
        >>> [found.record == deal for found in crm.deal_page(boss, of=Ref(Kind.CONTACT, contact.id)).records]
        [True]
        """
        return self._page(actor, Listing(kind=Kind.DEAL, after=after, limit=limit, active=active, of=of))

    def contact_page(
        self, actor: UserId, *, after: int = 0, limit: int = _PAGE, of: Ref | None = None
    ) -> Page[Versioned[Contact]]:
        """One page of the contacts that the actor may read, in id order.

        `actor` is the user who asks; `after` and `limit` choose the page. `of` is a `Ref` to the company that they are
        linked to. Raises `InvalidValue` for a value that is not allowed.

        >>> [found.record == contact for found in crm.contact_page(boss).records]
        [True]
        """
        return self._page(actor, Listing(kind=Kind.CONTACT, after=after, limit=limit, of=of))

    def company_page(self, actor: UserId, *, after: int = 0, limit: int = _PAGE) -> Page[Versioned[Company]]:
        """One page of the companies that the actor may read, in id order.

        `actor` is the user who asks; `after` and `limit` choose the page. Raises `InvalidValue` for a value that is not
        allowed.

        >>> company = p.company(title="Example Ltd")
        >>> [found.record == company for found in crm.company_page(boss).records]
        [True]
        """
        return self._page(actor, Listing(kind=Kind.COMPANY, after=after, limit=limit))

    def activity_page(
        self, actor: UserId, *, after: int = 0, limit: int = _PAGE, active: bool | None = None, of: Ref | None = None
    ) -> Page[Versioned[Activity]]:
        """One page of the activities of which the actor may read a record that they are bound to, in id order.

        `actor` is the user who asks; `after` and `limit` choose the page. `active` is `False` for completed activities,
        `True` for the others, `None` for all; `of` is a `Ref` to the lead, deal, contact or company that they are bound
        to. Raises `InvalidValue` for a value that is not allowed.

        >>> call = p.activity(lead, kind="call")
        >>> [found.record == call for found in crm.activity_page(boss, active=True).records]
        [True]
        >>> crm.activity_page(stranger).records
        ()
        """
        return self._page(actor, Listing(kind=Kind.ACTIVITY, after=after, limit=limit, active=active, of=of))

    def switch_page(
        self, actor: UserId, *, after: int | None = None, limit: int = _PAGE
    ) -> Page[SwitchRecord] | Refused:
        """One page of the switches, the newest first, the live one included.

        `actor` needs the settings right. `after` is the `after` of the page before, `None` for the first one; `limit`
        is how many at most, from 1 to 1,000. Refused as `not_permitted`. Raises `InvalidValue` for a value that is not
        allowed.

        >>> other = TestCrm.classic()
        >>> report = other.crm.switch_to_simple(boss, key="2026")
        >>> [(switch.key, switch.ended) for switch in other.crm.switch_page(boss).records]
        [('2026', 'finished')]
        """
        check_page(0 if after is None else after, limit)
        return self._denied(actor) or self._switches(after or 0, limit)

    def last_switch(self, actor: UserId) -> SwitchReport | Refused | None:
        """How the newest switch stands or ended, with its numbers (SWITCH-13); `None` where there was none.

        `actor` needs the settings right. Refused as `not_permitted`. Raises `InvalidValue` for an actor that is no id.

        >>> other.crm.last_switch(boss).result
        'switched'
        >>> TestCrm.classic().crm.last_switch(boss) is None
        True
        """
        return self._denied(actor) or self._newest()

    def switch_named(self, actor: UserId, key: str) -> SwitchReport | Refused:
        """How the switch with this key stands or ended (SWITCH-10), for callers without its policy or its token.

        `actor` needs the settings right. `key` is that of the switch. Refused as `not_permitted`, and `unknown_record`
        where no switch has this key. Raises `InvalidValue` for a key that is not allowed.

        >>> other.crm.switch_named(boss, "2026").totals.converted
        0
        >>> str(other.crm.switch_named(boss, "2027").reason)
        'unknown_record'
        """
        check_key("key", key)
        return self._denied(actor) or self._named(key)

    def active_leads(self, actor: UserId) -> int | Refused:
        """How many leads are active, those that are set aside included: what a switch would have to do with.

        `actor` needs the settings right. Refused as `not_permitted`. Raises `InvalidValue` for an actor that is no id.

        >>> p.crm.active_leads(boss)
        1
        """
        return self._denied(actor) or snapshot_of(self._store, Query(backlog=True)).the_backlog.leads

    def switch_status(self, actor: UserId) -> SwitchReport | Refused:
        """The progress of the live switch (SWITCH-13).

        `actor` needs the settings right.

        Refused as `not_permitted` and `not_switching`. Raises `InvalidValue` for an actor that is no id.

        >>> crm.switch_status(boss).reason
        <Reason.NOT_SWITCHING: 'not_switching'>
        """
        return self._denied(actor) or self._live()

    def switch_report(self, token: SwitchToken) -> SwitchReport | Refused:
        """The numbers of a switch, live or ended, for any holder of its token (SWITCH-13, PERM-4).

        `token` was handed out by `begin_switch`, `resume_switch` or `retry_switch`.

        Refused as `stale_switch`, for a token that no switch of this CRM has handed out: a key alone is not enough.
        Raises `InvalidValue` for an invalid token.

        >>> other = TestCrm.classic()
        >>> lead = other.lead()
        >>> token = other.crm.begin_switch(boss, key="2026")
        >>> other.crm.switch_report(token).totals.remaining
        1
        """
        check_type("token", token, SwitchToken)
        check_given(token)
        snapshot = snapshot_of(self._store, Query(switch_key=token.key, tally=token.epoch, backlog=True))
        return report_of(snapshot, token, plan_has_classic=has_classic(self._plan))

    def _switches(self, before: int, limit: int) -> Page[SwitchRecord]:
        """The switches before the one of an epoch, the newest first; the newest of all for 0."""
        found = snapshot_of(self._store, Query(newest_switches=(before, limit + 1))).newest_switches
        if found is None:
            every = (entry.record for page in pages(self._store, Kind.SWITCH) for entry in page)
            earlier = (switch for switch in every if not before or switch.epoch < before)
            found = tuple(sorted(earlier, key=lambda switch: switch.epoch, reverse=True))
        return Page(found[:limit], found[limit - 1].epoch if len(found) > limit else None)

    def _newest(self) -> SwitchReport | Refused | None:
        found = self._switches(0, 1).records
        return self.switch_report(found[0].token) if found else None

    def _named(self, key: str) -> SwitchReport | Refused:
        switch = snapshot_of(self._store, Query(switch_key=key)).switch
        return (
            Refused(Reason.UNKNOWN_RECORD, Ref(Kind.SWITCH, key))
            if switch is None
            else self.switch_report(switch.token)
        )

    def _live(self) -> SwitchReport | Refused:
        live = self.settings().switching
        return Refused(Reason.NOT_SWITCHING) if live is None else self.switch_report(SwitchToken(live.key, live.epoch))

    def _page(self, actor: UserId, asked: Listing) -> Page[Any]:
        """One page of what the actor may read: narrowed by filters, and each record looked at (PERM-5, D-12)."""
        check_id("actor", actor)
        context = self._context(actor)
        narrowed = within_reach(asked, context)
        if narrowed is None:
            return Page()
        kept: list[Entry] = []
        faults: list[Ref] = []
        after, left, step = asked.after, LIST_LIMIT, asked.limit
        while True:
            found = self._listed(evolve(narrowed, after=after, limit=step), faults)
            kept += self._readable(asked.kind, found.entries, context)
            left -= len(found.entries)
            # What rights hide is made up for once, and by no more than a store looks at for one page.
            if len(kept) >= asked.limit or len(found.entries) < step or found.after is None or not left:
                page = Listed.of(kept, asked.limit, found.after)
                records = tuple(Versioned(entry.record, entry.version) for entry in page.entries)
                return Page(records, page.after, tuple(faults) if context.rights.may_change_settings else ())
            after, step = found.after, left

    def _listed(self, listing: Listing, faults: list[Ref]) -> Listed:
        """A page of the store, which ends in front of a record that cannot be read, or is that record alone."""
        while True:
            try:
                return listed(self._store, listing)
            except RecordFault as fault:
                if fault.ref.kind is not listing.kind:
                    raise
                if listing.limit == 1:
                    faults.append(fault.ref)
                    return Listed((), int(fault.ref.id))
                listing = evolve(listing, limit=listing.limit // 2)

    def _readable(self, kind: Kind, entries: Sequence[Entry], context: Context) -> list[Entry]:
        """The entries that the actor may read, one by one: what filters cannot say, and nothing on trust."""
        rights, actor = context.rights, context.actor
        if rights.administrator:
            return list(entries)
        if kind is not Kind.ACTIVITY or not entries:
            return [entry for entry in entries if rights.reach(Operation.READ, kind, entry.record, actor)]
        allowed = {
            id
            for part, snapshot in Readable(self._store).snapshots([entry.id for entry in entries], _activities)
            for id in part
            if not isinstance(open_activity(snapshot, id, context), Refused)
        }
        return [entry for entry in entries if entry.id in allowed]


def _activities(ids: Sequence[ActivityId]) -> Query:
    return Query(activities=tuple(ids))

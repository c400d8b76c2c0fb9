"""`crmcore delete` and `crmcore erase`: delete a deal or client of a store, or erase what it says of one person."""

from typing import Literal

from attrs import evolve, fields
from cyclopts import App

from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Deleted, Erasure
from crmcore.adapters.cli.work.endings import done_report, no_change_report, planned_report, refused_report
from crmcore.adapters.cli.work.options import Flag, StoreOptions
from crmcore.adapters.cli.work.session import Desk, at_desk
from crmcore.domain.model.ids import Kind, Ref
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.commands import DeleteRecord
from crmcore.domain.protocol.results import Erased

__all__ = ["add_erase"]


@at_desk(Deleted)
def delete_record(desk: Desk, report: Deleted, ref: Ref) -> Deleted:
    """Remove the data of a deal, contact or company."""
    done = desk.crm.run(desk.actor, DeleteRecord(ref=ref))
    return refused_report(report, done) if isinstance(done, Refused) else done_report(report, record=ref)


@at_desk(Erasure)
def erase_person(desk: Desk, report: Erasure, ref: Ref, *, yes: bool) -> Erasure:
    """Tell what an erasure would touch, or carry it out."""
    told = desk.crm.erase(desk.actor, ref) if yes else desk.crm.erasure(desk.actor, ref)
    if isinstance(told, Refused):
        return refused_report(report, told)
    report = evolve(report, **{each.name: getattr(told, each.name) for each in fields(Erased)})
    if told.is_empty:
        return no_change_report(report)
    return done_report(report) if yes else planned_report(report)


def add_erase(app: App, terminal: Terminal) -> None:
    """Add `delete` and `erase`."""

    @app.command
    def delete(kind: Literal["deal", "contact", "company"], id: int, /, *, at: StoreOptions) -> int:
        """Delete a deal, a contact or a company.

        Its id and links stay. A lead that became the deal is not converted again,
        and a link to a deleted client counts as none.

        For example:
          crmcore delete contact 7 --store crm.db

        Parameters
        ----------
        kind
            Deal, contact or company.
        id
            The id of the record.
        """
        return terminal.end(delete_record(at.place, Ref(Kind(kind), id)), as_json=at.json)

    @app.command
    def erase(kind: Literal["lead", "contact", "company"], id: int, /, *, yes: Flag = False, at: StoreOptions) -> int:
        """Erase what the CRM knows about one person; without --yes, only show what that is.

        The person's records are found by links and by equal e-mail. Leads are
        deleted, with activities that belong to nobody else; deals and clients
        are emptied.

        For example:
          crmcore erase contact 7 --store crm.db
          crmcore erase contact 7 --store crm.db --yes

        Parameters
        ----------
        kind
            Lead, contact or company.
        id
            The id of the record.
        yes
            Erase; this cannot be undone.
        """
        return terminal.end(erase_person(at.place, Ref(Kind(kind), id), yes=yes), as_json=at.json)

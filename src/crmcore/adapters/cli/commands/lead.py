"""`crmcore lead`: close or delete one lead of a store, readable or not; so a blocked switch gets going again."""

from collections.abc import Callable

from cyclopts import App

from crmcore.adapters.cli.commands import family
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import LeadDone
from crmcore.adapters.cli.work.endings import done_report, refused_report
from crmcore.adapters.cli.work.options import StoreOptions
from crmcore.adapters.cli.work.session import Desk, Place, at_desk
from crmcore.domain.model.ids import LeadId
from crmcore.domain.model.outcomes import Refused

__all__ = ["add_lead"]


def close_lead(place: Place, lead: LeadId, stage: str | None) -> LeadDone:
    """Close a lead as failed."""
    return _done(place, lambda desk: desk.crm.close_lead(desk.actor, lead, stage=stage))


def delete_lead(place: Place, lead: LeadId) -> LeadDone:
    """Remove a lead's data."""
    return _done(place, lambda desk: desk.crm.delete_lead(desk.actor, lead))


@at_desk(LeadDone)
def _done(desk: Desk, report: LeadDone, ask: Callable[[Desk], LeadId | Refused]) -> LeadDone:
    done = ask(desk)
    return refused_report(report, done) if isinstance(done, Refused) else done_report(report, lead=done)


def add_lead(app: App, terminal: Terminal) -> None:
    """Add `lead`."""
    lead = family(app, "lead", "Close or delete a lead, also one that cannot be read.", "close 120", "delete 120")

    @lead.command
    def close(lead: int, /, *, stage: str | None = None, at: StoreOptions) -> int:
        """Close a lead as failed; if it cannot be read, only its stage changes.

        Parameters
        ----------
        lead
            The id of the lead.
        stage
            The code of a failure stage. Default: the first one.
        """
        return terminal.end(close_lead(at.place, LeadId(lead), stage), as_json=at.json)

    @lead.command
    def delete(lead: int, /, *, at: StoreOptions) -> int:
        """Delete a lead's data, even if it cannot be read.

        Parameters
        ----------
        lead
            The id of the lead.
        """
        return terminal.end(delete_lead(at.place, LeadId(lead)), as_json=at.json)

"""`crmcore doctor`: check that a database can be reached, read and trusted."""

from attrs import evolve
from cyclopts import App

from crmcore.adapters.cli.terminal.progress import Show
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Check, Doctor
from crmcore.adapters.cli.work.endings import broken_report, done_report, refused_report
from crmcore.adapters.cli.work.options import Flag, StoreOptions
from crmcore.adapters.cli.work.session import Desk, Place, carried_out, on_store
from crmcore.domain.model.outcomes import Refused

__all__ = ["add_doctor"]


def examine_store(place: Place, show: Show, *, laws: bool) -> Doctor:
    """Run the checks in order; the first that fails ends them, and its error says what to do."""
    checks: list[Check] = []

    def look() -> Doctor:
        from crmcore.adapters.sql import examine

        for name, message in examine(place.url, schema=place.schema):
            checks.append(Check(name=name, message=message))  # so that those before a failure are reported
        return on_store(Doctor(), place, work)

    def work(desk: Desk, report: Doctor) -> Doctor:
        checks.append(Check(name="portal", message=f"{place.portal} is {desk.crm.mode().value}"))
        if not laws:
            return done_report(report)
        show("Auditing", 0, None)
        broken = desk.crm.audit(desk.actor)
        if isinstance(broken, Refused):
            return refused_report(report, broken)
        if broken:
            message = f"{len(broken)} violations; `crmcore audit` lists them"
            checks.append(Check(name="laws", ok=False, message=message))
            return broken_report(report)
        checks.append(Check(name="laws", message="all hold"))
        return done_report(report)

    return evolve(carried_out(Doctor(portal=place.portal), look), checks=tuple(checks))


def add_doctor(app: App, terminal: Terminal) -> None:
    """Add `doctor`."""

    @app.command
    def doctor(*, laws: Flag = False, at: StoreOptions) -> int:
        """Check that a database is usable.

        For example:
          crmcore doctor --store crm.db
          crmcore doctor --store crm.db --laws

        Parameters
        ----------
        laws
            Also check the CRM against all laws.
        """
        with terminal.bar() as bar:
            report = examine_store(at.place, bar.show, laws=laws)
        return terminal.end(report, as_json=at.json)

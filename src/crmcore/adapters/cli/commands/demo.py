"""`crmcore demo`: the main job on the sample that ships with the package, in one screenful."""

from collections.abc import Iterator

from attrs import evolve
from cyclopts import App

from crmcore.adapters.cli.commands.audit import audit_image
from crmcore.adapters.cli.commands.switch_file import Wanted, switch_file
from crmcore.adapters.cli.terminal.shown import WIDTH, Terminal
from crmcore.adapters.cli.terminal.tables import Console, bare_table, escape, numbers_table, show_audit
from crmcore.adapters.cli.work.options import FilesBeside
from crmcore.adapters.cli.work.result_rows import person
from crmcore.domain.model.company import Company
from crmcore.domain.model.contact import Contact
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.lead import Lead
from crmcore.domain.model.policy import ClientChoice, ModeSwitchPolicy
from crmcore.sample import activities_file, leads_file

__all__ = ["add_demo"]

_SHOWN = 10


def show_demo(console: Console) -> int:
    """Show the preview, the switch, the converted leads and the audit; return the audit's exit code."""
    policy = ModeSwitchPolicy(client=ClientChoice.BOTH, keep_activities=False)
    wanted = Wanted(leads=leads_file(), beside=FilesBeside(activities=activities_file()), policy=policy)
    planned = switch_file(evolve(wanted, preview=True)).report
    done = switch_file(wanted)
    assert done.image is not None  # the sample can be read and switched
    active = done.report.totals.at_begin
    console.print(
        f"[bold]A Classic CRM with {len(done.image.leads)} leads, {active} of them active, becomes a Simple one.[/]\n"
        "Each active lead becomes a deal with a contact and a company; open activities are completed.\n"
    )
    console.print(numbers_table({"preview": planned, "switch": done.report}))
    console.print(f"\n[bold]What became of the leads[/] (the first {_SHOWN})\n")
    table = bare_table("lead", "title", "deal", "contact", "company", "activities", right=(0, 2, 5))
    for column, widest in zip(table.columns, (4, 30, 4, 22, 19, 10), strict=True):
        column.width, column.no_wrap, column.overflow = widest, True, "ellipsis"
    for row in _told(done.image):
        table.add_row(*map(escape, row))
    console.print(table)
    console.print("\n[bold]Audit[/]")
    audit = audit_image(done.image)
    show_audit(console, audit)
    console.print("\nNow try your own export: [bold]crmcore switch LEADS.csv --preview[/]")
    assert audit.exit_code is not None  # it has come to its end
    return audit.exit_code


def _told(image: CrmImage) -> Iterator[tuple[str, ...]]:
    """The first leads with the names of what they became."""
    for id in sorted(image.leads)[:_SHOWN]:
        lead, row = image.leads[id], image.ledger.get(id)
        assert isinstance(lead, Lead)  # the sample has no deleted leads
        head = (str(id), lead.title or "")
        if row is None:
            stage = image.stages.get(lead.stage)
            yield (*head, "", f"left alone: {stage.name if stage else lead.stage}", "", "")
        else:
            assert row.contact_id is not None
            assert row.company_id is not None  # the policy asks for both
            contact, company = image.contacts[row.contact_id], image.companies[row.company_id]
            count = str(len(row.activity_ids) or "")
            assert isinstance(contact, Contact)
            assert isinstance(company, Company)  # as above
            yield (*head, str(row.deal_id), person(contact.name), company.title or "", count)


def add_demo(app: App, terminal: Terminal) -> None:
    """Add `demo`, which prints on standard output."""

    @app.command
    def demo() -> int:
        """Demonstrate the switch on the sample that ships with the package.

        For example:
          crmcore demo
        """
        return show_demo(Console(width=WIDTH, highlight=False))

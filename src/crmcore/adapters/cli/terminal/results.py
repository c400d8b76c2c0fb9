"""A switch, its plan, its result, and the list of switches, as people read them."""

from collections.abc import Sequence

from attrs import fields

from crmcore.adapters.cli.terminal import tables
from crmcore.adapters.cli.work import documents
from crmcore.adapters.cli.work.document import Result
from crmcore.adapters.cli.work.result_rows import FIRST, ResultClient, ResultGroups, ResultRow
from crmcore.domain.model.outcomes import OutcomeKind
from crmcore.domain.model.policy import ClientChoice, MatchSetting, ModeSwitchPolicy
from crmcore.domain.model.values import Money
from crmcore.domain.protocol.results import RecordNumbers

__all__ = ["show_erasure", "show_result", "show_switch", "show_switches"]


def show_erasure(console: tables.Console, report: documents.Erasure) -> None:
    """Show which records an erasure touched, or would touch."""
    tables.show_end(console, report, None if report.result is None else _ERASURE.get(report.result))
    planned = "to be " if report.result is Result.PREVIEW else ""
    for name, done in _BECOMES.items():
        ids = getattr(report, name)
        if ids:
            console.print(f"{name} {planned}{done}: {', '.join(map(str, ids))}")
    if report.shared:
        ids = ", ".join(map(str, report.shared))
        console.print(f"activities that stay, since they also belong to others; check their texts: {ids}")
    if report.result is Result.PREVIEW:
        console.print("The same command with --yes erases them; that cannot be undone.")


#: How an erasure ended, where it is not as other commands end.
_ERASURE = {
    Result.NO_CHANGE: "[bold green]There was nothing to erase.[/]",
    Result.PREVIEW: "[bold]What the erasure would do; nothing was changed.[/]",
}
#: What becomes of the records of each kind.
_BECOMES = {
    **dict.fromkeys(("leads", "activities"), "deleted"),
    **dict.fromkeys(("deals", "contacts", "companies"), "emptied"),
}


def show_switch(console: tables.Console, report: documents.Switch) -> None:
    """Show the result of a switch, or why there is none."""
    if report.result is Result.REFUSED and report.switch is not None:
        tables.show_end(console, report, "[bold red]Stopped by a rule; converted leads stay converted.[/]")
    elif report.ended_before and report.result is not Result.NO_SWITCH:
        tables.show_end(console, report, "[bold green]The switch with this key ended earlier; nothing was done now.[/]")
    else:
        tables.show_end(console, report)
    if report.portal is not None and report.state is not None:
        console.print(tables.escape(f"portal {report.portal}: {report.state}"))
    if report.policy is not None and not report.errors:
        _show_options(console, report.policy, report.match, report.pipeline)
    if report.switch is not None and report.ended_at is not None:
        said = f"switch {report.switch.key}: {report.ended} at {report.ended_at:%Y-%m-%d %H:%M:%S} UTC"
        console.print(tables.escape(said))
    if not report.errors:
        tables.show_made_known(console, report)
    tables.show_left_out(console, report)
    if report.result in (Result.SWITCHED, Result.PREVIEW, Result.BLOCKED) or report.switch is not None:
        console.print()
        console.print(tables.numbers_table({"": report}))
        _show_records(console, report.records)
        aside = [(row.id, row.code) for row in report.leads if row.outcome is OutcomeKind.SET_ASIDE]
        if aside:
            tables.show_table(console, "Set aside", ("lead", "why"), aside, right=(0,))
            if report.result is Result.BLOCKED and report.portal is not None:
                console.print("Repair a lead and run `crmcore retry`, or give it up: `crmcore lead close ID`.")
        planned = report.result is Result.PREVIEW
        count = report.totals.leads if planned else report.totals.ended
        option = "--plan FILE" if planned else "--out" if report.portal is None else "`crmcore result --out FILE`"
        first = report.first if isinstance(report, documents.TableSwitch) else ()
        _show_rows(console, first, count, option, planned=planned)
        _show_groups(console, report.groups)
        tables.show_left(console, report)
    _show_staged(console, report.staged)
    tables.show_written(console, report.files, report.folder)
    if report.result is Result.SWITCHED and report.portal is None and not report.files:
        console.print("\nNothing of it was kept: --out FOLDER writes the new CRM and the result.")


def _show_staged(console: tables.Console, staged: Sequence[documents.StagedFiles]) -> None:
    """Show imports of which nothing can be read, and the two ways on."""
    kinds = [each.name for each in fields(documents.Records)]
    rows = [
        (
            each.file or each.key,
            None if each.since is None else f"{each.since:%Y-%m-%d %H:%M} UTC",
            *(None if each.records is None else getattr(each.records, kind) for kind in kinds),
        )
        for each in staged
    ]
    if rows:
        headings = ("SHA-256 of the file", "since", *kinds)
        tables.show_table(console, "Imports that were killed, or are running", headings, rows, right=(2, 3, 4, 5))
        console.print(
            "Nothing of them can be read. Run the same `crmcore import` again to continue; with --discard it discards"
            " all that `crmcore import` has left, and begins anew."
        )


def show_result(console: tables.Console, report: documents.SwitchResult) -> None:
    """Show one switch: its options and numbers, the first leads, and how many there are of each kind."""
    never = "[bold]There was no switch yet.[/]" if report.result is Result.NO_SWITCH else None
    tables.show_end(console, report, never)
    if report.switch is None or report.policy is None:
        return
    end = "is live" if report.ended_at is None else f"{report.ended} at {report.ended_at:%Y-%m-%d %H:%M:%S} UTC"
    console.print(tables.escape(f"switch {report.switch.key}: {end}"))
    _show_options(console, report.policy, report.match)
    console.print()
    console.print(tables.numbers_table({"": report}))
    _show_rows(console, report.leads, report.totals.ended, "--out FILE")
    _show_groups(console, report.groups)
    tables.show_written(console, report.files, report.folder)


def show_switches(console: tables.Console, report: documents.Switches) -> None:
    """Show the switches, the newest first."""
    none = "[bold]There was no switch yet.[/]" if report.result is Result.DONE and not report.switches else None
    tables.show_end(console, report, none)
    for each in report.switches:
        end = "live" if each.ended_at is None else f"{each.ended} {each.ended_at:%Y-%m-%d %H:%M:%S}"
        console.print(tables.escape(f"\n{each.key}"), style="bold")
        console.print(
            tables.escape(f"  began {each.began_at:%Y-%m-%d %H:%M:%S} UTC, {end}; {each.at_begin} leads at the start")
        )
        console.print(tables.escape(f"  {_options(each.policy, each.match)}"))


def _show_options(
    console: tables.Console, policy: ModeSwitchPolicy, match: MatchSetting | None, pipeline: str | None = None
) -> None:
    """Show the options in force, also those that nobody gave: what a switch does with them is final."""
    console.print(tables.escape(f"Options in force: {_options(policy, match, pipeline)}."))


def _options(policy: ModeSwitchPolicy, match: MatchSetting | None, pipeline: str | None = None) -> str:
    told = [
        f"client {'contact and company' if policy.client is ClientChoice.BOTH else policy.client}",
        f"pipeline {policy.pipeline}{'' if pipeline is None else f' ({pipeline})'}",
        f"open activities {'stay open' if policy.keep_activities else 'are completed'}",
    ]
    if match is not None:
        told.append("clients are not matched" if match is MatchSetting.NONE else f"clients are matched by {match}")
    return "; ".join(told)


def _show_rows(
    console: tables.Console, rows: Sequence[ResultRow], count: int, option: str, *, planned: bool = False
) -> None:
    """Show the first rows of `count`, one a line; `option` gives all of them.

    Only a terminal gets titles, names and amounts: what is redirected is a log, and outlives who reads it (DATA-2).
    """
    seen = console.file.isatty()
    title = f"What {'would become' if planned else 'became'} of the leads"
    # Before a switch all have one outcome, and after it nearly all have one stage.
    headings = ("lead", "title", "stage" if planned else "outcome", "deal", "client", "is", "amount", "activities")
    shown = [
        (
            row.id,
            row.title if seen else None,
            row.stage if planned else row.outcome.replace("_", " "),
            row.deal_id,
            ", ".join(each.name or "?" for each in _clients(row)) if seen else None,
            ", ".join(dict.fromkeys(each.found for each in _clients(row))),
            _money(row.amount) if seen else None,
            row.activities or None,
        )
        for row in rows[:FIRST]
    ]
    if shown:
        more = f"{option} writes a row for each"
        tables.show_table(console, title, headings, shown, right=(0, 3, 6, 7), count=count, more=more, cut=(1, 4))


def _clients(row: ResultRow) -> list[ResultClient]:
    return [each for each in (row.contact, row.company) if each is not None]


def _show_groups(console: tables.Console, groups: ResultGroups | None) -> None:
    """Show how many leads there are of each kind."""
    if groups is None:
        return
    told = (
        ("by outcome", groups.outcomes),
        ("by contact", groups.contacts),
        ("by company", groups.companies),
        ("stays on the lead only", groups.not_carried),
    )
    rows = [
        ("" if place else title, name.replace("_", " "), count)
        for title, counts in told
        for place, (name, count) in enumerate(counts.items())
    ]
    if rows:
        tables.show_table(console, "Leads in groups", ("", "", "leads"), rows, right=(2,), most=len(rows))


def _money(amount: Money | None) -> str:
    return (
        "" if amount is None else " ".join(str(part) for part in (amount.amount, amount.currency) if part is not None)
    )


def _show_records(console: tables.Console, records: documents.RecordChange) -> None:
    """Show how many records there are and would be, where they were counted."""
    before, after = records.before, records.after
    if before is not None and after is not None:
        names = [each.name for each in fields(RecordNumbers)]
        rows = [(name, getattr(before, name), getattr(after, name)) for name in names]
        tables.show_table(console, "Records", ("", "before", "after"), rows, right=(1, 2))

"""Walks, stories and readings, for people."""

from crmcore.adapters.cli.terminal.tables import Console, bare_table, escape, show_end, show_written
from crmcore.adapters.cli.work.spec_documents import Explore, ReadingRow, Readings

__all__ = ["show_explore", "show_readings"]


def show_explore(console: Console, report: Explore) -> None:
    """Show how large the walks were, or the story of a weakened design."""
    told = "[bold]The shortest way to a broken law:[/]" if report.sentence else None
    show_end(console, report, told)
    for place, sentence in enumerate(report.story, 1):
        console.print(escape(f"{place}. {sentence.text}"))
    if report.sentence is not None:
        console.print(escape(f"\n{report.rule}: {report.sentence}"))
    if report.walks:
        table = bare_table("walk", "states", "transitions", "stores", "every state", right=(1, 2, 3))
        for row in report.walks:
            numbers = (f"{each:,}" for each in (row.states, row.transitions, row.stores))
            table.add_row(escape(row.name), *numbers, "yes" if row.ended else "no")
        console.print(table)
        memory = "" if report.memory_mb is None else f", {report.memory_mb:,} MB of memory"
        console.print(
            f"{report.states:,} states, {report.transitions:,} transitions, {report.stores:,} stores, "
            f"{report.cpu_seconds} CPU seconds{memory}"
        )
    show_written(console, report.files, None)


def show_readings(console: Console, report: Readings) -> None:
    """Show all readings in a table, or some of them with the vector of each."""
    if report.errors:
        show_end(console, report)
    elif report.named is None:
        table = bare_table("statements", "of", "the other reading", "vectors", "laws", right=(3, 4))
        for each in report.readings:
            numbers = (str(each.changed), str(len(each.laws)))
            table.add_row(", ".join(each.statements), escape(each.phrase), escape(each.other), *numbers)
        console.print(table)
        console.print("`crmcore spec readings S18 --other` tells one vector with both readings.")
    else:
        for number, each in enumerate(report.readings):
            if number:
                console.print()
            _show_reading(console, each, told=report.told)


def _show_reading(console: Console, row: ReadingRow, *, told: bool) -> None:
    console.print(escape(f'{row.name}: "{row.phrase}", {", ".join(row.rules)}'), style="bold")
    for statement, says in zip(row.statements, row.says, strict=True):
        console.print(escape(f"{statement}: {says}"))
    families = ", ".join(f"{each.family} {each.vectors}" for each in row.families)
    lines = (
        f"As it is read: {row.taken}",
        f"The other reading: {row.other}",
        *((f"What gives it: {row.setting}",) if row.setting else ()),
        f"Its seam: {row.seam}",
        f"It changes {row.changed} vectors ({families}) and breaks {'; '.join(row.laws) or 'no law'}.",
        f"\nThe vector {row.vector}:",
        *(f"  {number}. {step}" for number, step in enumerate(row.steps)),
    )
    console.print(escape("\n".join(lines)))
    for each in row.differences:
        console.print(escape(f"  {each.place}"), style="bold")
        console.print(escape(f"    as it is read: {each.taken}\n    the other reading: {each.other}"))
    if not told:
        console.print(escape(f"\nTo ask it with both readings: crmcore spec readings {row.name} --other"))

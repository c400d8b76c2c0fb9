"""Walks and stories, for people."""

from crmcore.adapters.cli.terminal.tables import Console, bare_table, escape, show_end, show_written
from crmcore.adapters.cli.work.spec_documents import Explore

__all__ = ["show_explore"]


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

"""`crmcore resume` and `crmcore retry`: continue the live switch of a store."""

from cyclopts import App

from crmcore.adapters.cli.commands.switch_report import Going
from crmcore.adapters.cli.commands.switch_store import go_on_store
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.options import StoreOptions
from crmcore.domain.protocol.commands import CHUNK

__all__ = ["add_resume"]


def add_resume(app: App, terminal: Terminal) -> None:
    """Add `resume` and `retry`."""

    def go_on(at: StoreOptions, chunk: int, workers: int, pace: int | None, *, retry: bool) -> int:
        with terminal.bar() as bar:
            going = Going(show=bar.show, chunk=chunk, workers=workers, pace=pace, every_lead=at.json)
            report = go_on_store(at.place, going, retry=retry)
        return terminal.end(report, as_json=at.json)

    @app.command
    def resume(*, chunk: int = CHUNK, workers: int = 1, pace: int | None = None, at: StoreOptions) -> int:
        """Resume the live switch.

        For example:
          crmcore resume --store crm.db
          crmcore resume --store crm.db --workers 4

        Parameters
        ----------
        chunk
            How many leads to convert in one commit.
        workers
            How many processes to run in parallel.
        pace
            The highest number of leads to convert in a second. Default: no limit.
        """
        return go_on(at, chunk, workers, pace, retry=False)

    @app.command
    def retry(*, chunk: int = CHUNK, workers: int = 1, pace: int | None = None, at: StoreOptions) -> int:
        """Resume the live switch, and retry the leads that were set aside.

        For example:
          crmcore retry --store crm.db

        Parameters
        ----------
        chunk
            How many leads to convert in one commit.
        workers
            How many processes to run in parallel.
        pace
            The highest number of leads to convert in a second. Default: no limit.
        """
        return go_on(at, chunk, workers, pace, retry=True)

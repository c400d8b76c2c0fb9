"""`crmcore import` and `crmcore export`: records into a store and out of it."""

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, fields
from cyclopts import App

from crmcore.adapters.bitrix24_csv import Names
from crmcore.adapters.cli.terminal.progress import Show
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work import endings, options
from crmcore.adapters.cli.work.document import Fault
from crmcore.adapters.cli.work.documents import Export, Import, Records
from crmcore.adapters.cli.work.inputs import BadRows, Files, is_document, open_files, read_document
from crmcore.adapters.cli.work.out_folder import in_the_way, write_files
from crmcore.adapters.cli.work.session import Desk, Place, at_desk, carried_out, on_store
from crmcore.adapters.cli.work.stored import Existing, import_files, key_of, known_to
from crmcore.application.collector import collector_waits
from crmcore.application.images import export_of
from crmcore.domain.model.errors import RecordFault
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import Refused

__all__ = ["add_transfer"]


def import_into_store(
    place: Place,
    path: Path,
    beside: options.FilesBeside,
    show: Show,
    reading: options.FileOptions = options.NO_FILE_OPTIONS,
    existing: Existing = "refuse",
    *,
    discard: bool = False,
) -> Import:
    """Import the leads of a file and what goes beside them, or a whole CRM from its document into an empty CRM."""
    if is_document(path):
        ours = {"--existing": existing != "refuse", "--discard": discard}
        given = [*beside.given(), *reading.given(), *(option for option, is_given in ours.items() if is_given)]
        return _import_document(place, path, given, show)

    def work(desk: Desk, report: Import) -> Import:
        show("Reading", 0, None)
        with collector_waits():
            files = open_files(report, path, beside, reading, known_to(desk, existing))
            if not isinstance(files, Files):
                return files
            show("Importing", 0, None)
            key = key_of(path, beside, reading, existing)
            try:
                done = import_files(desk, files, key, anew=reading.number, discard=discard)
            except BadRows as wrong:
                return files.told(report, wrong)
        report = files.told(report)
        if isinstance(done, Refused):
            return endings.refused_report(evolve(report, new_stages=(), new_pipelines=()), done)
        if isinstance(done, str):
            return endings.bad_call(evolve(report, new_stages=(), new_pipelines=()), done, "--mapping")
        imported, changed = Records.of(done), {"leads": done.updated}
        known = {name: given - getattr(imported, name) - changed.get(name, 0) for name, given in files.given.items()}
        return endings.done_report(
            report, imported=imported, known=Records(**known), names=_names(files.names), updated=done.updated
        )

    return on_store(Import(), place, work)


@at_desk(Import)
def _import_document(desk: Desk, report: Import, path: Path, given: Sequence[str], show: Show) -> Import:
    show("Reading", 0, None)
    if given:
        return endings.bad_call(report, "a document is a whole CRM, and fills an empty one as it stands", given[0])
    image = read_document(report, path)
    if not isinstance(image, CrmImage):
        return image
    show("Importing", 0, None)
    done = desk.fill(image)
    if isinstance(done, Refused):
        return endings.refused_report(report, done)
    return endings.done_report(
        report, imported=Records(**{each.name: len(getattr(image, each.name)) for each in fields(Records)})
    )


def _names(names: Names) -> dict[str, dict[str, str]]:
    """What the display names of a file became, so that the next file can use codes and ids."""
    return {
        "stages": {name: str(code) for name, code in names.stages.items()},
        "sources": {name: str(code) for name, code in names.sources.items()},
        "persons": {str(id): name for id, name in names.persons.items()},
    }


def export_store(place: Place, out: str, show: Show) -> Export:
    """Write the whole CRM as CSV files and as a document."""

    def work(desk: Desk, report: Export) -> Export:
        show("Reading", 0, None)
        exported = export_of(desk.store, desk.store.permissions, desk.actor)
        if isinstance(exported, Refused):
            return endings.refused_report(report, exported)
        names = Names(stages={}, sources={}, persons=desk.store.names.persons())
        try:
            with exported as image, collector_waits():
                return endings.done_report(report, files=write_files(Path(out), image, names), folder=out)
        except RecordFault as fault:
            return endings.broken_report(
                report, [Fault(code=fault.code, message=f"{fault}; `crmcore audit` names them all")]
            )
        except OSError as error:
            return endings.store_failed(report, error)

    def looked_at() -> Export:
        obstacles = in_the_way(out, place.files())
        return endings.bad_input(report, obstacles) if obstacles else on_store(Export(), place, work)

    report = Export(portal=place.portal)
    return carried_out(report, looked_at)


def add_transfer(app: App, terminal: Terminal) -> None:
    """Add `import` and `export`."""

    @app.command(name="import")
    def import_(
        file: Path,
        /,
        *,
        beside: options.FilesBeside = options.NO_FILES_BESIDE,
        existing: Existing = "refuse",
        discard: options.Flag = False,
        reading: options.FileOptions = options.NO_FILE_OPTIONS,
        at: options.StoreOptions,
    ) -> int:
        """Import leads from a file, or import a whole CRM from its document into an empty one.

        For example:
          crmcore import LEADS.csv --activities ACTS.csv --store crm.db
          crmcore import result/crm.json --store crm.db

        Parameters
        ----------
        file
            A file of leads (CSV, workbook, HTML table, answers of the REST interface), or a crm.json.
        existing
            What to do with a record that exists and differs: refuse the file, skip it, or update an active lead.
        discard
            Discard what killed imports have left behind, and begin again.
        """
        with terminal.bar() as bar:
            report = import_into_store(at.place, file, beside, bar.show, reading, existing, discard=discard)
        return terminal.end(report, as_json=at.json)

    @app.command
    def export(*, out: str, at: options.StoreOptions) -> int:
        """Write the CRM as CSV files and as crm.json.

        For example:
          crmcore export --store crm.db --out exported

        Parameters
        ----------
        out
            The folder to write into.
        """
        with terminal.bar() as bar:
            report = export_store(at.place, out, bar.show)
        return terminal.end(report, as_json=at.json)

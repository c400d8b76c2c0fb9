"""Records in and out of a store: a new CRM, import, export, audit."""

from collections import Counter
from pathlib import Path

from crmcore.adapters.bitrix24_csv import Names
from crmcore.adapters.cli.files import in_the_way, write_files
from crmcore.adapters.cli.places import Desk, Place, carried_out, on_store
from crmcore.adapters.cli.reports import audit_report, bad_input, done_report, fault, refused_report, store_failed
from crmcore.adapters.cli.shapes import Json, blank, blank_audit
from crmcore.adapters.cli.store_switching import Show
from crmcore.adapters.cli.switching import read_document, read_files
from crmcore.domain.authority import ADMINISTRATOR
from crmcore.domain.commands import ImportRecords
from crmcore.domain.ids import Kind, UserId
from crmcore.domain.image import CrmImage, new_crm
from crmcore.domain.mode import CrmMode
from crmcore.domain.outcomes import Refused
from crmcore.domain.text import check_id

__all__ = ["audit_of_store", "export_store", "import_into_store", "init_store"]


def init_store(place: Place, mode: CrmMode) -> Json:
    """Make a new CRM, with the actor as its administrator; the tables too where there are none yet."""
    report = {**blank("init"), "portal": place.portal}

    def work() -> Json:
        from crmcore.adapters.sql import create_portal

        check_id("actor", place.actor)
        actor = UserId(place.actor)
        image, roles = new_crm(mode), {actor: [ADMINISTRATOR]}
        with create_portal(place.url, portal=place.portal, image=image, schema=place.schema, roles=roles):
            return done_report(report, mode=mode.name.lower(), administrator=place.actor)

    return carried_out(report, work)


def import_into_store(
    place: Place, path: Path, activities: Path | None, show: Show, *, skip_bad_rows: bool, all_new: bool = False
) -> Json:
    """Store the leads of a CSV file, or the whole CRM of a document in a CRM that is still empty."""
    if path.suffix.lower() == ".json":
        return _import_document(place, path, activities, show)

    def work(desk: Desk) -> Json:
        show("Reading", 0, None)
        report = {**blank("import"), "portal": place.portal}
        stages = desk.crm.lead_stages().record
        files = read_files(report, path, activities, skip_bad_rows=skip_bad_rows, all_new=all_new, stages=stages)
        if not isinstance(files, tuple):
            return files
        leads, others = files
        show("Importing", 0, None)
        done = desk.crm.import_records(desk.actor, ImportRecords(leads=leads.leads, activities=others.activities))
        if isinstance(done, Refused):
            return refused_report(report, done)
        kinds = Counter(ref.kind for ref in done.skipped)
        return done_report(
            report,
            imported={"leads": done.leads, "activities": done.activities},
            known={name: kinds[kind] for name, kind in (("leads", Kind.LEAD), ("activities", Kind.ACTIVITY))},
            names=_names(leads.names),
        )

    return on_store(blank("import"), place, work)


def _import_document(place: Place, path: Path, activities: Path | None, show: Show) -> Json:
    def work(desk: Desk) -> Json:
        show("Reading", 0, None)
        report = {**blank("import"), "portal": place.portal}
        if activities is not None:
            return bad_input(report, [fault("usage", "a document has its activities already", field="--activities")])
        image = read_document(report, path)
        if not isinstance(image, CrmImage):
            return image
        show("Importing", 0, None)
        done = desk.fill(image)
        if isinstance(done, Refused):
            return refused_report(report, done)
        return done_report(report, imported={"leads": len(image.leads), "activities": len(image.activities)})

    return on_store(blank("import"), place, work)


def _names(names: Names) -> Json:
    """What the display names of a file became, so that the next file can say it with codes and ids."""
    return {
        "stages": {name: str(code) for name, code in names.stages.items()},
        "sources": {name: str(code) for name, code in names.sources.items()},
        "persons": {str(id): name for id, name in names.persons.items()},
    }


def export_store(place: Place, out: str, show: Show) -> Json:
    """Write the whole CRM as CSV files and as a document."""
    report = {**blank("export"), "portal": place.portal}
    obstacles = in_the_way(out, [Path(place.store)])
    if obstacles:
        return bad_input(report, obstacles)

    def work(desk: Desk) -> Json:
        show("Reading", 0, None)
        image = desk.crm.export(desk.actor)
        if isinstance(image, Refused):
            return refused_report(report, image)
        show("Writing", 0, None)
        try:
            return done_report(report, files=write_files(Path(out), image, Names(stages={}, sources={}, persons={})))
        except OSError as error:
            return store_failed(report, error)

    return on_store(report, place, work)


def audit_of_store(place: Place, show: Show) -> Json:
    """Run all laws over the CRM of a store."""

    def work(desk: Desk) -> Json:
        show("Auditing", 0, None)
        broken = desk.crm.audit(desk.actor)
        if isinstance(broken, Refused):
            return refused_report({**blank_audit(), "portal": place.portal}, broken)
        return audit_report(broken, desk.count(Kind.LEAD), place.portal)

    return on_store(blank_audit(), place, work)

"""`crmcore audit`: check a document or a store against all laws."""

from contextlib import suppress
from pathlib import Path

from cyclopts import App

from crmcore.adapters.cli.terminal.progress import Show
from crmcore.adapters.cli.terminal.shown import Terminal
from crmcore.adapters.cli.work.documents import Audit
from crmcore.adapters.cli.work.endings import audit_report, bad_call, refused_report
from crmcore.adapters.cli.work.inputs import read_document
from crmcore.adapters.cli.work.options import NO_OPTIONS, Options
from crmcore.adapters.cli.work.out_folder import DOCUMENT
from crmcore.adapters.cli.work.session import Desk, at_desk
from crmcore.adapters.memory import InMemoryStore
from crmcore.application.audit import audit_store
from crmcore.application.collector import collector_waits
from crmcore.domain.model.ids import Kind
from crmcore.domain.model.image import CrmImage
from crmcore.domain.model.outcomes import Refused

__all__ = ["add_audit", "audit_image"]


def audit_document(path: Path, show: Show | None = None) -> Audit:
    """Check the CRM of a document against all laws."""
    show = show or (lambda what, done, total: None)
    show("Reading", 0, None)
    image = read_document(Audit(), _document_in(path))
    if not isinstance(image, CrmImage):
        return image
    show("Auditing", 0, None)
    return audit_image(image)


def _document_in(path: Path) -> Path:
    """The document in a folder that `--out` has named, and any other path as it is."""
    with suppress(OSError, ValueError):  # whoever reads it says best what is wrong
        if path.is_dir():
            return path / DOCUMENT
    return path


def audit_image(image: CrmImage) -> Audit:
    """Check a CRM against all laws."""
    return audit_report(Audit(), audit_store(InMemoryStore(image)), len(image.leads))


@at_desk(Audit)
def audit_of_store(desk: Desk, report: Audit, show: Show) -> Audit:
    """Check the CRM of a store against all laws."""
    show("Auditing", 0, None)
    with collector_waits():
        broken = desk.crm.audit(desk.actor)
    if isinstance(broken, Refused):
        return refused_report(report, broken)
    return audit_report(report, broken, desk.count(Kind.LEAD))


def add_audit(app: App, terminal: Terminal) -> None:
    """Add `audit`."""

    @app.command
    def audit(document: Path | None = None, /, *, at: Options = NO_OPTIONS) -> int:
        """Check the CRM of a document or a store against all laws.

        For example:
          crmcore audit result
          crmcore audit --store crm.db

        Parameters
        ----------
        document
            The crm.json that `crmcore switch --out` wrote, or its folder. Or use --store.
        """
        wrong = at.contradiction("DOCUMENT", document)
        if wrong is not None:
            return terminal.end(bad_call(Audit(), *wrong), as_json=at.json)
        with terminal.bar() as bar:
            if at.place is not None:
                report = audit_of_store(at.place, bar.show)
            else:
                assert document is not None  # as above
                report = audit_document(document, bar.show)
        return terminal.end(report, as_json=at.json)

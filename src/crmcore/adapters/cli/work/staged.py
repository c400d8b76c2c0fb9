"""An import that is staged under what its line says, so that the same line goes on where it was killed."""

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from attrs import fields

from crmcore.adapters.cli.work.inputs import PART, Files
from crmcore.adapters.cli.work.options import FileOptions, FilesBeside
from crmcore.adapters.cli.work.session import Desk
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.files import read_file
from crmcore.application.collector import collector_waits
from crmcore.application.imports import import_parts
from crmcore.domain.model.outcomes import Refused
from crmcore.domain.protocol.results import Imported

__all__ = ["discard_staged", "import_staged", "line_of"]

#: What a key of a staging begins with, so that nobody takes it for one of a host.
_OURS = "crmcore import "


def line_of(path: Path, beside: FilesBeside, reading: FileOptions, existing: str) -> str:
    """The key of an import: the content of every file that it reads, and its options."""
    said = sha256(f"{version('crmcore')} {PART} {existing}".encode())
    for each in (path, beside.companies, beside.contacts, beside.activities, reading.mapping, reading.stages):
        said.update(b"-" if each is None else sha256(read_file(each)).digest())
    said.update(repr([getattr(reading, each.name) for each in fields(FileOptions) if each.name != "rejects"]).encode())
    return _OURS + said.hexdigest()


def import_staged(desk: Desk, files: Files, key: str, *, anew: bool) -> Imported | Refused:
    """Import what the files hold; with `anew` nothing that was left behind is used, since its ids are others."""
    if anew:
        desk.store.staging(key).discard()
    store, parts = desk.store, tuple(files.parts())
    with collector_waits():
        done, _ = import_parts(
            store, store.permissions, store.plan, SystemClock(), desk.actor, key, parts, are_new=True
        )
    return done


def discard_staged(desk: Desk) -> int:
    """Discard what killed imports have left behind, and tell how many they were."""
    found = [key for key in desk.store.stagings() if key.startswith(_OURS)]
    for key in found:
        desk.store.staging(key).discard()
    return len(found)

"""Where trials take place: a folder, and in it a database whose portals are the stores of one CRM after the other."""

from pathlib import Path

from crmcore.domain.model.image import CrmImage
from crmcore.ports import Store
from tests.sql.servers import Portals

__all__ = ["Ground"]

#: A database gets so many portals, and then another one begins.
PORTALS = 100


class Ground:
    """A folder of its own for the trials of one run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._portals: Portals | None = None
        self._number = 0

    def new_store(self, image: CrmImage) -> Store:
        """A store on SQLite with these records."""
        if self._number % PORTALS == 0:
            self.close()
            path = self.folder / f"crm-{self._number}.db"
            path.touch()
            self._portals = Portals(f"sqlite:///{path}")
        assert self._portals is not None
        self._number += 1
        return self._portals.store(image)

    def close(self) -> None:
        """Give the connections back, and the room on the disk."""
        if self._portals is not None:
            self._portals.close()
            self._portals = None
            for path in self.folder.glob("crm-*.db*"):
                path.unlink()

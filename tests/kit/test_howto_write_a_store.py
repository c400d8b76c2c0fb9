"""The store of `docs/howto-write-a-store.md`, held to the contract as the page says."""

import re
from pathlib import Path

from crmcore.testing.faults import FAMILIES, KNOWN_BAD
from tests.kit.conftest import Host

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "howto-write-a-store.md"


class TestThePage:
    def test_its_store_passes_the_suite_and_the_machine(self, host: Host) -> None:
        """What stands on the page is all that is needed, with `crmcore` from the wheel."""
        blocks = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        host.write({"test_store.py": "\n".join(blocks[:-1])})
        done = host.pytest("-vv")

        assert done.returncode == 0, done.stdout
        assert "TestShelfMachine" in done.stdout

    def test_the_known_bad_stores_that_it_names_are_there(self) -> None:
        """A store that was renamed would be looked for in vain."""
        named = set(re.findall(r"`(\w+Store)`", PAGE.read_text("utf-8"))) - {"InMemoryStore"}

        assert len(named) > 10
        assert named <= KNOWN_BAD.keys() | FAMILIES.keys()

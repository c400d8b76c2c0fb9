"""The changelog is sorted by kind, so that a host sees at a glance what asks for a step."""

import re
from pathlib import Path

CHANGELOG = (Path(__file__).resolve().parent.parent / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = ["Added", "Changed", "Fixed", "Removed", "Contract"]


def test_every_version_is_sorted_by_kind() -> None:
    """The kinds are known and stand in one order, each once."""
    versions = re.split(r"^## .*$", CHANGELOG, flags=re.MULTILINE)[1:]
    assert versions
    for version in versions:
        kinds = re.findall(r"^### (.*)$", version, re.MULTILINE)
        assert kinds == [kind for kind in KINDS if kind in kinds]


def test_every_entry_stands_under_a_kind() -> None:
    """An entry of no kind would be read by nobody who looks for steps to take."""
    for version in re.split(r"^## .*$", CHANGELOG, flags=re.MULTILINE)[1:]:
        before, *sections = re.split(r"^### .*$", version, flags=re.MULTILINE)
        assert not before.strip()
        for section in sections:
            lines = section.strip().splitlines()
            assert lines
            assert all(line.startswith(("- ", "  ")) for line in lines)


def test_no_entry_stands_twice() -> None:
    """Two entries that begin alike tell one change twice, as after a merge that kept both sides."""
    for version in re.split(r"^## .*$", CHANGELOG, flags=re.MULTILINE)[1:]:
        beginnings = [line[:40] for line in version.splitlines() if line.startswith("- ")]
        assert sorted({each for each in beginnings if beginnings.count(each) > 1}) == []

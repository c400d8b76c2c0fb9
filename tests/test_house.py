"""The house can be seen at a glance: no circle, no crowded folder, a name that says one thing, nouns for files."""

from pathlib import Path

import pytest
from tools.house import arrows, circles, crowded, modules, same_names

#: Acts of the field that have a name of their own, and what makes frozen records.
ACTS = frozenset({"binding", "making", "matching", "switching"})


def test_rooms_import_in_no_circle() -> None:
    """Every room stands on a floor above all that it imports from."""
    assert circles(arrows()) == []


def test_no_folder_is_crowded() -> None:
    """More than a dozen modules are a folder that nobody has looked through."""
    assert crowded() == []


def test_a_file_name_stands_once_in_each_tree() -> None:
    """Layers, adapters and the parts of the kit mirror each other; within one of them a name is one thing."""
    assert same_names() == []


def test_a_file_is_named_by_a_noun() -> None:
    """A gerund says what happens and not what is there; the acts of the field keep their names."""
    stems = {path.stem for path in modules().values()}
    assert sorted(stem for stem in stems if stem.endswith("ing") and stem not in ACTS) == []


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A small house with every fault that is looked for."""
    for name, text in {
        "__init__.py": "",
        "one/__init__.py": "",
        "one/a.py": "from crmcore.two import b\n",
        "two/__init__.py": "",
        "two/b.py": "def late() -> None:\n    import crmcore.one.a\n",
        "three/__init__.py": "from .parts.a import x\n",
        "three/parts/__init__.py": "",
        "three/parts/a.py": "x = 1\n",
        "three/more/__init__.py": "",
        "three/more/a.py": "",
        **{f"many/m{number}.py": "" for number in range(13)},
        "many/__init__.py": "",
    }.items():
        path = tmp_path / "crmcore" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_the_faults_of_a_house_are_seen(house: Path) -> None:
    """A circle through an import inside a function, a crowded folder, and one name for two things of a tree."""
    found = arrows(house)
    assert circles(found) == ["one", "two"]
    assert found["three"] == {"three/parts"}
    assert crowded(house) == ["crmcore/many: 13"]
    assert same_names(house) == ["three: a.py"]

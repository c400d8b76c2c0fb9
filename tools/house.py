"""The house as the code has it: which room imports from which, on which floor each stands, and what is misplaced.

A room is a folder of modules, or a single module where its folder holds folders too. A floor is one above the highest
that it imports from, so that every arrow points down; a circle of rooms has no floor.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

__all__ = ["arrows", "circles", "crowded", "floors", "house_map", "modules", "same_names"]

SOURCE = Path(__file__).resolve().parent.parent / "src"
#: How many modules a folder may hold; these hold one concept a file, and a reader looks for the concept by its name.
MANY = 12
OF_MANY_KINDS = frozenset(
    {
        "crmcore/domain/model",
        "crmcore/testing/contracts",
        "crmcore/testing/faults",
        "crmcore/adapters/cli/commands",
    }
)


def modules(source: Path = SOURCE) -> dict[str, Path]:
    """Every module of the package by its dotted name; a package by the name of its folder."""
    found = {}
    for path in sorted((source / "crmcore").rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def room_of(name: str, path: Path, source: Path = SOURCE) -> str:
    """The room of a module, as a path below the package."""
    folder = path.parent
    holds_folders = any(each.is_dir() and any(each.glob("*.py")) for each in folder.iterdir())
    room = path if holds_folders and path.name != "__init__.py" else folder
    return room.relative_to(source / "crmcore").as_posix() if room != source / "crmcore" else "__init__.py"


def arrows(source: Path = SOURCE) -> dict[str, set[str]]:
    """What each room imports from, itself left out; an import inside a function counts like any other."""
    names = modules(source)
    rooms = {name: room_of(name, path, source) for name, path in names.items()}
    found: dict[str, set[str]] = {room: set() for room in rooms.values()}
    for name, path in names.items():
        for imported in _imports(name, path, names):
            if rooms[imported] != rooms[name]:
                found[rooms[name]].add(rooms[imported])
    return found


def _imports(name: str, path: Path, names: Mapping[str, Path]) -> Iterator[str]:
    """The modules of the package that a module imports, the narrowest name of each."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names if alias.name in names)
            case ast.ImportFrom():
                above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                for alias in node.names:
                    full = f"{base}.{alias.name}"
                    if full in names or base in names:
                        yield full if full in names else base


def floors(found: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """The floor of each room, from 1 at the bottom; rooms of a circle, and those above one, are not in it."""
    placed: dict[str, int] = {}
    while True:
        ready = {
            room: 1 + max((placed[each] for each in below), default=0)
            for room, below in found.items()
            if room not in placed and all(each in placed for each in below)
        }
        if not ready:
            return placed
        placed |= ready


def circles(found: Mapping[str, Iterable[str]]) -> list[str]:
    """The rooms that have no floor, since they import each other in a circle or stand above one."""
    return sorted(found.keys() - floors(found).keys())


def crowded(source: Path = SOURCE) -> list[str]:
    """The folders that hold more modules than a reader takes in at a glance."""
    found = (path.parent.relative_to(source).as_posix() for path in modules(source).values() if path.stem != "__init__")
    many = {folder: count for folder, count in Counter(found).items() if count > MANY}
    return sorted(f"{folder}: {count}" for folder, count in many.items() if folder not in OF_MANY_KINDS)


def same_names(source: Path = SOURCE) -> list[str]:
    """Files of one name within one tree; the same name in two trees means the same thing in each of them."""
    found = Counter(
        (tree_of(path.relative_to(source / "crmcore")), path.name)
        for path in modules(source).values()
        if path.name != "__init__.py" and "migrations" not in path.parts
    )
    return sorted(f"{tree}: {name}" for (tree, name), count in found.items() if count > 1)


def tree_of(path: Path) -> str:
    """The tree of a module: a layer, one adapter, or one part of the test kit, each of which mirrors the others."""
    deep = 2 if path.parts[0] in ("adapters", "testing") and len(path.parts) > 2 else 1
    return "/".join(path.parts[:deep])


def house_map(source: Path = SOURCE) -> str:
    """The rooms from the top floor down, each with the rooms that it imports from."""
    found = arrows(source)
    level = floors(found)
    sizes = Counter(room_of(name, path, source) for name, path in modules(source).items())
    lines = ["| floor | room | modules | imports from |", "| --- | --- | --- | --- |"]
    for room in sorted(found, key=lambda room: (-level.get(room, 0), room)):
        below = ", ".join(f"`{each}`" for each in sorted(found[room], key=lambda each: (-level.get(each, 0), each)))
        lines.append(f"| {level.get(room, '?')} | `{room}` | {sizes[room]} | {below or 'nothing'} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(house_map())

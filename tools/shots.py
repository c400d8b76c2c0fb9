"""Take a picture of every state of the page, on both addresses, in both languages, light and dark.

`python -m tools.shots FOLDER [WORD …]` writes them; with words, those of the states whose names contain one of them.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.needed import program
from tests.page.chromium import BROWSERS, HAND, WIDE, chromium
from tests.page.scene import Scene
from tests.page.states import STATES, reach

__all__ = ["shoot"]

#: The window in which each page is used most.
_WINDOWS = {"web": WIDE, "app": HAND}
_LANGUAGES = ("it", "en")


def shoot(folder: Path, words: Iterable[str] = ()) -> Iterator[Path]:
    """Write the pictures into `folder`, and tell of each."""
    path = program(*BROWSERS)
    if path is None:
        raise SystemExit("needs chromium")
    names = [name for name in STATES if not words or any(word in name for word in words)]
    with chromium(path) as browser:
        for language in _LANGUAGES:
            for page, window in _WINDOWS.items():
                for name in names:
                    with Scene(browser, language=language) as scene:
                        tab = scene.enter(window, STATES[name].person)
                        reach(name, scene, tab, page)
                        for scheme in ("light", "dark"):
                            tab.emulate_media(color_scheme=scheme)
                            picture = folder / language / page / f"{name}.{scheme}.png"
                            picture.parent.mkdir(parents=True, exist_ok=True)
                            tab.screenshot(path=picture, full_page=True)
                            yield picture


if __name__ == "__main__":
    for written in shoot(Path(sys.argv[1]), sys.argv[2:]):
        print(written)

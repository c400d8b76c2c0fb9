"""The diagrams of the site as SVG: the states of a CRM with what leads from one to the next, and the hexagon.

Both are drawn from the tables that the library goes by; the writer knows boxes, arrows and words, and needs no script.
"""

import math
from collections.abc import Iterable, Mapping
from html import escape

from tools.generated import ways_between_states

__all__ = ["hexagon", "picture_pages", "state_machine"]

#: Where each state stands: the middle of its box.
_PLACES: Mapping[str, tuple[int, int]] = {
    "unlicensed": (210, 50),
    "classic": (210, 250),
    "switching": (600, 50),
    "blocked": (950, 50),
    "simple": (600, 400),
}
_BOX = (150, 54)

#: The hexagon: each side with who is there, outside and inside of it.
_SIDES = (
    ("host product", "commands"),
    ("command line", "commands"),
    ("page", "commands"),
    ("Store", "memory, SQL"),
    ("Permissions, Plan", "roles, plans"),
    ("Clock, Observer", "clocks, events"),
)

_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{title}"'
    ' font-family="sans-serif" font-size="13" fill="currentColor">'
    "<title>{title}</title>"
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z"/></marker></defs>'
)


def state_machine() -> str:
    """The states as boxes, and each way between two of them as an arrow with the commands beside it."""
    ways: dict[tuple[str, str], list[str]] = {}
    for before, after, what in ways_between_states():
        ways.setdefault((before, after), []).append(what)
    parts = [_arrow(before, after, says) for (before, after), says in ways.items() if before in _PLACES]
    parts += [_box(*_PLACES[state], state) for state in _PLACES]
    parts += [
        _line((x + _BOX[0] // 2 + 70, y), (x + _BOX[0] // 2, y)) + _text(x + _BOX[0] // 2 + 30, y - 8, what)
        for (before, after), (what,) in ways.items()
        if before not in _PLACES
        for x, y in (_PLACES[after],)
    ]
    return _svg(1060, 450, "The states of a CRM", parts)


def hexagon() -> str:
    """The core in the middle, with those who drive it on the one side and what it is plugged into on the other."""
    middle, radius = (420, 230), 150
    corners = [
        (middle[0] + radius * math.cos(math.radians(60 * n)), middle[1] + radius * math.sin(math.radians(60 * n)))
        for n in range(6)
    ]
    points = " ".join(f"{x:.0f},{y:.0f}" for x, y in corners)
    parts = [f'<polygon points="{points}" fill="none" stroke="currentColor" stroke-width="2"/>']
    parts += [_text(*middle, "domain"), _text(middle[0], middle[1] + 22, "application")]
    for number, (outside, inside) in enumerate(_SIDES):
        angle = math.radians(60 * number + 30)
        at = (middle[0] + math.cos(angle) * (radius + 60), middle[1] + math.sin(angle) * (radius + 40))
        edge = (middle[0] + math.cos(angle) * radius * 0.87, middle[1] + math.sin(angle) * radius * 0.87)
        drives = inside == "commands"
        parts.append(_line(at, edge) if drives else _line(edge, at))
        side = "middle" if abs(math.cos(angle)) < 0.1 else "start" if math.cos(angle) > 0 else "end"
        down = 18 if math.sin(angle) > 0 and side == "middle" else -24 if side == "middle" else 0
        beyond = 0 if side == "middle" else math.copysign(8, math.cos(angle))
        parts += [_text(at[0] + beyond, at[1] + down + 16 * n, each, side) for n, each in enumerate((outside, inside))]
    return _svg(860, 480, "The hexagon: ports and adapters", parts)


def picture_pages() -> dict[str, str]:
    """The page that shows them."""
    text = "# Diagrams\n\nThe states of a CRM (MODE-6):\n\n{}\n\nThe parts, and who is plugged into what:\n\n{}\n"
    return {"diagrams.md": text.format(state_machine(), hexagon())}


def _svg(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    return "".join([_HEAD.format(width=width, height=height, title=escape(title)), *parts, "</svg>"])


def _box(x: int, y: int, text: str) -> str:
    width, height = _BOX
    rect = f'<rect x="{x - width // 2}" y="{y - height // 2}" width="{width}" height="{height}" rx="8"'
    return f'{rect} fill="none" stroke="currentColor" stroke-width="2"/>{_text(x, y + 5, text)}'


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" stroke="none">{escape(text)}</text>'


def _line(start: tuple[float, float], end: tuple[float, float]) -> str:
    places = f'x1="{start[0]:.0f}" y1="{start[1]:.0f}" x2="{end[0]:.0f}" y2="{end[1]:.0f}"'
    return f'<line {places} stroke="currentColor" marker-end="url(#tip)"/>'


def _arrow(before: str, after: str, says: Iterable[str]) -> str:
    """An arrow between two boxes, a little beside the straight line, so that the way back does not lie on it."""
    (x1, y1), (x2, y2) = _PLACES[before], _PLACES[after]
    length = math.hypot(x2 - x1, y2 - y1)
    along, aside = ((x2 - x1) / length, (y2 - y1) / length), (-(y2 - y1) / length * 12, (x2 - x1) / length * 12)
    start = _rim(x1, y1, *along)
    end = _rim(x2, y2, -along[0], -along[1])
    start, end = (start[0] + aside[0], start[1] + aside[1]), (end[0] + aside[0], end[1] + aside[1])
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    words = "".join(_beside(middle, aside, each, n) for n, each in enumerate(says))
    return _line(start, end) + words


def _beside(at: tuple[float, float], aside: tuple[float, float], text: str, line: int) -> str:
    """Words beside the middle of an arrow, on the side on which it lies: beyond a steep one, above or below another."""
    if abs(aside[0]) > abs(aside[1]) / 2:
        return _text(at[0] + math.copysign(6, aside[0]), at[1] + 15 * line, text, "start" if aside[0] > 0 else "end")
    return _text(at[0], at[1] + (16 if aside[1] > 0 else -7) + 15 * line, text)


def _rim(x: int, y: int, dx: float, dy: float) -> tuple[float, float]:
    """Where a line that leaves the middle of a box in a direction crosses its rim."""
    far = min(_BOX[0] / 2 / abs(dx) if dx else math.inf, _BOX[1] / 2 / abs(dy) if dy else math.inf)
    return x + dx * far, y + dy * far

"""The words of the questions as teachers' trainers draw them: a word cloud, and a similarity graph.

The graph is IRAMUTEQ's « analyse de similitudes »: a tree of the words said together, lines as thick as that
is frequent. Both are laid out so that no word covers another, measured in matplotlib's own font, which is
wider than most readers'.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from helpbot.adapters.reportpage.pictures import INKS, STYLE, WIDTH, svg
from helpbot.core.gaps.shown import LinkRow, WordRow

_POINTS = 72
_SIZES = {5: 13.0, 10: 16.0, 20: 20.0, 50: 25.0, 100: 31.0}
"""Least questions → letters, in points."""
_LABEL = 13.0
_LINES = {5: 1.2, 10: 2.5, 20: 4.5, 50: 7.0, 100: 10.0}
_SUBJECTS = ("faq", "volunteer", "peer", "referent", "nobody")
"""The inks of the first gaps; words of the others are in the page's soft ink."""
_ASIDE, _TURN = 4.0, 0.35
_LINE = 1.25
"""The height that a browser gives a line of letters."""
_MOST_PUSHES, _TALLER, _SLACK = 400, 60.0, 0.1


@dataclass(frozen=True, slots=True)
class _Box:
    """A word where it stands: its middle and its size, in points from the top left."""

    x: float
    y: float
    width: float
    height: float

    def over(self, other: _Box) -> tuple[float, float]:
        """Return by how much two boxes overlap across and down; both above 0 where they do."""
        return (
            (self.width + other.width) / 2 + _ASIDE - abs(self.x - other.x),
            (self.height + other.height) / 2 + _ASIDE / 2 - abs(self.y - other.y),
        )

    def covers(self, other: _Box) -> bool:
        """Tell whether two boxes overlap."""
        return min(self.over(other)) > 0


def cloud(words: Sequence[WordRow], *, name: str) -> str:
    """Return the words packed around the most frequent one, each as large as it is frequent."""
    placed: list[_Box] = []
    for word in words:
        box = _sized(word.word, _SIZES[word.band])
        inside = (spot for spot in _spiral(box) if abs(spot.x) + box.width / 2 <= WIDTH * _POINTS / 2)
        placed.append(next(spot for spot in inside if not any(spot.covers(p) for p in placed)))
    top = min(b.y - b.height / 2 for b in placed)
    height = max(b.y + b.height / 2 for b in placed) - top
    with rc_context(STYLE):
        figure, write = _sheet(height)
        for word, box in zip(words, placed, strict=True):
            write(box.x + WIDTH * _POINTS / 2, box.y - top, word.word, _SIZES[word.band], _ink(word))
        return svg(figure, name)


def graph(words: Sequence[WordRow], links: Sequence[LinkRow], *, name: str) -> str:
    """Return the words that are said together, joined; those that no line reaches are left out."""
    joined = sorted({end for link in links for end in (link.a, link.b)})
    boxes, height = _apart([words[at] for at in joined])
    places = dict(zip(joined, boxes, strict=True))
    with rc_context(STYLE):
        figure, write = _sheet(height)
        axes = figure.axes[0]
        for link in links:
            a, b = places[link.a], places[link.b]
            axes.plot([a.x, b.x], [a.y, b.y], color=INKS["line"], linewidth=_LINES[link.band], zorder=1)
        for at, box in places.items():
            write(box.x, box.y, words[at].word, _LABEL, _ink(words[at]))
        return svg(figure, name)


def _sheet(height: float) -> tuple[Figure, Callable[[float, float, str, float, str], None]]:
    """Return an empty picture of this height in points, and what writes a word on it."""
    figure = Figure(figsize=(WIDTH, height / _POINTS))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH * _POINTS)
    axes.set_ylim(height, 0)
    behind = {"facecolor": INKS["paper"], "edgecolor": "none", "pad": 1.0}

    def write(x: float, y: float, word: str, size: float, ink: str) -> None:
        place: dict[str, Any] = {"ha": "center", "va": "center", "bbox": behind}
        axes.text(x, y, word, fontsize=size, color=ink, **place)

    return figure, write


def _ink(word: WordRow) -> str:
    return INKS[_SUBJECTS[word.gap] if word.gap is not None and word.gap < len(_SUBJECTS) else "soft"]


def _sized(word: str, size: float) -> _Box:
    font = FontProperties(size=size)
    width, height, descent = text_to_path.get_text_width_height_descent(word, font, ismath=False)
    return _Box(0.0, 0.0, width, max(height + descent, _LINE * size))


def _spiral(box: _Box) -> Iterator[_Box]:
    """Give places ever further from the middle (Archimedes' spiral, flattened)."""
    turned = 0.0
    while True:
        far = 1.6 * turned
        yield replace(box, x=far * math.cos(turned), y=0.7 * far * math.sin(turned))
        turned += _TURN / max(1.0, turned / 6)


def _apart(words: Sequence[WordRow]) -> tuple[list[_Box], float]:
    """Return the boxes of words near their places on the map, none over another, and the height it takes."""
    width, height = WIDTH * _POINTS, 80.0 + 14.0 * len(words)
    sized = [_sized(w.word, _LABEL) for w in words]
    across, down = _stretched([w.x for w in words]), _stretched([w.y for w in words])
    while True:
        boxes = [replace(b, x=width * x, y=height * y) for b, x, y in zip(sized, across, down, strict=True)]
        if _pushed(boxes, width, height):
            return boxes, height
        height += _TALLER


def _stretched(places: Sequence[float]) -> list[float]:
    low, high = min(places), max(places)
    return [(p - low) / (high - low) if high > low else 0.5 for p in places]


def _pushed(boxes: list[_Box], width: float, height: float) -> bool:
    """Push boxes off one another within a sheet, in place; False where it has no room for them."""
    for _ in range(_MOST_PUSHES):
        moved = False
        for at, box in enumerate(boxes):
            boxes[at] = _within(box, width, height)
        for a in range(len(boxes)):
            for b in range(a):
                if not boxes[a].covers(boxes[b]):
                    continue
                moved = True
                x, y = _way_off(boxes[a], boxes[b])
                boxes[a] = replace(boxes[a], x=boxes[a].x + x, y=boxes[a].y + y)
                boxes[b] = replace(boxes[b], x=boxes[b].x - x, y=boxes[b].y - y)
        if not moved:
            return all(_within(b, width, height) == b for b in boxes)
    return False


def _way_off(box: _Box, other: _Box) -> tuple[float, float]:
    """Return how far a box has to go, the other going as far the other way: the shorter way off it."""
    across, down = box.over(other)
    if across < down:
        return math.copysign(across / 2 + _SLACK, box.x - other.x), 0.0
    return 0.0, math.copysign(down / 2 + _SLACK, box.y - other.y)


def _within(box: _Box, width: float, height: float) -> _Box:
    x = min(max(box.x, box.width / 2), max(width - box.width / 2, box.width / 2))
    return replace(box, x=x, y=min(max(box.y, box.height / 2), height - box.height / 2))

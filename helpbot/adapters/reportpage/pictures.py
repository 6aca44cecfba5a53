"""The pictures of the report, as SVG that stands inside the page and takes its colours from it.

Drawn by matplotlib without its global state. A colour of `INKS` becomes a variable of the style sheet, so
that the same picture serves light, dark and paper. Words stay words: the reader's own fonts show them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

Values = Sequence[float | None]

INKS = {
    "ink": "#1b1b1f",
    "soft": "#55555e",
    "line": "#c9c9d3",
    "paper": "#fffffe",
    "faq": "#0b5fa5",
    "peer": "#00796a",
    "volunteer": "#b35900",
    "referent": "#8e2a8b",
    "nobody": "#a30d0d",
    "other": "#77778a",
    "withheld": "#dcdce3",
}
"""Name of the variable in style.css → the colour that stands for it while drawing."""
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "helpbot",
    "font.size": 13,
    "axes.edgecolor": INKS["soft"],
    "axes.labelcolor": INKS["ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INKS["ink"],
    "xtick.color": INKS["ink"],
    "ytick.color": INKS["ink"],
    "grid.color": INKS["line"],
    "legend.frameon": False,
}
WIDTH = 5.0


def bars(labels: Sequence[str], values: Values, *, name: str, colour: str = "faq") -> str:
    """Return bars, one a label; where a value is None, a dash says that it is not published."""
    with rc_context(STYLE):
        figure, axes = _axes(2.9)
        axes.bar(range(len(labels)), [v or 0 for v in values], color=INKS[colour], width=0.7)
        for at, value in enumerate(values):
            text = "–" if value is None else f"{value:.0f}"
            axes.annotate(text, (at, value or 0), (0, 3), textcoords="offset points", ha="center")
        axes.margins(y=0.15)
        _upright(axes, labels)
        return svg(figure, name)


def stacks(
    labels: Sequence[str], parts: Mapping[str, tuple[str, Values]], *, name: str, across: bool = False
) -> str:
    """Return stacked bars: key of a colour → (words of the legend, values, None where there is none)."""
    count = len(labels)
    shown = {key: part for key, part in parts.items() if any(part[1])}
    with rc_context(STYLE):
        height = 1.0 + 0.42 * count if across else 3.0
        figure, axes = _axes(height + 0.28 * len(shown))
        base = [0.0] * count
        for key, (words, values) in shown.items():
            sizes = [v or 0 for v in values]
            draw, where = (axes.barh, "left") if across else (axes.bar, "bottom")
            edge = {"edgecolor": INKS["paper"], "linewidth": 1.0, "label": words, "color": INKS[key]}
            draw(range(count), sizes, 0.7, **{where: base}, **edge)
            base = [b + s for b, s in zip(base, sizes, strict=True)]
        if across:
            axes.set_yticks(range(count), labels)
            axes.invert_yaxis()
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        else:
            _upright(axes, labels)
        _legend(axes)
        return svg(figure, name)


def curve(labels: Sequence[str], values: Values, *, name: str, unit: str) -> str:
    """Return a line from 0 to 100 with its values written on it; a gap where one is not published."""
    with rc_context(STYLE):
        figure, axes = _axes(2.9)
        _line(axes, values, "faq")
        axes.set_ylim(0, 108)
        axes.set_yticks([0, 25, 50, 75, 100], [f"{n} {unit}" for n in (0, 25, 50, 75, 100)])
        axes.grid(axis="y")
        _upright(axes, labels)
        return svg(figure, name)


def spread(
    labels: Sequence[str], low: Values, middle: Values, high: Values, *, name: str, words: tuple[str, str]
) -> str:
    """Return a line of middle values in the band between low and high ones; words of the line, the band."""
    with rc_context(STYLE):
        figure, axes = _axes(3.4)
        known = [n for n, (a, b) in enumerate(zip(low, high, strict=True)) if a is not None and b is not None]
        for at in known:  # a bar each, so that a lonely month shows as well
            axes.plot([at, at], [low[at], high[at]], color=INKS["line"], linewidth=12, solid_capstyle="butt",
                      label=words[1] if at == known[0] else None)  # fmt: skip
        _line(axes, middle, "faq", words=words[0])
        axes.set_ylim(bottom=0)
        axes.margins(y=0.15)
        _upright(axes, labels)
        _legend(axes)
        return svg(figure, name)


def _axes(height: float) -> tuple[Figure, Any]:
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.set_axisbelow(True)
    return figure, axes


def _line(axes: Any, values: Values, colour: str, words: str | None = None) -> None:
    at = [n for n, v in enumerate(values) if v is not None]
    known = [float("nan") if v is None else v for v in values]
    axes.plot(range(len(values)), known, color=INKS[colour], marker="o", linewidth=2, label=words)
    for n in at:
        axes.annotate(f"{known[n]:.0f}", (n, known[n]), (0, 8), textcoords="offset points", ha="center")


def _upright(axes: Any, labels: Sequence[str]) -> None:
    """Write the labels under the bars, every second or third one where they would touch."""
    every = -(-len(labels) // 6) if labels else 1
    axes.set_xticks(range(len(labels)), [w if n % every == 0 else "" for n, w in enumerate(labels)])
    axes.set_xlim(-0.6, max(len(labels), 2) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True)) if axes.get_ylim()[1] != 108 else None


def _legend(axes: Any) -> None:
    axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.12), borderaxespad=0, handlelength=1.2)


def svg(figure: Figure, name: str) -> str:
    """Return the picture as an element of the page, its ids its own, its colours the page's."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*", "", text, flags=re.DOTALL)
    used = set(re.findall(r"url\(#([^)]+)\)", text)) | set(re.findall(r'href="#([^"]+)"', text))
    text = re.sub(r' id="([^"]+)"', lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", text)
    text = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font: \1 system-ui, sans-serif", text)
    for variable, colour in INKS.items():
        text = text.replace(colour, f"var(--{variable})")
    opening = r'<svg viewBox="\1" aria-hidden="true" focusable="false">'
    return re.sub(r'<svg [^>]*viewBox="([^"]+)"[^>]*>', opening, text, count=1)

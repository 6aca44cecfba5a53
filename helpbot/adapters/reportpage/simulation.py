"""What `helpbot simulate` found as one page: a picture beside each table, and all assumptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from helpbot.adapters.reportpage.pictures import stacks
from helpbot.adapters.reportpage.rendering import rendered

OURS = "ours"


@dataclass(frozen=True, slots=True)
class Compared:
    """The figures of one way of asking. Shares are 0 to 1, times open minutes; None: for most never."""

    policy: str
    answered_day: float
    solved: float
    claim_median: float | None
    contacts: float
    gini: float
    stopped: float
    violated: int


_FIGURES: tuple[tuple[str, str, str, Callable[[Compared], float | None], str], ...] = (
    ("day", "Réponse dans la journée ouverte", "% des questions", lambda c: 100 * c.answered_day, "{:.1f}"),
    ("claim", "Première prise en charge", "minutes ouvertes, médiane", lambda c: c.claim_median, "{:.0f}"),
    ("contacts", "Sollicitations", "par question", lambda c: c.contacts, "{:.2f}"),
    ("gini", "Inégalité des sollicitations", "indice de Gini, 0 : égales", lambda c: c.gini, "{:.2f}"),
    ("broken", "Promesses rompues", "sollicitations", lambda c: float(c.violated), "{:.0f}"),
    ("stopped", "Volontaires qui ont arrêté", "%", lambda c: 100 * c.stopped, "{:.0f}"),
)  # fmt: skip


def simulation_page(
    compared: Sequence[Compared], played: Sequence[tuple[str, Any]], assumed: Sequence[tuple[str, Any, str]]
) -> str:
    """Return the page. `played`: what was played, name and value; `assumed`: parameter, value and meaning."""
    return rendered(
        "simulation.html",
        ours=OURS,
        figures=[_figure(compared, *figure) for figure in _FIGURES],
        played=played,
        assumed=assumed,
    )


def _figure(
    compared: Sequence[Compared],
    name: str,
    title: str,
    unit: str,
    value: Callable[[Compared], float | None],
    form: str,
) -> dict[str, Any]:
    values = [value(c) for c in compared]
    policies = [c.policy for c in compared]
    mine = [v if p == OURS else None for p, v in zip(policies, values, strict=True)]
    others = [None if p == OURS else v for p, v in zip(policies, values, strict=True)]
    parts = {"faq": ("helpbot", mine), "other": ("les autres", others)}
    said = ["–" if v is None else form.format(v).replace(".", ",") for v in values]
    drawn = stacks(policies, parts, name=name, across=True) if any(values) else ""
    return {
        "name": name,
        "title": title,
        "unit": unit,
        "rows": list(zip(policies, said, strict=True)),
        "picture": Markup(drawn),  # noqa: S704 (drawn by us, its words escaped by matplotlib)
    }

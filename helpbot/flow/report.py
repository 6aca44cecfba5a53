"""Counts to lines: what `!bilan` says. Never a person; small cells are withheld (privacy 1)."""

from __future__ import annotations

from helpbot.core.records import Totals

FEW = 5


def report_lines(totals: Totals) -> tuple[tuple[str, str], ...]:
    """Return (catalogue key, value) pairs of the chat report."""
    ended, states = totals.ended, totals.states
    still = sum(states.get(s, 0) for s in ("open", "asked", "claimed", "answered"))
    lines = [("ended", sum(ended.values())), ("open", still)]
    lines += [
        (k, ended.get(k, 0)) for k in ("faq", "clarified", "redirect", "volunteer", "referent", "nobody")
    ]
    lines += [("helped", totals.feedback.get("yes", 0)), ("not_helped", totals.feedback.get("no", 0))]
    return tuple((key, str(value)) for key, value in lines)

"""How people behave: assumptions, not measurements. The same for every policy, shown with every report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

Range = tuple[float, float]
"""Lowest and highest; each person's own value is drawn evenly between."""

_HELP: dict[str, str] = {
    "reaction_minutes": "free minutes until somebody looks at an offer: the median person's median",
    "reaction_people": "how unlike people are in this: standard deviation of the logarithm",
    "reaction_asks": "how unlike one person's asks are: standard deviation of the logarithm",
    "attention": "chance that an offer is reacted to at all",
    "willing": "chance to take a question that was looked at, when rested and fit",
    "passes": "chance that whoever does not take it says so (« je passe ») rather than nothing",
    "off_reacts": "chance to look at once at a ping in the evening, at a week-end or in the holidays",
    "crowd": "n people asked at once: attention times n to the power of minus this (somebody else will)",
    "school_pace": "for a colleague of the same school the reaction takes so many times as long",
    "school_willing": "for a colleague of the same school the chance to take it is so many times as high",
    "other_level_willing": "the same for somebody of another level (école, collège, lycée)",
    "other_level_solves": "and the chance that their answer solves it is so many times as high",
    "off_theme_willing": "chance to take a question whose theme was not declared",
    "off_theme_solves": "and the chance that their answer solves it",
    "class_ecole": "share of class hours spent teaching, école (nobody reacts while teaching)",
    "class_college": "the same, collège",
    "class_lycee": "the same, lycée",
    "class_declared": "share of that left within hours that somebody chose on purpose",
    "asks_in_class": "chance that what comes to a teacher's mind in class is asked there, not right after",
    "own_hours": "share of volunteers who declare hours of their own (`!dispo`), collège and lycée",
    "own_hours_ecole": "the same, école, where they are those around class",
    "cap_week": "weekly cap: chances of 1, 2, 3 and 4 asks",
    "themes": "number of themes declared: chances of 1, 2, 3 and 4",
    "expertise": "chance that an answer solves the question, drawn for each theme of a person",
    "answer_minutes": "free minutes from taking a question to the answer: median",
    "answer_spread": "standard deviation of its logarithm",
    "forgets": "chance that a claim is followed by nothing",
    "reminded": "chance that the reminder brings the answer then",
    "marks": "chance that the asker marks the answer with ✅ or ❌",
    "theme_known": "chance that the bot knows a question's theme",
    "post_seen": "chance that a volunteer with the theme comes across a post without a ping, that day",
    "digest_seen": "chance that they come across it in the digest of a later school morning",
    "pause_a_term": "chance of one pause a term, of one to three weeks",
    "leaves_a_year": "chance to stop within a year, whatever happens",
    "tired_from": "asks of the last fortnight, over those offered, from which people tire",
    "tiring": "attention falls as exp(-this × what is beyond)",
    "tiring_off": "a ping outside the hours that somebody gave tires as much as this many asks",
    "quits": "chance to stop for good, for each ask that finds somebody tired, × what is beyond",
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """All parameters of people's behaviour; `explained` says what each one means."""

    reaction_minutes: float = 9.0
    reaction_people: float = 0.7
    reaction_asks: float = 0.8
    attention: Range = (0.75, 0.97)
    willing: Range = (0.65, 0.95)
    passes: float = 0.6
    off_reacts: float = 0.25
    crowd: float = 0.2
    school_pace: float = 0.7
    school_willing: float = 1.15
    other_level_willing: float = 0.85
    other_level_solves: float = 0.9
    off_theme_willing: float = 0.3
    off_theme_solves: float = 0.6
    class_ecole: float = 0.9
    class_college: float = 0.5
    class_lycee: float = 0.45
    class_declared: float = 0.2
    asks_in_class: float = 0.1
    own_hours: float = 0.5
    own_hours_ecole: float = 0.8
    cap_week: tuple[float, float, float, float] = (0.1, 0.25, 0.15, 0.5)
    themes: tuple[float, float, float, float] = (0.3, 0.35, 0.25, 0.1)
    expertise: Range = (0.7, 0.98)
    answer_minutes: float = 12.0
    answer_spread: float = 0.9
    forgets: float = 0.05
    reminded: float = 0.6
    marks: float = 0.6
    theme_known: float = 0.9
    post_seen: float = 0.005
    digest_seen: float = 0.01
    pause_a_term: float = 0.25
    leaves_a_year: float = 0.05
    tired_from: float = 0.8
    tiring: float = 0.6
    tiring_off: float = 2.0
    quits: float = 0.02

    def explained(self) -> list[tuple[str, Any, str]]:
        """Return each parameter's name, value and meaning."""
        values = asdict(self)
        return [(f.name, values[f.name], _HELP[f.name]) for f in fields(self)]

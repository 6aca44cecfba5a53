"""Danger first: a child at risk, violence, harassment, distress. Recall comes before politeness here.

Two strengths of rule. A situation (« il se fait frapper chez lui ») always redirects. A bare topic
(« cyberharcèlement ») does too, unless the words around it make it a lesson, a Pix course or a training.
The rules and the answers are in `danger.yaml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from helpbot.core import french
from helpbot.core.faq import Redirect


@dataclass(frozen=True, slots=True)
class Alarm:
    """A danger read in a question. `sure` is false when only a topic was named."""

    id: str
    sure: bool
    words: str


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    always: re.Pattern[str]
    topic: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class _Rules:
    harmless: re.Pattern[str]
    lesson: re.Pattern[str]
    rules: tuple[_Rule, ...]
    answers: tuple[Redirect, ...]


@cache
def _rules() -> _Rules:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = files("helpbot.core.matching").joinpath("danger.yaml").read_text(encoding="utf-8")
    raw = yaml.load(text, Loader=loader)  # noqa: S506  (both are safe loaders)
    return _Rules(
        re.compile(rf"\b(?:{_joined(raw['harmless'])})\b"),
        re.compile(_joined(raw["lesson"])),
        tuple(_Rule(r["id"], _any(r["always"]), _any(r["topic"])) for r in raw["rules"]),
        tuple(Redirect(r["id"], (), r["answer"], urgent=True) for r in raw["rules"]),
    )


def _joined(folded: str) -> str:
    """Undo the line folding of YAML in a long pattern."""
    return re.sub(r"\s*\n?\s*\|", "|", folded.strip())


def _any(lines: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)(?:" + "|".join(lines.strip().split("\n")) + ")")


def built_in() -> tuple[Redirect, ...]:
    """Give the fixed answers to danger that hold with any FAQ."""
    return _rules().answers


def alarm(question: str) -> Alarm | None:
    """Give the gravest danger that a question tells of, or None."""
    rules = _rules()
    spelt = " ".join(french.fold(question[: french.MAX_CHARS]).replace("-", " - ").split())
    text = rules.harmless.sub(" ", spelt.replace(" - ", "-"))
    for rule in rules.rules:
        if found := rule.always.search(text):
            return Alarm(rule.id, sure=True, words=found[0].strip())
    if rules.lesson.search(text):
        return None
    for rule in rules.rules:
        if found := rule.topic.search(text):
            return Alarm(rule.id, sure=False, words=found[0].strip())
    return None

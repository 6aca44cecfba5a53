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
from helpbot.core.matching.slips import is_slip

LEAST_LETTERS = 6


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
    spellings: dict[str, list[str]]
    """By first letter, which people rarely miss."""
    heard: dict[str, str]
    harmless: re.Pattern[str]
    lesson: re.Pattern[str]
    rules: tuple[_Rule, ...]
    answers: tuple[Redirect, ...]


@cache
def _rules() -> _Rules:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = files("helpbot.core.matching").joinpath("danger.yaml").read_text(encoding="utf-8")
    raw = yaml.load(text, Loader=loader)  # noqa: S506  (both are safe loaders)
    named = raw["words"]
    return _Rules(
        _by_letter([w for w in raw["spellings"].split() if len(w) >= LEAST_LETTERS]),
        dict(raw["heard"]),
        re.compile(rf"\b(?:{_joined(raw['harmless'])})\b"),
        re.compile(_joined(raw["lesson"])),
        tuple(_Rule(r["id"], _any(r["always"], named), _any(r["topic"], named)) for r in raw["rules"]),
        tuple(Redirect(r["id"], (), r["answer"], urgent=True) for r in raw["rules"]),
    )


def _by_letter(words: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        found.setdefault(word[0], []).append(word)
    return found


def _joined(lines: str) -> str:
    """Put a pattern written over several lines together; a space within a line counts."""
    return "".join(line.strip() for line in lines.splitlines())


def _any(lines: str, named: dict[str, str]) -> re.Pattern[str]:
    pattern = "|".join(lines.strip().split("\n"))
    for _ in range(2):  # a named line may name another
        for name, stands_for in named.items():
            pattern = pattern.replace(f"<{name}>", stands_for)
    return re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")


def built_in() -> tuple[Redirect, ...]:
    """Give the fixed answers to danger that hold with any FAQ."""
    return _rules().answers


def is_everyday(question: str) -> bool:
    """Tell whether a question has what makes danger a subject to teach, or grave words said of a thing."""
    rules, text = _rules(), french.fold(question[: french.MAX_CHARS])
    return bool(rules.lesson.search(text) or rules.harmless.search(text))


def alarm(question: str) -> Alarm | None:
    """Give the gravest danger that a question tells of, or None."""
    rules = _rules()
    text = rules.harmless.sub(" ", _spelt(question[: french.MAX_CHARS], rules))
    for rule in rules.rules:
        if found := rule.always.search(text):
            return Alarm(rule.id, sure=True, words=found[0].strip())
    if rules.lesson.search(text):
        return None
    for rule in rules.rules:
        if found := rule.topic.search(text):
            return Alarm(rule.id, sure=False, words=found[0].strip())
    return None


def _spelt(question: str, rules: _Rules) -> str:
    """Fold a question and right the words of danger that are misspelt."""
    folded = french.fold(question)
    for heard, meant in rules.heard.items():
        if heard in folded:
            folded = re.sub(rf"\b{heard}\b", meant, folded)
    return " ".join(_righted(word, rules.spellings) for word in folded.split(" "))


def _righted(word: str, known: dict[str, list[str]]) -> str:
    alike = known.get(word[:1])
    if not alike or len(word) < LEAST_LETTERS or word in alike or not word.isalpha():
        return word
    return next((k for k in alike if is_slip(word, k)), word)

"""The shipped FAQ on questions as teachers type them, of our own making (`benchmarks/questions`)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.matching import Answer, Clarify, FaqIndex, Redirect, Verdict

ROOT = Path(__file__).parents[2]
QUESTIONS = ROOT / "benchmarks" / "questions"


@cache
def index() -> FaqIndex:
    return FaqIndex.build(load_faq(ROOT / "faq"))


def lines(name: str) -> list[str]:
    return (QUESTIONS / name).read_text(encoding="utf-8").splitlines()


def urgent(text: str) -> bool:
    return isinstance(verdict := index().verdict(text), Redirect) and verdict.urgent


def given(verdict: Verdict) -> tuple[str, ...]:
    """Give what the teacher is shown: the entry answered, or those proposed."""
    match verdict:
        case Answer(match=match):
            return (match.entry,)
        case Clarify(options=options):
            return tuple(option.entry for option in options)
        case _:
            return ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("teachers.jsonl", 0.98),
        ("teachers_unseen.jsonl", 0.95),
        ("teachers_long.jsonl", 0.95),
        ("teachers_fresh.jsonl", 0.97),
    ],
)
def test_the_right_entry_is_answered_or_proposed(name: str, least: float) -> None:
    entries = {entry.id for entry in index().faq.entries}
    rows = [json.loads(line) for line in lines(name)]
    asked = [row for row in rows if row["entry"] in entries]
    said = [
        (r["text"], {r["entry"], *r.get("also", ())}, index().verdict(r["text"], before=r.get("before")))
        for r in asked
    ]
    missed = [text for text, wanted, verdict in said if not wanted.intersection(given(verdict))]
    wrong = [t for t, wanted, v in said if isinstance(v, Answer) and v.match.entry not in wanted]
    assert len(missed) <= (1 - least) * len(said), missed
    assert len(wrong) <= 0.01 * len(said), wrong


@pytest.mark.slow
@pytest.mark.parametrize("name", ["teachers.jsonl", "teachers_unseen.jsonl", "teachers_fresh.jsonl"])
def test_what_no_entry_answers_is_hardly_ever_answered(name: str) -> None:
    entries = {entry.id for entry in index().faq.entries}
    outside = [row["text"] for row in map(json.loads, lines(name)) if row["entry"] not in entries]
    answered = [text for text in outside if isinstance(index().verdict(text), Answer)]
    assert len(answered) <= 0.03 * len(outside), answered


@pytest.mark.slow
def test_near_misses_are_hardly_ever_answered() -> None:
    """Other years, tools, acts, in the words of our entries."""
    asked = lines("near_misses.txt")
    answered = [text for text in asked if isinstance(index().verdict(text), Answer)]
    assert len(answered) <= 0.04 * len(asked), answered


@pytest.mark.slow
def test_every_urgent_message_is_redirected() -> None:
    assert [text for text in lines("urgent.txt") if not urgent(text)] == []


@pytest.mark.slow
def test_everyday_messages_are_no_emergency() -> None:
    assert [text for text in lines("everyday.txt") if urgent(text)] == []


@pytest.mark.slow
def test_danger_told_without_its_words_is_mostly_heard() -> None:
    """The worries and the everyday stories that the weights were learned from."""
    told = [line.split("\t")[1] for line in lines("urgent_told.tsv")]
    missed = [text for text in told if not urgent(text)]
    assert len(missed) <= 0.06 * len(told), missed
    stories = lines("everyday_told.txt")
    alarmed = [text for text in stories if urgent(text)]
    assert len(alarmed) <= 0.01 * len(stories), alarmed


@pytest.mark.slow
def test_a_question_of_the_staff_room_is_seldom_taken_for_a_danger() -> None:
    """Nothing was learned from these: a wrong alarm leaves an ordinary question without a colleague."""
    asked = lines("everyday_unseen.txt")
    alarmed = [text for text in asked if urgent(text)]
    assert len(alarmed) <= 0.02 * len(asked) + 1, alarmed

"""The shipped FAQ: what its own phrasings and redirections must always do."""

from functools import cache
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.matching import Answer, FaqIndex, Redirect

FOLDER = Path(__file__).parents[2] / "faq"


@cache
def index() -> FaqIndex:
    return FaqIndex.build(load_faq(FOLDER))


@pytest.mark.slow
def test_phrasings_find_their_own_entry() -> None:
    asked = [(p, e.id) for e in index().faq.entries for p in e.phrasings][::9]
    first = [(p, e) for p, e in asked if not _found(p, e)]
    assert len(first) <= len(asked) * 0.02, first


def _found(text: str, entry: str) -> bool:
    verdict = index().verdict(text)
    return not isinstance(verdict, Redirect) and verdict.candidates[0].entry == entry


@pytest.mark.slow
def test_every_urgent_phrasing_is_urgent() -> None:
    missed = [
        text
        for known in index().faq.redirects
        if known.urgent
        for text in known.when
        if not (isinstance(v := index().verdict(text), Redirect) and v.urgent)
    ]
    assert missed == []


@pytest.mark.slow
def test_no_phrasing_of_an_entry_is_taken_for_an_emergency() -> None:
    taken = [
        (text, verdict.why)
        for entry in index().faq.entries
        for text in entry.phrasings[::3]
        if isinstance(verdict := index().verdict(text), Redirect) and verdict.urgent
    ]
    assert taken == []


def test_a_greeting_changes_nothing() -> None:
    plain = index().verdict("comment s'inscrire sur tchap")
    polite = index().verdict("Bonjour à tous ! Comment s'inscrire sur Tchap svp ? Merci d'avance")
    assert isinstance(plain, Answer)
    assert isinstance(polite, Answer)
    assert plain.match == polite.match

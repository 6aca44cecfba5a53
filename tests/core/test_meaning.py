"""Likeness of meaning only ever proposes, and never unseats what the words say."""

import pytest

from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.matching import Answer, Clarify, Match, Redirect, Route
from helpbot.core.matching.meaning import Meanings, phrasings

FAQ = Faq(
    (
        FaqEntry("perdu", "a", "J'ai égaré mon badge", "…", ("badge perdu",)),
        FaqEntry("cantine", "a", "Quel est le menu ?", "…"),
        FaqEntry("bus", "a", "À quelle heure passe le car ?", "…"),
    )
)
VECTORS = [[1.0, 0.0, 0.1], [0.9, 0.1, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
LOST = [2.0, 0.1, 0.1]
"""Of another length: only where it points counts."""


def meanings() -> Meanings:
    return Meanings.of(FAQ, VECTORS)


def test_one_vector_a_phrasing() -> None:
    assert phrasings(FAQ) == [
        "J'ai égaré mon badge", "badge perdu", "Quel est le menu ?", "À quelle heure passe le car ?",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="4 phrasings, 3 vectors"):
        Meanings.of(FAQ, VECTORS[:3])


def test_the_nearest_entry_comes_once() -> None:
    ((entry, alike),) = meanings().nearest(LOST)
    assert entry == "perdu"
    assert alike == pytest.approx(0.998, abs=0.01)


def test_a_question_far_from_all_is_still_a_persons() -> None:
    route = Route(None, ())
    assert meanings().widened(route, [0.0, 0.0, 0.0]) is route
    assert meanings().widened(route, [-1.0, -1.0, -1.0]) is route


def test_what_means_the_same_is_proposed() -> None:
    verdict = meanings().widened(Route("a", ()), LOST)
    assert isinstance(verdict, Clarify)
    assert [m.entry for m in verdict.options] == ["perdu"]


def test_what_the_words_propose_stays_first() -> None:
    said = (Match("bus", 0.5, ("heure",)), Match("cantine", 0.3, ("quel",)))
    verdict = meanings().widened(Clarify(said, said), LOST)
    assert isinstance(verdict, Clarify)
    assert [m.entry for m in verdict.options] == ["bus", "perdu", "cantine"]
    assert verdict.options[0] is said[0]


@pytest.mark.parametrize(
    "sure", [Answer(Match("bus", 0.99), ()), Redirect("danger", urgent=True, candidates=())]
)
def test_what_is_sure_stays(sure: Answer | Redirect) -> None:
    assert meanings().widened(sure, LOST) is sure


def test_an_empty_faq_has_nothing_near() -> None:
    assert Meanings.of(Faq(), []).nearest([1.0]) == []


def test_near_twins_ask_for_more_likeness() -> None:
    twins = [[1.0, 0.0], [1.0, 0.02], [0.99, 0.05], [0.98, 0.1]]
    assert Meanings.of(FAQ, twins).near > 0.9 > meanings().near

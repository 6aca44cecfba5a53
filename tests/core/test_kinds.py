"""Words that stand for one another in a question, and what that does to an answer's probability."""

from importlib.resources import files

import pytest

from helpbot.core import french
from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.matching import FaqIndex
from helpbot.core.matching.kinds import kinds

LINES = [
    line.split()
    for line in files("helpbot.core").joinpath("kinds.txt").read_text(encoding="utf-8").splitlines()
    if line[:1] != "#"
]


def kind_of(word: str) -> int:
    return kinds().get(french.stem(french.fold(word)), 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("remplacer", "changement"),
        ("perdue", "perte"),
        ("colis", "paquet"),
        ("quand", "date"),
        ("identifiant", "code"),
    ],
)
def test_words_that_stand_for_one_another_are_of_a_kind(one: str, other: str) -> None:
    assert kind_of(one) & kind_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("activer", "désactiver"), ("ouvrir", "fermer"), ("bloquer", "débloquer"),
        ("connecter", "déconnecter"),
        ("acheter", "vendre"), ("augmenter", "baisser"), ("commander", "annuler"), ("payer", "rembourser"),
        ("inscrire", "désinscrire"), ("perdre", "voler"), ("envoyer", "retourner"), ("lieu", "quand"),
        ("élève", "professeur"), ("débuter", "terminer"), ("création", "suppression"), ("gratuit", "prix"),
    ],
)  # fmt: skip
def test_what_would_be_answered_otherwise_is_of_another_kind(one: str, other: str) -> None:
    assert kind_of(one)
    assert kind_of(other)
    assert not kind_of(one) & kind_of(other)


def test_each_line_holds_several_folded_words_once() -> None:
    wrong = [
        words
        for words in LINES
        if len(words) < 2 or len(set(words)) < len(words) or any(w != french.fold(w) for w in words)
    ]
    assert wrong == []


def test_no_word_is_dropped_before_its_kind_is_looked_at() -> None:
    """A grammatical word never reaches the kinds; one that stands here would promise what is not kept."""
    assert [w for words in LINES for w in words if french.is_stopword(w)] == []


FAQ = Faq(
    tuple(
        FaqEntry(str(at), "t", text, "…")
        for at, text in enumerate(
            ("Comment changer de médecin ?", "Où garer mon vélo ?", "Le wifi est lent", "Imprimer en couleur")
        )
    )
)


def test_another_word_of_the_same_kind_speaks_for_an_entry_and_another_act_does_not() -> None:
    index = FaqIndex.build(FAQ)
    said = {act: index.verdict(f"{act} mon médecin").candidates[0] for act in ("remplacer", "insulter")}
    assert said["remplacer"].entry == said["insulter"].entry == "0"
    assert said["remplacer"].score > 1.5 * said["insulter"].score

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.core.french import content_words, fold, is_usual, stems, strip_politeness, words


@given(st.text())
def test_folding_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_nothing_breaks_reading(text: str) -> None:
    assert stems(text) is not None


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Où est l’ÉCOLE ?", "ou est l'ecole ?"),
        ("cœur\u00a0d'œuvre", "coeur d'oeuvre"),
        ("a\u200bb\x00c", "abc"),
        ("ﬁchier １２", "fichier 12"),
        ("  deux\n\tlignes ", "deux lignes"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("bjr qqn sait comment reinitialiser le mdp svp ?", "comment reinitialiser le mdp"),
        ("Bonjour à tous, petite question : où est le code ? Merci d'avance !", "ou est le code"),
        ("salut", "salut"),
        ("merci", "merci"),
        ("comment aller sur éléa merci d avance", "comment aller sur elea"),
        ("comment aller sur éléa svp 🙏🙏", "comment aller sur elea"),
        ("je voudrais savoir si la photo suffit, bonne journée", "la photo suffit"),
        ("comment installer pix ??? help", "comment installer pix"),
    ],
)
def test_politeness_is_cut(text: str, core: str) -> None:
    assert strip_politeness(text).rstrip(" ?") == core


def test_abbreviations_and_elisions() -> None:
    assert words("jai un pb d'ENT en 6ème") == (
        "j", "ai", "un", "probleme", "d", "ent", "en", "6e",
    )  # fmt: skip
    assert content_words("c koi le mdp de l'élève") == ("quoi", "mot", "passe", "eleve")


@pytest.mark.parametrize("word", ["capitale", "capitales", "bateaux", "bibliotheque"])
def test_everyday_words_are_known(word: str) -> None:
    assert is_usual(word)


@pytest.mark.parametrize("word", ["capytale", "tchapp", "certificatin", ""])
def test_names_and_slips_are_no_everyday_words(word: str) -> None:
    assert not is_usual(word)


def test_a_son_is_no_thread() -> None:
    assert stems("mon fils est en 6e") == stems("mon enfant est en 6e")
    assert stems("les fils de discussion")[0] == stems("le fil de discussion")[0]

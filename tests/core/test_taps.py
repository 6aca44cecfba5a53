"""Buttons: signs and words that mean the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.core.taps import Tap, is_bare, of_feedback, of_found, of_reaction, of_text, thanks_somebody


@pytest.mark.parametrize(
    ("sign", "tap"),
    [
        ("✅", Tap.YES),
        ("✔️", Tap.YES),
        ("☑️", Tap.YES),
        ("👍", Tap.YES),
        ("👍🏿", Tap.YES),
        ("❌", Tap.NO),
        ("✖️", Tap.NO),
        ("👎🏻", Tap.NO),
        ("🙋", Tap.HUMAN),
        ("🙋‍♀️", Tap.HUMAN),
        ("🙋🏽‍♂️", Tap.HUMAN),
        ("👤", Tap.NAMED),
        ("✋", Tap.CLAIM),
        ("✋🏾", Tap.CLAIM),
        ("🖐️", Tap.CLAIM),
        ("⏭️", Tap.PASS),
        ("⏭", Tap.PASS),
        ("1️⃣", Tap.FIRST),
        ("1", Tap.FIRST),
        ("2", Tap.SECOND),
        ("3️⃣", Tap.THIRD),
        ("0", Tap.NONE_OF_THESE),
    ],
)
def test_a_sign_means_the_same_tapped_and_typed(sign: str, tap: Tap) -> None:
    assert of_reaction(sign) is tap
    assert of_text(sign) is tap
    assert of_text(f" {sign} ") is tap
    assert is_bare(sign)


@pytest.mark.parametrize("key", ["❤️", "😂", "4", "", "oui", "✅✅", "x" * 5000, "\u200d", "12"])
def test_any_other_reaction_means_nothing(key: str) -> None:
    assert of_reaction(key) is None


@pytest.mark.parametrize(
    ("text", "tap"),
    [
        ("oui", Tap.YES),
        ("Oui !", Tap.YES),
        ("OUI\u00a0!", Tap.YES),
        ("oui, merci", None),
        ("Merci beaucoup.", Tap.YES),
        ("d’accord", Tap.YES),
        ("D'ACCORD", Tap.YES),
        ("non merci", Tap.NO),
        ("non", Tap.NO),
        ("un collègue", Tap.HUMAN),
        ("Oui avec mon nom", Tap.NAMED),
        ("je prends", Tap.CLAIM),
        ("Je m’en occupe !", Tap.CLAIM),
        ("je passe", Tap.PASS),
        ("aucune", Tap.NONE_OF_THESE),
        ("oui mais laquelle ?", None),
        ("je prends le bus", None),
        ("", None),
        ("merci " * 20, None),
    ],
)
def test_a_whole_reply_of_fixed_words(text: str, tap: Tap | None) -> None:
    assert of_text(text) is tap
    assert not is_bare(text)


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    if is_bare(text):
        assert of_text(text) is not None
    of_reaction(text)


@pytest.mark.parametrize(
    ("text", "tap"),
    [
        ("ok merci bcp", Tap.YES),
        ("super !!", Tap.YES),
        ("Génial, ça marche, merci à vous", Tap.YES),
        ("non ça marche pas", Tap.NO),
        ("Ça ne m’aide pas du tout.", Tap.NO),
        ("merci mais ça ne marche toujours pas", Tap.NO),
        ("c'est pas ma question", Tap.NO),
        ("merci et pour les 6e", None),
        ("merci ?", None),
        ("ça marche", None),
        ("ok", None),
        ("pas de bouton Valider", None),
        ("", None),
        ("merci " * 20, None),
    ],
)
def test_a_few_words_judge_an_answer(text: str, tap: Tap | None) -> None:
    assert of_feedback(text) is tap


@pytest.mark.parametrize(
    ("text", "thanks"),
    [
        ("merci Karim", True),
        ("ok super, merci à tous !", True),
        ("Karim merci", False),
        ("merci et pour la certification pix ?", False),
        ("merci de me dire où est le menu des campagnes", False),
        ("bonjour", False),
        ("", False),
    ],
)
def test_thanks_to_somebody(text: str, thanks: bool) -> None:
    assert thanks_somebody(text) is thanks


@pytest.mark.parametrize(
    "text",
    [
        "c'est bon merci", "C'est bon, j'ai trouvé !", "finalement j'ai trouvé, merci à tous", "c'est réglé",
        "problème résolu, merci", "laissez tomber", "ça remarche", "j'ai trouvé, il était caché",
        "plus besoin merci",
        "c'est bon j'ai trouvé, il suffisait de redémarrer", "je me suis débrouillée, merci",
    ],
)  # fmt: skip
def test_who_asked_has_found_it(text: str) -> None:
    assert of_found(text)


@pytest.mark.parametrize(
    "text",
    [
        "merci", "ça marche pas", "c'est bon pour le premier mais pas le second", "ça ne marche pas",
        "j'ai trouvé le menu mais il est grisé", "c'est bon ?", "j'ai trouvé une erreur", "", "oui",
        "ça marche sur tablette", "il n'est pas trouvé",
    ],
)  # fmt: skip
def test_who_asked_has_not_found_it(text: str) -> None:
    assert not of_found(text)

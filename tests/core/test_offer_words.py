"""What a few words in reply to an offer say of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.core.offerwords import of_offer, yes_or_no
from helpbot.core.peers import is_answer
from helpbot.core.taps import Tap


@pytest.mark.parametrize(
    "text",
    [
        "ok je m'en occupe", "Je m’en occupe !", "je prends", "Je prends, merci", "ok je prends la question",
        "je le prends en charge", "Bonjour, je regarde ça tout de suite.", "je regarde", "oui je regarde",
        "je vais regarder", "je réponds dans l'heure", "Je m'y mets après mon cours", "pour moi",
        "c'est bon pour moi", "je suis dessus", "Oui, avec plaisir, je m'en charge", "je peux aider",
        "je veux bien", "je regarde et je reviens vers vous", "je regarde demain matin", "ok pour moi",
        "je suis dispo", "je lui réponds ce soir", "j'y vais", "je cherche et je vous dis",
    ],
)  # fmt: skip
def test_it_is_taken(text: str) -> None:
    assert of_offer(text) is Tap.CLAIM
    assert not is_answer("m.text", text)


@pytest.mark.parametrize(
    "text",
    [
        "je passe", "Je passe mon tour, désolée", "passe", "pas dispo", "Pas dispo aujourd'hui, désolé !",
        "désolé je peux pas", "je ne peux pas en ce moment", "Je ne sais pas", "je sais pas trop",
        "aucune idée", "aucune idée désolé", "je n'ai pas le temps là", "je suis en cours",
        "en réunion, désolée",
        "je ne suis pas disponible cette semaine", "ce n'est pas mon domaine", "pas mon rayon",
        "je n'y connais rien", "j'y connais rien", "je ne pourrai pas répondre", "impossible pour moi",
        "je suis malade", "demandez à quelqu'un d'autre", "non je ne sais pas", "bonjour, je ne connais pas",
        "c'est pas possible pour moi", "sans moi cette fois", "je suis absente",
    ],
)  # fmt: skip
def test_it_is_passed(text: str) -> None:
    assert of_offer(text) is Tap.PASS


@pytest.mark.parametrize(
    "text",
    [
        "je ne sais pas, voyez l'intendance", "il est dans le placard", "je prends le bus",
        "impossible de se connecter", "ce n'est pas possible", "impossible",
        "regarde dans Pix Orga", "je passe par Pronote puis Paramètres",
        "pas dispo sur mobile, seulement sur PC",
        "oui c'est possible dans les réglages", "Il n'est pas possible de le faire avant lundi",
        "non, il faut d'abord se connecter", "ok pour le placard", "je regarde où ?", "dispo ?", "oui", "non",
        "ok", "merci", "ce n'est pas possible sur tablette", "demande à la vie scolaire", "", "👍",
        "je vois avec l'intendance et je reviens vers vous",
    ],
)  # fmt: skip
def test_anything_else_is_for_the_asker(text: str) -> None:
    assert of_offer(text) is None


@pytest.mark.parametrize(
    ("text", "tap"),
    [
        ("ok", Tap.CLAIM), ("Oui !", Tap.CLAIM), ("oui, avec plaisir", Tap.CLAIM), ("👍", Tap.CLAIM),
        ("ok pas de souci", Tap.CLAIM), ("non", Tap.PASS), ("Non merci.", Tap.PASS),
        ("non désolée", Tap.PASS),
        ("non, il faut se connecter", None), ("oui dans les réglages", None), ("merci", None), ("", None),
    ],
)  # fmt: skip
def test_yes_and_no_to_an_offer(text: str, tap: Tap | None) -> None:
    assert yes_or_no(text) is tap


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    of_offer(text)
    yes_or_no(text)

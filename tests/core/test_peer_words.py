"""What of a colleague's message counts as an answer."""

from __future__ import annotations

import pytest

from helpbot.core.peers import is_answer


@pytest.mark.parametrize(
    "text",
    [
        "il est dans le placard du gymnase",
        "Demande à l'intendance, ils ont la clé.",
        "https://exemple.fr/aide",
        "oui, réglages puis réseau",
        "je crois que c'est dans Pix Orga",
    ],
)
def test_an_answer(text: str) -> None:
    assert is_answer("m.text", text)


@pytest.mark.parametrize(
    "text",
    [
        "moi aussi je cherche", "Même problème ici", "+1", "aucune idée", "je ne sais pas du tout", "merci !",
        "lequel, celui du haut ?", "1", "✅", "je prends", "oui", "idem chez nous", "ok", "bon courage",
    ],
)  # fmt: skip
def test_no_answer(text: str) -> None:
    assert not is_answer("m.text", text)


def test_a_picture_is_one_and_a_verification_is_none() -> None:
    assert is_answer("m.image", "capture.png")
    assert not is_answer("m.key.verification.request", "on compare des émojis")

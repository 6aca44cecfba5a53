"""What people write at great length still fits into an event."""

from __future__ import annotations

import json

import pytest

from helpbot.core import notices as say
from helpbot.texts import load_catalogue
from helpbot.texts.markup import LONGEST_QUOTE, quote, shortened

LARGEST = 65_536
"""Bytes of an event, from the client-server API."""
ENVELOPE = 3_000
"""Bytes for all that is no text: ids, signatures, our own object."""


def edit_size(notice: say.Notice) -> int:
    """Return the bytes of an encrypted edit that says this."""
    text = load_catalogue().render(notice)
    return len(json.dumps([text.body, text.html] * 2)) * 4 // 3 + ENVELOPE


@pytest.mark.parametrize("unit", ["mot ", "é", "🙂", "<&>\"'", "a\n", "\\*_"])
def test_an_edit_that_quotes_a_long_text_fits(unit: str) -> None:
    for notice in (say.OfferMine("7KQ2M", unit * 30_000), say.Relayed("Nora", unit * 30_000)):
        assert edit_size(notice) < LARGEST
        assert "[…]" in load_catalogue().render(notice).body


def test_what_fits_is_whole_and_what_does_not_is_cut_at_a_word() -> None:
    letter = "Bonjour, voici un message. " * 200
    assert shortened(letter) == letter
    cut = shortened("mot " * 10_000)
    assert cut.endswith("mot […]")
    assert LONGEST_QUOTE // 2 < len(cut) <= LONGEST_QUOTE + 4
    assert quote("une\nligne") == "> une\n> ligne"

"""What must not stand in a question or an answer, taken out before it is stored or relayed (privacy 6).

A pupil's INE, a social-security number (NIR), phone numbers, addresses, IBANs, passwords given as such,
pupils named with their class. Rules and no statistics: what is masked can be explained. Measured in
tests/core/test_masking.py, figures in docs/privacy.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from helpbot.core.masking.numbers import emails, ibans, ines, nirs, phones
from helpbot.core.masking.passwords import passwords
from helpbot.core.masking.pupils import pupils


class Found(StrEnum):
    """What was taken out."""

    EMAIL = "email"
    IBAN = "iban"
    NIR = "nir"
    PHONE = "phone"
    INE = "ine"
    PASSWORD = "password"  # noqa: S105
    PUPIL = "pupil"


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without what must not be in it, and what that was."""

    text: str
    found: tuple[Found, ...] = ()


# One look decides for most messages that there is nothing to find: two or three microseconds.
_DIGIT = re.compile(r"[0-9]")
_LONG_NUMBER = re.compile(r"[0-9](?:[^0-9]{0,3}[0-9]){7}")
_PASSWORD_WORDS = ("pass", "mdp", "m.d.p", "pwd", "code ")
_PUPIL_WORDS = ("lève", "leve", "léve", "cp", "ulis", "segpa", "term")


def mask(text: str) -> Masked:
    """Return the text with what must not be kept replaced by « […] », and which kinds that was."""
    lower = text.lower()
    steps: list[tuple[Found, Callable[[str], str]]] = []
    if "@" in lower or "arobase" in lower or "at)" in lower or "at]" in lower:
        steps.append((Found.EMAIL, emails))
    digits = _DIGIT.search(lower) is not None
    if digits and _LONG_NUMBER.search(lower):
        steps += ((Found.IBAN, ibans), (Found.NIR, nirs), (Found.PHONE, phones))
    if digits:
        steps.append((Found.INE, ines))
    if any(word in lower for word in _PASSWORD_WORDS):
        steps.append((Found.PASSWORD, passwords))
    if digits or any(word in lower for word in _PUPIL_WORDS):
        steps.append((Found.PUPIL, pupils))
    return _without(text, steps) if steps else Masked(text)


def _without(text: str, steps: list[tuple[Found, Callable[[str], str]]]) -> Masked:
    found: list[Found] = []
    for kind, take_out in steps:
        masked = take_out(text)
        if masked != text:
            text = masked
            found.append(kind)
    return Masked(text, tuple(found))

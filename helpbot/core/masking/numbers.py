"""Addresses and numbers.

Those that carry a check are checked by python-stdnum, imported at the first candidate: most texts have none.
"""

from __future__ import annotations

import re

from helpbot.core.masking.words import MASK

_EMAIL = re.compile(
    r"(?<![\w.@:/+-])(?P<box>[\w.+'-]{0,63}\w)(?:@|\s?(?:\(at\)|\[at\]|\barobase\b)\s?)"
    r"(?:[\w-]{1,63}\.){1,8}[a-z]{2,20}(?![\w:])",
    re.IGNORECASE,
)
_SERVICE_BOX = re.compile(
    r"(?:ce\.\d{7}[a-z]|(?:accueil|aide|assistance|cil|cnil|contact|communication|crcn|d[as]ne|delegation|dpd"
    r"|dpo|drane|dsden|dsi|edusol|formation|help|helpdesk|hotline|inscription|info|infos|mediateur|no-?reply"
    r"|pix|plateforme|rectorat|rgpd|secretariat|service|sos|support|webmaster)(?:[._-].*|\d*))",
    re.IGNORECASE,
)
"""The mailbox of a school (`ce.` and its UAI number) or of a service is nobody's: a helper may tell it."""
_IBAN = re.compile(r"(?<!\w)[a-z]{2}\d\d(?:[ .-]?[a-z0-9]{1,4}){3,8}(?!\w)", re.IGNORECASE)
_FRENCH_IBAN = re.compile(r"fr\d\d(?:[ .-]?\d){10}(?:[ .-]?[a-z0-9]){11}[ .-]?\d\d", re.IGNORECASE)
_LEAST_IBAN = 15
_NIR = re.compile(
    r"(?<![\w.])(?P<nir>[1-478][ .]?\d\d[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d\d|2[ab])"
    r"[ .]?\d{3}[ .]?\d{3})(?:[ .,/-]?\s?(?:cl[ée]\s?:?\s?)?(?P<key>\d\d))?(?!\w)",
    re.IGNORECASE,
)
_SAYS_NIR = re.compile(r"s[ée]cu|\bnir\b|\binsee\b|immatriculation|assur[ée]", re.IGNORECASE)
# Numbers that begin with 08 belong to services. Where the pairs are parted, they are all parted alike, but
# for mobiles; a date (06 07 2026 …) is none.
_PHONE = re.compile(
    r"(?<![\w+])(?<!\d[.,])(?:"
    r"(?:\+|00)33[ .-]?(?:\(0\)[ .-]?)?[1-79](?P<a>[ .\u00a0\u202f/-]?)\d\d(?:(?P=a)\d\d){3}"
    r"|0[1-79](?P<b>[ .\u00a0\u202f/-]?)\d\d(?:(?P=b)\d\d){3}"
    r"|(?!\d\d[ .-]\d\d[ .-]20\d\d)0[67](?:[ .-]?\d){8}"
    r"|\+(?!33)[1-9]\d{0,2}(?:[ .-]?\d){7,11}"
    r")(?!\w)(?![.,]\d)"
)
# Ten digits and a letter (base élèves), nine and two letters (RNIE); others only where they are called so.
_INE = re.compile(r"(?<!\w)(?:\d{10}[a-z]|\d{9}[a-z]{2})(?!\w)", re.IGNORECASE)
_SAID_INE = re.compile(
    r"\b(?:ine|ina|identifiant national)\b[^\w\n]{0,4}"
    r"(?:(?:est|num[ée]ro|n[°o]|c['’]est|de \w{1,20})[^\w\n]{1,4})?"
    r"(?P<ine>(?:[a-z0-9][ -]?){10}[a-z0-9])(?!\w)",
    re.IGNORECASE,
)
_LEAST_DIGITS = 4


def emails(text: str) -> str:
    """Return the text without people's mail addresses."""
    return _EMAIL.sub(lambda m: m[0] if _SERVICE_BOX.fullmatch(m["box"]) else MASK, text)


def ibans(text: str) -> str:
    """Return the text without bank accounts."""
    return _IBAN.sub(lambda m: _without_iban(m[0]), text)


def _without_iban(candidate: str) -> str:
    """Return a candidate masked up to where the IBAN in it ends: words may follow it."""
    from stdnum import iban

    for end in range(len(candidate), _LEAST_IBAN - 1, -1):
        whole = end == len(candidate) or not candidate[end].isalnum()
        if whole and iban.is_valid(candidate[:end].replace(".", ""), check_country=False):
            return MASK + candidate[end:]
    return _FRENCH_IBAN.sub(MASK, candidate)  # one with a slip of the finger is somebody's all the same


def nirs(text: str) -> str:
    """Return the text without social-security numbers: with a right key, or called so."""
    called_so = _SAYS_NIR.search(text) is not None
    return _NIR.sub(lambda m: MASK if called_so or _is_nir(m) else m[0], text)


def _is_nir(match: re.Match[str]) -> bool:
    if match["key"] is None:
        return False
    from stdnum.fr import nir

    return bool(nir.is_valid(match["nir"].replace(".", "") + match["key"]))


def phones(text: str) -> str:
    """Return the text without phone numbers, those of services left."""
    return _PHONE.sub(MASK, text)


def ines(text: str) -> str:
    """Return the text without pupils' national identifiers."""
    return _SAID_INE.sub(_without_said_ine, _INE.sub(MASK, text))


def _without_said_ine(match: re.Match[str]) -> str:
    said = match["ine"]
    digits = sum(c.isdigit() for c in said)
    return match[0].removesuffix(said) + MASK if digits >= _LEAST_DIGITS else match[0]

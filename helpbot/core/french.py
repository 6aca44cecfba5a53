"""French as teachers type it: folding, words, stems, abbreviations, and what is said around a question.

Everything here is a pure function of its text. The word lists are in `french.yaml`, beside this file.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from zlib import crc32

import yaml

from helpbot.core.alone import passed_over

with passed_over("snowballstemmer"):  # thirty languages: 3 MB
    from snowballstemmer.french_stemmer import FrenchStemmer

MAX_CHARS = 1_000
"""A question is read up to here: what follows a first screen of text is context, not the question."""

_MARKS = {"Mn", "Me", "Cc", "Cf", "Cs", "Co", "Cn"}
_SPELT = str.maketrans(
    {
        "œ": "oe", "æ": "ae", "ø": "o", "ß": "ss", "ł": "l", "đ": "d",
        "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'", "′": "'", "‛": "'", "＇": "'",
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
        "\t": " ", "\n": " ", "\r": " ", "\v": " ", "\f": " ",
    }
)  # fmt: skip
_ELISION = re.compile(r"\b(lorsqu|puisqu|jusqu|quelqu|presqu|qu|[cdjlmnst])'")
_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")
_PUNCTUATION = re.compile(r"([,.:;!?…()-])[ ,.:;!?…()-]+")
"""Several signs in a row: they say no more than one, and cost the patterns below a lot."""
_GRADE = re.compile(r"^([1-6])(?:eme|ieme|emes|es|e|iemes)$")
_SHORT_PLURALS = frozenset(f"{short}s" for short in ("cp", "ce1", "ce2", "cm1", "cm2", "bts", "cap"))

_OF_ONE = frozenset({"mon", "ton", "son", "notre", "votre", "leur", "un"})


@dataclass(frozen=True, slots=True)
class _Lists:
    abbreviations: dict[str, tuple[str, ...]]
    stopwords: frozenset[str]
    leading: re.Pattern[str]
    trailing: re.Pattern[str]
    frame: frozenset[str]


@cache
def _lists() -> _Lists:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = files("helpbot.core").joinpath("french.yaml").read_text(encoding="utf-8")
    raw = yaml.load(text, Loader=loader)  # noqa: S506  (both are safe loaders)
    leading, trailing = ("|".join(raw[k].split("\n")).strip("|") for k in ("leading", "trailing"))
    return _Lists(
        {k: tuple(_split(v)) for k, v in raw["abbreviations"].items()},
        frozenset(raw["stopwords"].split()),
        re.compile(rf"^(?:{leading})(?![\w'])[\s,.:;!?…()-]*"),
        re.compile(rf"(?:^|[\s,.:;!?…()-])+(?:{trailing})[\W_]*$"),
        frozenset(raw["frame"].split()),
    )


class _Folding(dict[int, str]):
    """What each character becomes, worked out the first time it is met."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _fold_character(chr(code))
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Lower the case, drop accents and invisible characters, straighten apostrophes and spaces."""
    return " ".join(text.translate(_FOLDING).split())


def _fold_character(character: str) -> str:
    for _ in range(4):  # case folding may yield characters that decompose again
        before = character
        spread = unicodedata.normalize("NFKD", character.translate(_SPELT)).casefold().translate(_SPELT)
        character = "".join(c for c in spread if unicodedata.category(c) not in _MARKS)
        if character == before:
            break
    return character


def _split(folded: str) -> list[str]:
    return _WORD.findall(_ELISION.sub(r"\1 ", folded))


def words(text: str) -> tuple[str, ...]:
    """Give the words of a text, folded, elisions cut, abbreviations spelt out."""
    return tuple(_expanded(_split(fold(text[:MAX_CHARS]))))


def _expanded(raw: list[str]) -> list[str]:
    known = _lists().abbreviations
    out: list[str] = []
    for word in raw:
        if word in known:
            out.extend(known[word])
        elif word[0] in "123456" and (grade := _GRADE.match(word)):
            out.append(f"{grade[1]}e")
        elif word in _SHORT_PLURALS:
            out.append(word[:-1])
        elif word == "fils" and out and out[-1] in _OF_ONE:
            out.append("enfant")  # « mon fils » is no thread: those come as « le fil », « les fils »
        else:
            out.append(word)
    return out


def strip_politeness(text: str) -> str:
    """Give the folded text without greetings, thanks and introductions; all of it if nothing else is said."""
    lists = _lists()
    folded = _PUNCTUATION.sub(r"\1 ", " ".join(_spelt_politely(fold(text[:MAX_CHARS])))).strip()
    core = folded
    for _ in range(8):
        shorter = lists.leading.sub("", core, count=1)
        shorter = lists.trailing.sub("", shorter, count=1)
        if shorter == core:
            break
        core = shorter
    return core if any(w not in lists.stopwords for w in _split(core)) else folded


def _spelt_politely(folded: str) -> list[str]:
    """Spell the abbreviations of greetings out, so that one pattern serves « svp » too."""
    known = _POLITE
    return [known.get(token.strip(".,!?;:"), token) for token in folded.split(" ")]


_POLITE = {
    "bjr": "bonjour", "bsr": "bonsoir", "slt": "salut", "cc": "coucou", "svp": "s'il vous plait",
    "stp": "s'il te plait", "pls": "s'il vous plait", "mci": "merci", "mrc": "merci",
    "qqn": "quelqu'un", "qqun": "quelqu'un", "dsl": "desole", "jai": "j'ai", "ts": "tous",
    "plz": "s'il vous plait", "merciiii": "merci", "svpp": "s'il vous plait",
}  # fmt: skip


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Give the stem of a folded word. Short words and those with a figure stay as they are."""
    if len(word) <= 3 or not word.isalpha():
        return word
    return str(_stemmer().stemWord(word))


@cache
def _stemmer() -> FrenchStemmer:
    return FrenchStemmer()


def is_stopword(word: str) -> bool:
    """Tell whether a folded word is grammatical only."""
    return word in _lists().stopwords


def stopwords() -> frozenset[str]:
    """Give the grammatical words, folded."""
    return _lists().stopwords


def abbreviations() -> dict[str, tuple[str, ...]]:
    """Give the folded words that each abbreviation stands for."""
    return dict(_lists().abbreviations)


def frame_words() -> frozenset[str]:
    """Give the words that frame a question without naming its subject."""
    return _lists().frame


@cache
def _usual_words() -> array[int]:
    """Give the sorted checksums of everyday words: a fortieth of what the words themselves would take."""
    lines = files("helpbot.core").joinpath("usual_words.txt").read_text(encoding="utf-8").splitlines()
    return array("I", sorted(crc32(w.encode()) for line in lines if line[:1] != "#" for w in line.split()))


def is_usual(word: str) -> bool:
    """Tell whether a folded word, or what it is the plural of, is an everyday word: no slip of the finger."""
    known = _usual_words()
    for form in {word, word.removesuffix("s"), word.removesuffix("x")}:
        check = crc32(form.encode())
        at = bisect_left(known, check)
        if at < len(known) and known[at] == check:
            return True
    return False


def content_words(text: str) -> tuple[str, ...]:
    """Give what a question is about: its words without politeness and grammatical words."""
    found = words(strip_politeness(text))
    stop = _lists().stopwords
    kept = tuple(w for w in found if w not in stop)
    return kept or found


def stems_told(text: str) -> frozenset[str]:
    """Give the stems of a text that answers: nothing is said around it."""
    stop = _lists().stopwords
    return frozenset(stem(w) for w in _expanded(_split(fold(text))) if w not in stop)


def stems(text: str) -> tuple[str, ...]:
    """Give the stems of a question's content words, in order."""
    return tuple(stem(w) for w in content_words(text))


_FOLLOW_UP = re.compile(
    r"(?:ok|d'accord|oui|super|merci|ah|bien|alors|et|,|\s)*"
    r"\b(?:et|mais|ou|sinon|pareil|idem|meme (?:question|chose)|aussi)\b"
    r"(?: (?:pour|avec|si|chez|au|aux|en|dans|sur|quand|les|le|la|l'|du|des|sans|comment|celui|celle"
    r"|ca|cela|combien|eux)\b|$)"
)


def is_follow_up(text: str) -> bool:
    """Tell whether a question leans on the one before it, as « et pour les BTS ? » does."""
    folded = fold(text[:MAX_CHARS])
    return bool(_FOLLOW_UP.match(folded)) and len(content_words(text)) <= 6

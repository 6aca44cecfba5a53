"""`!` commands: text to Command, with forgiving spelling. Help and tests are made from this table."""

from __future__ import annotations

import difflib
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Who(StrEnum):
    """Who may use a command, and where."""

    ANYONE = "anyone"
    REVIEW = "review"
    """People in the review room, and referents."""


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command: its French name, English alias, who may use it, and examples that must parse."""

    name: str
    alias: str
    who: Who
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody typed: a known command's name, or `name=""` with the nearest one as `meant`."""

    name: str
    rest: str = ""
    meant: str = ""


COMMANDS = (
    CommandSpec("aide", "help", Who.ANYONE, ("!aide", "!aide un élève a perdu son mot de passe Pix")),
    CommandSpec("annuler", "cancel", Who.ANYONE, ("!annuler", "!annuler 7KQ2M")),
    CommandSpec("rgpd", "privacy", Who.ANYONE, ("!rgpd",)),
    CommandSpec("mesdonnees", "mydata", Who.ANYONE, ("!mesdonnees",)),
    CommandSpec("oubliezmoi", "forgetme", Who.ANYONE, ("!oubliezmoi", "!oubliezmoi oui")),
    CommandSpec(
        "volontaire",
        "volunteer",
        Who.ANYONE,
        ("!volontaire pix rgpd", "!volontaire pix collège académie de Dijon", "!volontaire sans rgpd"),
    ),
    CommandSpec(
        "dispo",
        "available",
        Who.ANYONE,
        (
            "!dispo lun-mer-ven 8h-12h et 13h-17h",
            "!dispo le premier lundi du mois 9h-11h",
            "!dispo sans habitudes",
            "!dispo",
        ),
    ),
    CommandSpec("pause", "break", Who.ANYONE, ("!pause 2 semaines", "!pause fin")),
    CommandSpec("absent", "away", Who.ANYONE, ("!absent jusqu'au 3 janvier", "!absent du 3 au 10 mars")),
    CommandSpec("charge", "load", Who.ANYONE, ("!charge 3/semaine", "!charge 1 par jour")),
    CommandSpec("stop", "unvolunteer", Who.ANYONE, ("!stop",)),
    CommandSpec("passe", "handover", Who.ANYONE, ("!passe @camille", "!passe")),
    CommandSpec("prendre", "take", Who.ANYONE, ("!prendre 7KQ2M",)),
    CommandSpec("reponse", "answer", Who.ANYONE, ("!reponse 7KQ2M il est dans le placard",)),
    CommandSpec("talents", "skills", Who.ANYONE, ("!talents",)),
    CommandSpec("qui", "who", Who.ANYONE, ("!qui pix",)),
    CommandSpec("pourquoi", "why", Who.ANYONE, ("!pourquoi",)),
    CommandSpec("mesquestions", "myquestions", Who.ANYONE, ("!mesquestions",)),
    CommandSpec(
        "reglages", "settings", Who.ANYONE, ("!reglages", "!reglages écoute oui", "!reglages fils non")
    ),
    CommandSpec("opposition", "objection", Who.ANYONE, ("!opposition", "!opposition fin")),
    CommandSpec(
        "faq",
        "entries",
        Who.ANYONE,
        (
            "!faq proposer",
            "!faq chercher mot de passe pix",
            "!faq voir pix-mot-de-passe-eleve",
            "!faq liste pix",
            "!faq modifier pix-mot-de-passe-eleve réponse: Dans Pix Orga.",
            "!faq variante pix-mot-de-passe-eleve mdp pix perdu",
            "!faq archiver pix-mot-de-passe-eleve",
            "!faq historique",
            "!faq annuler",
        ),
    ),
    CommandSpec("lacunes", "gaps", Who.REVIEW, ("!lacunes",)),
    CommandSpec(
        "monparcours",
        "portfolio",
        Who.ANYONE,
        ("!monparcours", "!monparcours garder", "!monparcours effacer"),
    ),
    CommandSpec("bilan", "report", Who.REVIEW, ("!bilan",)),
)


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _key(word: str) -> str:
    """Return what is left of a name without its signs and its plural: « Mes-Questions » is `mesquestion`."""
    return "".join(c for c in _fold(word) if c.isalpha()).removesuffix("s")


_NAMES = {_key(n): spec.name for spec in COMMANDS for n in (spec.name, spec.alias)}


def is_command(text: str) -> bool:
    """Tell whether a text begins with `!` and a letter; « !! réunion » is said to people."""
    text = text.lstrip()
    return text.startswith("!") and text[1:2].isalpha()


def parse(text: str) -> Command | None:
    """Return the command that a text is, None when it does not begin with `!` and a letter."""
    text = text.strip()
    if not is_command(text):
        return None
    word, rest = (*text[1:].split(maxsplit=1), "")[:2]
    if _key(word) in _NAMES:
        return Command(_NAMES[_key(word)], rest.strip())
    second, beyond = (*rest.split(maxsplit=1), "", "")[:2]
    if _key(f"{word}{second}") in _NAMES:  # « !mes questions », « !oubliez moi »
        return Command(_NAMES[_key(f"{word}{second}")], beyond.strip())
    near = difflib.get_close_matches(_key(word), _NAMES, n=1, cutoff=0.75)
    return Command("", rest.strip(), meant=_NAMES[near[0]] if near else "")

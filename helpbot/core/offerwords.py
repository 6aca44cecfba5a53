"""What a few words in reply to an offer say of it: « ok je m'en occupe », « désolée, pas dispo ».

Such words are no answer, and must not reach the asker as one. Only a message that says nothing else counts:
« je ne sais pas, voyez l'intendance » is for the asker to read.
"""

from __future__ import annotations

import re
from functools import cache

from helpbot.core.dates import fold
from helpbot.core.ids import UserId
from helpbot.core.taps import Tap
from helpbot.core.tickets import OfferState, State, Ticket

LONGEST = 90


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


_AROUND = _any(
    "ok(?:ay)?", "oui", "non", "ouais", "bonjour", "bonsoir", "salut", "bjr", "coucou", "hello", "desolee?s?",
    "pardon", "navree?", "merci(?: bcp| beaucoup)?", "svp", "stp", "ah", "oh", "euh", "hum", "zut", "mince",
    "bon", "alors", "bah", "ben", "d'accord", "dac", "pas de (?:souci|probleme)", "avec plaisir",
    "volontiers", "super", "parfait", "bien sur", "moi", "malheureusement", "helas", "mais", "car", "et",
    "bonne journee", "a tous", "a toutes", "toutes mes excuses", "excusez[- ]moi", "vraiment", "je suis",
)  # fmt: skip
_PARTS_OF_DAY = "matin|midi|soir|aprem|apres[ -]midi"
_WHEN = _any(
    "la", "ca", "cela", "celle-ci", "celle-la", "lui", "tout de suite", "de suite", "maintenant", "vite",
    "rapidement", "en ce moment", "pour l'instant", "pour le moment", "actuellement", "du tout", "trop",
    "non plus", "cette fois(?:-ci)?", "aujourd'hui", "cet? apres[ -]midi", "cette (?:semaine|heure)",
    f"(?:ce|cet|demain) (?:{_PARTS_OF_DAY})", "demain", "a midi", "a la recre(?:ation)?", "a la pause",
    "avant (?:ce soir|demain|lundi|midi)", "apres (?:mon|mes|le|les) cours", "apres manger",
    "dans (?:l'heure|la journee|la matinee|la soiree|l'apres-midi|un quart d'heure|une heure|deux heures)",
    r"dans (?:\d+|cinq|dix|quinze) ?(?:min(?:utes?)?|h(?:eures?)?)", "des que (?:possible|je (?:le )?peux)",
    "sur (?:ce|le) (?:sujet|theme|point|coup)", "la[- ]dessus", "a ce sujet",
    "pour (?:ca|cela|cette question|celle-ci|moi)", "lundi", "mardi", "mercredi", "jeudi", "vendredi",
    "je (?:vous |te |lui )?(?:tiens au courant|dis|redis|fais signe|reponds)",
    "je (?:vous |te |lui )?reviens(?: vers (?:vous|toi|lui|elle))?",
)  # fmt: skip
_IT = "(?:(?:le|la|les|l'|lui|vous|leur|y|en) ?)?"
_CLAIM = _any(
    "(?:c'est )?(?:bon )?pour moi", "j'y vais", "j'arrive", "on s'en occupe", "on regarde", "ca marche",
    "ca roule", "c'est parti", "(?:je )?suis (?:partante?|volontaire|dessus|sur le coup|la|ok|d'accord)",
    "(?:je suis )?dispo(?:nible)?",
    f"je {_IT}prends(?: en charge| la question| la main)?", "je m'en (?:occupe|charge)",
    f"je {_IT}(?:reponds|regarde|verifie|cherche|vois|teste|gere|aide|essaie)", "je m'y (?:mets|colle)",
    "je me (?:renseigne|lance)", "je vais (?:m'en (?:occuper|charger)|m'y mettre|me renseigner)",
    f"je vais {_IT}(?:regarder|voir|repondre|verifier|chercher|aider|essayer|prendre)",
    "je (?:peux|pourrai|veux bien) m'en (?:occuper|charger)", "je veux bien",
    f"je (?:peux|pourrai|veux bien) {_IT}(?:regarder|repondre|aider|essayer|prendre|faire)",
)  # fmt: skip
_FIT = _any(
    "dispo(?:nible)?s?", "libre", "competente?", "concernee?", "au bureau", "au (?:lycee|college)",
    "a l'ecole", "sur place", "en poste", "en etat", "la bonne personne", "calee?", "a l'aise",
    "specialiste", "experte?",
)  # fmt: skip
_MINE = "mon (?:domaine|rayon|truc|sujet|theme)"
_BUSY = "en (?:cours|reunion|formation|conges?|vacances|arret|sortie|stage|deplacement|classe)"
_AWAY = _any(_BUSY, "absente?", "malade", "occupee?", "debordee?", "deja prise?", "souffrante?")
_PASS = _any(
    "(?:je )?passe(?: mon tour| la main| celle-ci)?", "suivante?", "next", "sans moi", "une autre fois",
    "impossible pour moi",
    f"pas (?:{_FIT}|le temps|(?:possible )?pour moi|{_MINE}|maintenant|cette fois|d'idee)",
    f"(?:je )?(?:ne |n')?(?:suis|serai) pas (?:{_FIT}|la)",
    f"c(?:e n)?'est pas (?:(?:possible )?pour moi|{_MINE})",
    f"(?:je )?(?:ne )?(?:peux|pourrai|pourrais|saurai|saurais) pas"
    f"(?: (?:m'en (?:occuper|charger)|{_IT}(?:aider|repondre|faire|prendre|regarder)))?",
    "(?:je )?(?:ne )?(?:sais|vois|connais) pas(?: (?:y )?repondre)?",
    "je n'en sais rien", "j'en sais rien", "(?:je n'|j'|je )y connais rien",
    "(?:je n'ai |j'ai )?aucune idee", "(?:je n'ai|j'ai) pas (?:le temps|la reponse|d'idee|la solution)",
    f"je suis {_AWAY}", f"(?:{_BUSY}|absente?|malade|debordee?)",
    "(?:demandez|demande|voyez|vois) (?:a|avec) (?:quelqu'un d'autre|une? autre(?: collegue)?)",
    "quelqu'un d'autre", "une? autre(?: collegue)?",
)  # fmt: skip
_YES = _any(
    "ok(?:ay)?", "oui", "ouais", "d'accord", "dac", "volontiers", "avec plaisir", "bien sur", "yes", "moi",
    "pas de (?:souci|probleme)", "👍", "✅", "✔",
)  # fmt: skip
_NO = r"(?:non|no|nan)(?:\s+(?:merci|desolee?|pas (?:moi|cette fois)))*|pas moi|👎|❌|✖"


@cache
def _says(what: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{_AROUND}\s+)*{what}(?:\s+(?:{_WHEN}|{_AROUND}))*")


def said_to_offers(user: UserId, offered: list[Ticket], text: str) -> Tap | None:
    """Return what a few words say of questions that somebody was offered or holds; None: they are an answer.

    « ok » is a yes only to what nobody has taken yet. Who has answered may add « je ne sais pas ».
    """
    if all(t.helper == user and t.state in (State.ANSWERED, State.SOLVED) for t in offered):
        return None
    tap = of_offer(text)
    return tap or (yes_or_no(text) if any(is_asked(t, user) for t in offered) else None)


def is_asked(ticket: Ticket, user: UserId) -> bool:
    """Tell whether somebody was offered a question and has not said anything yet."""
    return any(o.user == user and o.state is OfferState.OPEN for o in ticket.offers)


def of_offer(text: str) -> Tap | None:
    """Return CLAIM or PASS where a reply to an offer says that and no more; None: it says something else."""
    if len(text) > LONGEST or "?" in text:
        return None
    words = _words(text)
    if _says(_PASS).fullmatch(words):  # first: « pas dispo » holds « dispo »
        return Tap.PASS
    return Tap.CLAIM if _says(_CLAIM).fullmatch(words) else None


def yes_or_no(text: str) -> Tap | None:
    """Return CLAIM or PASS for « ok », « non merci » to an offer that nobody has taken yet; else None."""
    words = _words(text[:LONGEST])
    if re.fullmatch(_NO, words):
        return Tap.PASS
    return Tap.CLAIM if re.fullmatch(rf"{_YES}(?:\s+{_YES})*", words) else None


def _words(text: str) -> str:
    return " ".join(re.sub(r"[,;:.!…()\uFE0F\"]+", " ", fold(text)).split())

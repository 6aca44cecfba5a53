"""What a FAQ could do better: warnings of `helpbot faq check`, for the referents who keep it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from helpbot.adapters.faqfiles.load import Placed, read_folder
from helpbot.core import french, twins
from helpbot.core.faq import Faq
from helpbot.core.problems import Problem

LONG_ANSWER = 700
"""Characters: about two phone screens."""
SHORT_OF_PHRASINGS = 4


def lint_faq(folder: Path, today: date | None = None) -> list[Problem]:
    """Give the warnings on a folder's files, in the order of the files. `today` is for stale reviews."""
    faq, placed, found = read_folder(folder)
    if found:
        return []
    return [*_twins(placed), *_contradictions(faq, placed), *_entries(faq, placed, today)]


def _entries(faq: Faq, placed: Placed, today: date | None) -> Iterator[Problem]:
    for entry in faq.entries:
        where = placed.entries[entry.id]
        if len(entry.answer) > LONG_ANSWER:
            size = f"réponse longue : {len(entry.answer)} caractères"
            yield Problem(where, size, f"un écran de téléphone en montre environ {LONG_ANSWER // 2}")
        if not entry.sources:
            yield Problem(
                where, "aucune source", "ajoutez « sources: » avec un titre, et une adresse s'il y en a une"
            )
        for source in entry.sources:
            if source.url and not source.url.startswith(("https://", "http://")):
                yield Problem(
                    where, f"lien incomplet : {source.url[:60]}", "écrivez l'adresse entière, avec https://"
                )
        if "]()" in entry.answer or "](#)" in entry.answer:
            yield Problem(where, "lien vide dans la réponse", "complétez l'adresse ou retirez le lien")
        if today and entry.review_by and entry.review_by < today:
            yield Problem(
                where,
                f"à relire depuis le {entry.review_by:%d/%m/%Y}",
                "relisez, puis changez les deux dates",
            )
        if entry.reviewed and entry.review_by and entry.review_by <= entry.reviewed:
            yield Problem(
                where, "« review_by » n'est pas après « reviewed »", "corrigez l'une des deux dates"
            )
        if today and entry.reviewed and entry.reviewed > today:
            yield Problem(where, "relecture datée dans le futur", "corrigez « reviewed »")
        if len(entry.phrasings) < SHORT_OF_PHRASINGS:
            hint = "ajoutez des « variants » comme on les tape : c'est ce qui aide le plus"
            yield Problem(where, f"seulement {len(entry.phrasings)} formulation(s)", hint)
    for redirect in faq.redirects:
        if not redirect.when:
            yield Problem(
                placed.entries[redirect.id], "aucune formulation", "ajoutez « when: » avec des exemples"
            )


def _twins(placed: Placed) -> Iterator[Problem]:
    """Find phrasings of two entries that read the same, whatever the order of their words, or nearly so."""
    first: dict[tuple[str, ...], tuple[str, str, str]] = {}
    told: set[tuple[str, str]] = set()
    for owner, text, where in placed.phrasings:
        key = tuple(sorted(set(french.stems(text))))
        known = first.setdefault(key, (owner, text, where))
        if known[0] == owner:
            continue
        told.add((where, text))
        same = french.fold(known[1]) == french.fold(text)
        yield _twin("formulation en double" if same else "formulation presque identique", text, where, known)
    order = {owner: at for at, owner in enumerate(placed.entries)}
    together = sorted(placed.phrasings, key=lambda p: order[p[0]])
    for twin in twins.near_twins([(owner, text) for owner, text, _ in together]):
        _, text, where = together[twin.second]
        if (where, text) not in told:
            yield _twin("formulation très proche", text, where, together[twin.first])


def _twin(what: str, text: str, where: str, known: tuple[str, str, str]) -> Problem:
    hint = f"« {known[1][:60]} » mène à {known[0]} ({known[2]}) : gardez-en une ou précisez-les"
    return Problem(where, f"{what} : « {text[:60]} »", hint)


def _contradictions(faq: Faq, placed: Placed) -> Iterator[Problem]:
    """Find sentences of two answers that say the same thing with other figures, dates or addresses."""
    for found in twins.contradictions(faq.entries):
        mine, theirs = ", ".join(found.facts_second), ", ".join(found.facts_first)
        hint = f"{found.first} ({placed.entries[found.first]}) dit « {found.said_first[:80]} » : accordez-les"
        what = f"contradiction possible, {mine} ici et {theirs} ailleurs : « {found.said_second[:80]} »"
        yield Problem(placed.entries[found.second], what, hint)

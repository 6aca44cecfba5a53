"""Twins and contradictions between entries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles.lint import lint_faq
from helpbot.core.faq import Faq, FaqEntry, Redirect
from helpbot.core.matching import FaqIndex
from helpbot.core.twins import contradicting, contradictions, near_twins, phrased_alike

LONG = "réserver la salle informatique du collège, bâtiment principal, pour une classe entière de sixième"
LONGER = f"{LONG} le matin"


def entry(name: str, answer: str, **more: object) -> FaqEntry:
    return FaqEntry(id=name, theme="essai", question=f"Question {name} ?", answer=answer, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "two", "facts"),
    [
        (
            "L'assistance répond sous 8 jours ouvrés.",
            "Réponse de l'assistance sous 15 jours ouvrés.",
            (("8",), ("15",)),
        ),
        (
            "La campagne de saisie ferme le 12 mars 2027.",
            "Fermeture de la campagne de saisie : 14 mars 2027.",
            (("12",), ("14",)),
        ),
        (
            "Déposez le formulaire signé sur https://exemple.fr/depot.",
            "Le formulaire signé se dépose sur https://exemple.fr/nouveau.",
            (("https://exemple.fr/depot",), ("https://exemple.fr/nouveau",)),
        ),
        (
            "Taille maximale d'un dépôt : 2,5 Go.",
            "La taille maximale d'un dépôt est 4 Go.",
            (("2.5",), ("4",)),
        ),
    ],
)
def test_the_same_thing_with_other_facts(one: str, two: str, facts: tuple[tuple[str, ...], ...]) -> None:
    (found,) = contradictions([entry("a", one), entry("b", f"Bonjour.\n\n{two}")])
    assert (found.first, found.second) == ("a", "b")
    assert (found.facts_first, found.facts_second) == facts


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("L'assistance répond sous 8 jours ouvrés.", "L'assistance répond sous 8 jours ouvrés, souvent."),
        ("L'assistance répond sous 8 jours ouvrés.", "Le serveur garde les fichiers 15 jours."),
        ("Le dépôt accepte 2 Go par fichier.", "Le dépôt accepte les images par fichier."),
        ("Niveaux 1 à 5 pour la classe entière.", "Niveaux 1, 5 et 3 pour la classe entière."),
    ],
)
def test_what_contradicts_nothing(one: str, two: str) -> None:
    assert contradictions([entry("a", one), entry("b", two)]) == []


def test_one_entry_does_not_contradict_itself() -> None:
    text = "L'assistance répond sous 8 jours. L'assistance répond sous 15 jours."
    assert contradictions([entry("a", text)]) == []


def test_local_values_count_as_what_they_stand_for() -> None:
    one = entry("a", "L'assistance répond sous {delai} ouvrés.", local=(("delai", "8 jours"),))
    (found,) = contradictions([one, entry("b", "L'assistance répond sous 15 jours ouvrés.")])
    assert found.facts_first == ("8",)


def test_a_changed_entry_is_held_against_the_others_not_against_its_former_self() -> None:
    old = entry("a", "L'assistance répond sous 8 jours ouvrés.")
    new = entry("a", "L'assistance répond sous 15 jours ouvrés.")
    assert contradicting(new, [old]) == []
    (found,) = contradicting(new, [old, entry("b", "L'assistance répond sous 8 jours ouvrés.")])
    assert (found.first, found.second) == ("b", "a")


def test_phrasings_that_ask_nearly_the_same() -> None:
    found = near_twins(
        [
            ("salle", LONG),
            ("salle", "des ordinateurs pour mes élèves"),
            ("cantine", "recharger un badge de cantine"),
            (
                "autre",
                LONGER,
            ),
        ]
    )
    assert [(twin.first, twin.second) for twin in found] == [(0, 3)]
    assert near_twins([]) == []


def test_an_entry_is_held_against_the_index_as_faq_check_holds_all_of_them() -> None:
    salle = FaqEntry("salle", "essai", "Comment réserver une salle ?", "…", variants=(LONG,))
    cantine = FaqEntry("cantine", "essai", "Recharger un badge de cantine ?", "…")
    index = FaqIndex.build(Faq((salle, cantine), (Redirect("dpd", ("une fuite de données",), "…"),)))
    new = FaqEntry("autre", "essai", "Une salle pour ma classe ?", "…", variants=("cantine", LONGER))
    assert phrased_alike(new, index) == [(salle, LONG, LONGER)]
    assert phrased_alike(salle, index) == [], "it is no twin of itself"
    assert phrased_alike(replace(new, variants=("", "???")), index) == []


FILE = """\
theme: {theme}
entries:
  - id: {theme}-a
    question: {question}
    variants: [un, deux {theme}, trois {theme} et plus]
    answer: {answer}
    sources: [{{title: Guide}}]
"""


def test_faq_check_names_both_places(tmp_path: Path) -> None:
    for theme, question, answer in (
        (
            "pix",
            LONGER,
            "L'assistance répond sous 8 jours ouvrés.",
        ),
        (
            "ent",
            LONG,
            "L'assistance répond sous 15 jours ouvrés.",
        ),
    ):
        text = FILE.format(theme=theme, question=question, answer=answer).replace("[un,", f"[essai {theme},")
        (tmp_path / f"{theme}.yaml").write_text(text, "utf-8")
    told = [str(p).replace(f"{tmp_path}/", "") for p in lint_faq(tmp_path)]
    assert any("pix.yaml:4: formulation très proche" in t and "mène à ent-a (ent.yaml:4)" in t for t in told)
    assert any(t.startswith("pix.yaml:3: contradiction possible, 8 ici et 15 ailleurs") for t in told)


def test_the_shipped_faq_contradicts_itself_nowhere() -> None:
    assert lint_faq(Path(__file__).parents[2] / "faq") == []

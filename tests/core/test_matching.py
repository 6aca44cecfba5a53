import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.faq import Redirect as Fixed
from helpbot.core.matching import Answer, Clarify, FaqIndex, Redirect, Route, built_in
from helpbot.core.matching.index import ALONE_AT
from helpbot.core.matching.slips import slips

FAQ = Faq(
    entries=(
        FaqEntry(
            "pix-mdp",
            "pix",
            "Un élève a perdu son mot de passe Pix, que faire ?",
            "…",
            ("réinitialiser le mdp pix d'un élève", "mot de passe pix perdu"),
        ),
        FaqEntry(
            "pix-inviter",
            "pix",
            "Comment inviter un collègue dans Pix Orga ?",
            "…",
            ("ajouter un membre à pix orga", "donner accès à pix orga à un collègue"),
        ),
        FaqEntry(
            "tchap-inscription",
            "tchap",
            "Comment s'inscrire sur Tchap ?",
            "…",
            ("créer un compte tchap", "s'enregistrer sur tchap"),
        ),
    ),
    redirects=(Fixed("paie", ("quand est versé mon salaire", "question sur ma fiche de paie"), "…"),),
)
INDEX = FaqIndex.build(FAQ)


def test_a_polite_abbreviated_question_is_answered() -> None:
    verdict = INDEX.verdict("bjr qqn sait comment reinitialiser le mdp pix d un eleve svp ?")
    assert isinstance(verdict, Answer)
    assert verdict.match.entry == "pix-mdp"


def test_an_unknown_subject_is_routed() -> None:
    assert isinstance(INDEX.verdict("où se trouve la machine à café"), Route)


def test_what_an_entry_never_answers_is_not_answered_nor_proposed() -> None:
    asked = "mot de passe pix d'un professeur perdu"
    assert INDEX.verdict(asked).candidates[0].entry == "pix-mdp"
    first, *rest = FAQ.entries
    taught = FaqIndex.build(Faq((replace(first, never=(asked,)), *rest), FAQ.redirects))
    for text in (asked, f"bonjour, {asked} svp"):
        verdict = taught.verdict(text)
        assert isinstance(verdict, Clarify | Route)
        assert not isinstance(verdict, Clarify) or "pix-mdp" not in {m.entry for m in verdict.options}
    kept = taught.verdict("mot de passe pix perdu")
    assert isinstance(kept, Answer)
    assert kept.match.entry == "pix-mdp"


def test_another_year_or_class_is_never_answered() -> None:
    words = ("vacances de noël 2026", "dates des vacances de noël", "noël 2026 c'est quand")
    holidays = FaqEntry("noel", "t", "Quand sont les vacances de Noël 2026 ?", "Le 19 décembre 2026.", words)
    sixth = FaqEntry(
        "sixieme", "t", "Que font les 6e sur le portail ?", "Un parcours.", ("parcours des 6e", "portail 6e")
    )
    index = FaqIndex.build(Faq((holidays, sixth, *FAQ.entries)), answer_at=0.1)
    assert isinstance(index.verdict("les vacances de noël, c'est quand"), Answer)
    assert isinstance(index.verdict("vacances de noël 2026 dates"), Answer)
    assert not isinstance(index.verdict("vacances de noël 2031 dates"), Answer)
    assert isinstance(index.verdict("le parcours des 6e sur le portail"), Answer)
    assert not isinstance(index.verdict("le parcours des 4e sur le portail"), Answer)


def test_a_redirection_of_the_faq_is_found() -> None:
    verdict = INDEX.verdict("une question sur ma fiche de paie svp")
    assert isinstance(verdict, Redirect)
    assert verdict.id == "paie"
    assert not verdict.urgent
    assert INDEX.redirect("paie").answer == "…"


@pytest.mark.parametrize("text", ["", " ", "?", "😀😀", "\x00\x07", "a" * 10_000, "le la les", "À"])
def test_any_text_gets_a_verdict(text: str) -> None:
    assert isinstance(INDEX.verdict(text), Answer | Clarify | Route | Redirect)
    assert isinstance(FaqIndex.build(Faq()).verdict(text), Route)


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    verdict = INDEX.verdict(text, before=text[::-1])
    assert all(0 <= m.score <= 1 for m in verdict.candidates)


@pytest.mark.parametrize("entry", FAQ.entries, ids=lambda e: e.id)
def test_a_phrasing_finds_its_own_entry(entry: FaqEntry) -> None:
    for phrasing in entry.phrasings:
        assert INDEX.verdict(phrasing).candidates[0].entry == entry.id


SURE = {
    "réinitialiser le mot de passe pix d'un élève": "pix-mdp",
    "un eleve a perdu son mdp pix": "pix-mdp",
    "comment ajouter un collègue à pix orga": "pix-inviter",
    "créer mon compte tchap": "tchap-inscription",
}
WORD = st.text(alphabet=string.ascii_lowercase, min_size=6, max_size=12).map("zq{}".format)


@given(
    st.sampled_from(sorted(SURE)),
    st.integers(0, len(FAQ.entries)),
    st.lists(st.lists(WORD, min_size=1, max_size=6).map(" ".join), min_size=1, max_size=5),
)
@settings(max_examples=40, deadline=None)
def test_an_unrelated_entry_does_not_change_a_sure_answer(asked: str, at: int, said: list[str]) -> None:
    before = INDEX.verdict(asked)
    assert isinstance(before, Answer)
    assert before.match.entry == SURE[asked]
    other = FaqEntry("autre", "divers", said[0], "…", tuple(said[1:]))
    grown = FaqIndex.build(Faq((*FAQ.entries[:at], other, *FAQ.entries[at:]), FAQ.redirects))
    after = grown.verdict(asked)
    assert isinstance(after, Answer)
    assert after.match.entry == SURE[asked]


def test_a_word_of_everyday_is_not_taken_for_a_name_misspelt() -> None:
    faq = Faq(
        (
            FaqEntry(
                "capytale", "a", "À quoi sert Capytale ?", "…", ("c'est quoi capytale", "utiliser capytale")
            ),
            FaqEntry("moodle", "a", "À quoi sert Moodle ?", "…", ("c'est quoi moodle", "utiliser moodle")),
        )
    )
    index = FaqIndex.build(faq)
    meant = index.verdict("à quoi sert capitale")
    misspelt = index.verdict("à quoi sert capytalle")
    assert not isinstance(meant, Answer)
    assert misspelt.candidates[0].entry == "capytale"
    assert misspelt.candidates[0].score > meant.candidates[0].score


def test_built_in_answers_are_complete() -> None:
    assert [r.id for r in built_in()] == [
        "danger-immediat", "detresse", "enfant-en-danger", "violence-ecole", "harcelement",
    ]  # fmt: skip
    for known in built_in():
        assert known.urgent
        assert INDEX.redirect(known.id) == known


def test_a_follow_up_is_read_with_the_question_before_it() -> None:
    alone = INDEX.verdict("et pour un collègue ?")
    after = INDEX.verdict("et pour un collègue ?", before="comment donner accès à pix orga")
    assert not isinstance(alone, Answer)
    assert after.candidates[0].entry == "pix-inviter"


@pytest.mark.parametrize(
    ("typed", "known", "count"),
    [
        ("tchap", "tchap", 0),
        ("tchpa", "tchap", 1),
        ("tcapp", "tchapp", 1),
        ("tchapp", "tchap", 1),
        ("tchop", "tchap", 1),
        ("tchopp", "tchap", None),
        ("chape", "tchap", None),
        ("certificatin", "certification", 1),
        ("cretificatin", "certification", 2),
        ("cretificatni", "certification", None),
    ],
)
def test_slips_are_counted(typed: str, known: str, count: int | None) -> None:
    assert slips(typed, known) == count


def test_letters_that_changed_places_are_read_before_letters_that_changed() -> None:
    faq = Faq(
        (
            FaqEntry("rentree", "a", "Que faire le jour de la rentrée ?", "…"),
            FaqEntry("rentre", "a", "Mon mot de passe rentré est refusé", "…"),
        )
    )
    assert FaqIndex.build(faq).verdict("le jour de la rentere").candidates[0].entry == "rentree"


def test_a_word_of_questions_is_not_read_as_another_word() -> None:
    faq = Faq(
        (
            FaqEntry("citation", "a", "Une courte citation est-elle permise ?", "…"),
            FaqEntry("ent", "b", "Qui finance l'ENT de la région ?", "…"),
        )
    )
    assert FaqIndex.build(faq).verdict("combien coute l'ent").candidates[0].entry == "ent"


def test_a_single_unlikely_option_is_not_proposed() -> None:
    index = FaqIndex.build(FAQ)
    verdict = index.verdict("compte rendu de la sortie")
    assert isinstance(verdict, Route)
    assert 0.035 < verdict.candidates[0].score < ALONE_AT


def test_two_words_one_of_them_a_stranger_are_never_answered() -> None:
    entries = (
        FaqEntry("carte", "bus", "J'ai perdu ma carte", "…", ("carte volée", "refaire ma carte")),
        FaqEntry("parking", "bus", "Où garer ma voiture près de la gare ?", "…", ("parking relais",)),
        FaqEntry("billet", "bus", "Où acheter un billet ?", "…", ("prendre son billet sur le téléphone",)),
        FaqEntry("retard", "bus", "Mon train a du retard, suis-je indemnisé ?", "…", ("train en retard",)),
    )
    trusting = FaqIndex.build(Faq(entries), answer_at=0.5)
    verdict = trusting.verdict("carte grise")
    assert isinstance(verdict, Clarify)
    assert verdict.options[0].score > trusting.answer_at
    assert isinstance(trusting.verdict("carte volée"), Answer)

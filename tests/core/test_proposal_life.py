"""A proposal's life, what a draft is made of, and what referents write under a card."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpbot.core import proposals as core
from helpbot.core.amending import Amendment, read_amendment
from helpbot.core.drafting import drafted, without_people
from helpbot.core.faq import FaqEntry, Source
from helpbot.core.gaps.wording import Wording
from helpbot.core.ids import RoomId, UserId
from helpbot.core.proposals import Credit, Decision, Objection, Proposal, State

ANNE, VERA, LEA = UserId("@anne:test"), UserId("@vera:test"), UserId("@lea:test")
ENTRY = FaqEntry("pix-a", "pix", "Q ?", "R", variants=("v",))
TODAY = date(2026, 11, 21)
THEMES = ("pix", "apps")
WORDS = Wording([], [])


def made(proposer: UserId = LEA, helper: UserId = VERA) -> Proposal:
    place = RoomId("!r")
    decision = core.from_answer(ENTRY, proposer=proposer, helper=helper, place=place, tickets=(), now=1)
    return decision.proposal


def step(proposal: Proposal, act: str, user: UserId) -> Proposal:
    """Do one of the things that can happen; what is refused changes nothing."""
    done: Decision | Objection
    match act:
        case "agree":
            done = core.agreed(proposal, Credit.FIRST, lambda _credit: "Vera", 2)
        case "left":
            done = core.left(proposal, 2)
        case "amend":
            done = core.amended(proposal, replace(proposal.entry, question=f"Q{proposal.version} ?"), 2)
        case "approve":
            done = core.approved(proposal, user, proposal.version, TODAY, 2, alone=False)
        case "refuse":
            done = core.refused(proposal, proposal.version, "", 2)
        case "withdraw":
            done = core.withdrawn(proposal, 2)
        case "written":
            done = core.written(proposal, "pix-a-2", 2)
        case _:
            done = core.unwritten(proposal, None, 2)
    return proposal if isinstance(done, Objection) else done.proposal


ACTS = ("agree", "left", "amend", "approve", "refuse", "withdraw", "written", "unwritten")


@given(st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from((ANNE, VERA, LEA))), max_size=15))
def test_only_known_changes_of_state_and_nobody_is_kept_after_the_end(
    acts: list[tuple[str, UserId]],
) -> None:
    proposal = made()
    published = agreed = False
    for act, user in acts:
        before = proposal
        proposal = step(proposal, act, user)
        assert proposal.state is before.state or proposal.state in core.TRANSITIONS[before.state]
        agreed |= act == "agree"
        if proposal.state in (State.WRITING, State.PUBLISHED):
            assert agreed, "published without its author's agreement"
        assert not published or proposal == before
        published |= proposal.state is State.PUBLISHED
        if proposal.ended:
            assert (proposal.proposer, proposal.helper, proposal.place) == (None, None, None)


def test_two_people_and_what_stood_on_the_card() -> None:
    proposal = made(VERA, VERA)
    assert core.approved(proposal, VERA, 1, TODAY, 2, alone=False) is Objection.ANOTHER
    assert core.approved(proposal, ANNE, 2, TODAY, 2, alone=False) is Objection.OLD_CARD
    lacking = core.amended(proposal, replace(ENTRY, answer=""), 2).proposal
    assert core.approved(lacking, ANNE, 2, TODAY, 2, alone=False) is Objection.INCOMPLETE
    done = core.approved(proposal, ANNE, 1, TODAY, 2, alone=False)
    assert isinstance(done, Decision)
    assert (done.proposal.entry.reviewed, done.proposal.entry.review_by) == (TODAY, date(2027, 11, 21))
    assert core.approved(done.proposal, ANNE, 1, TODAY, 2, alone=False) is Objection.OVER
    assert isinstance(core.approved(proposal, VERA, 1, TODAY, 2, alone=True), Decision)


def test_a_change_that_met_another_keeps_both() -> None:
    wanted = replace(ENTRY, answer="À moi", question="Q2 ?")
    change = core.Change(wanted, ENTRY)
    proposal = core.suggested(core.Origin.CHANGE, [change], now=1).proposal
    done = core.approved(proposal, ANNE, 1, TODAY, 1, alone=False)
    assert isinstance(done, Decision)
    here = replace(ENTRY, answer="À la main", keywords=("k",))
    back = core.unwritten(done.proposal, here, 2).proposal
    assert back.state is State.REVIEW
    assert back.changes == (core.Change(replace(here, answer="À moi", question="Q2 ?"), here),)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Bonjour Léa, c'est dans le menu.", "C'est dans le menu."),
        ("bjr, il faut le code\ncdlt\nVéra Dupont", "Il faut le code"),
        ("Merci Léa ! Voyez là-bas. Bonne journée !", "Voyez là-bas."),
        ("Demandez à Léa, elle sait.", "Demandez à elle sait."),
        ("appelez le 06 12 34 56 78", "Appelez le […]"),
        ("Salut à toutes et tous, deux choses :\n- un\n- deux", "Deux choses :\n- un\n- deux"),
        ("Merci de cliquer sur Valider.", "Merci de cliquer sur Valider."),
    ],
)
def test_names_and_greetings_go(text: str, kept: str) -> None:
    assert without_people(text, ("Léa", "Véra")) == kept


def test_whole_names_go_before_their_parts() -> None:
    names = ("Léa", "Léa Martin", "Martin")
    draft = drafted(
        ["qui a la clé ?"], ["Voyez Léa Martin, ou Mme Martin, ou Léa."], theme="", names=names, reworded=str
    )
    assert "Martin" not in draft.answer
    assert "Léa" not in draft.answer


def test_a_draft() -> None:
    said = ["Ouvrez https://exemple.fr/a puis validez.\nhttps://exemple.fr/b"]
    asked = ["bjr comment associer le thermostat du gymnase svp", "le thermostat ?"]
    draft = drafted(asked, said, theme="ent", names=("Léa",), reworded=WORDS.reworded)
    assert draft.id == "ent-associer-thermostat-gymnase"
    assert draft.question == "Comment associer le thermostat du gymnase\u00a0?"
    assert draft.variants == ("le thermostat",)
    assert draft.answer == "Ouvrez https://exemple.fr/a puis validez."
    assert [s.url for s in draft.sources] == ["https://exemple.fr/a", "https://exemple.fr/b"]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("question: Comment ?", {"question": "Comment ?"}),
        ("REPONSE :\nun\n\ndeux : trois", {"answer": "un\n\ndeux : trois"}),
        ("**Réponse :** un", {"answer": "un"}),
        ("variantes: a b, c", {"variants": ("a b", "c")}),
        ("variantes:\n- a, b\n- c", {"variants": ("a, b", "c")}),
        ("source: Aide https://e.fr/a", {"sources": (Source("Aide", "https://e.fr/a"),)}),
        ("sources: Aide https://e.fr/a", {"sources": (Source("Aide", "https://e.fr/a"),)}),
        (
            "réponse: Bleu.\n\nVoyez **là**.\nvariantes: a; c\nsources: Aide https://e.fr/a\nrubrique: apps",
            {
                "answer": "Bleu.\n\nVoyez **là**.",
                "variants": ("a", "c"),
                "sources": (Source("Aide", "https://e.fr/a"),),
                "theme": "apps",
            },
        ),
        (
            "question: Où ?\nsources: Aide https://e.fr/a",
            {"question": "Où ?", "sources": (Source("Aide", "https://e.fr/a"),)},
        ),
        ("rubrique: Apps\nà relire: 1/9/2027", {"theme": "apps", "review_by": date(2027, 9, 1)}),
        ("```yaml\nanswer: |\n  - a\n    - b\n```", {"answer": "- a\n  - b"}),
        ("- id: x\n  question: Q ?\n  reviewed: 2026-11-21", {"question": "Q ?", "reviewed": TODAY}),
    ],
)
def test_what_referents_write(text: str, values: dict[str, object]) -> None:
    assert read_amendment(text, THEMES) == Amendment(tuple(values.items()))


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("rubrique: pixe\nà relire: demain", (("theme", "pixe"), ("date", "demain"))),
        ("réponse:", (("empty", "answer"),)),
        ("```yaml\nanswer: [\n```", (("yaml", "2"),)),
        ("answer: x\nvariants: {a: b}\nbof: 1", (("unknown", "bof"), ("list", "variants"))),
        ("answer: &a x\nvariants: [*a]", (("yaml", "&"),)),
    ],
)
def test_what_is_not_understood_is_told_whole(text: str, problems: tuple[tuple[str, str], ...]) -> None:
    assert read_amendment(text, THEMES) == Amendment(problems=problems)


@pytest.mark.parametrize("text", ["merci", "je ne suis pas sûre : et toi ?", "note: à voir", ""])
def test_a_remark_is_no_amendment(text: str) -> None:
    assert read_amendment(text, THEMES).empty


@given(st.text(max_size=200))
def test_no_text_is_too_strange(text: str) -> None:
    wanted = read_amendment(text, THEMES)
    if not wanted.problems:
        wanted.applied(ENTRY)
    without_people(text, ("Léa",))
    read_amendment(f"```yaml\n{text}\n```", THEMES)

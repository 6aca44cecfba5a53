"""The gap report: what is known to be missing from a term is named, and groups do not mix it."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from terms import DAY, START, Term, make_term

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.gaps import Gap, GapReport, Unanswered, find_gaps
from helpbot.core.gaps.wording import Wording

pytest.importorskip("sklearn", reason="the report extra is not installed")

FAQ = [entry.phrasings for entry in load_faq(Path(__file__).parents[2] / "faq").entries]


def ask(text: str, asker: str | None = "p1", day: int = 0, **more: object) -> Unanswered:
    return Unanswered(text, START + day * DAY, asker, **more)  # type: ignore[arg-type]


def topics(gap: Gap, term: Term) -> Counter[str | None]:
    return Counter(term.topics[question.ref] for question in gap.asked)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_the_first_ten_name_what_is_missing_and_do_not_mix_it(seed: int) -> None:
    term = make_term(seed)
    report = find_gaps(term.asked, FAQ)
    missing = {topic for topic in term.topics.values() if topic}
    named = {topics(gap, term).most_common(1)[0][0] for gap in report.gaps[:10]}
    assert len(named & missing) >= 0.9 * len(missing)
    for gap in report.gaps:
        if gap.count > 2:
            topic, most = topics(gap, term).most_common(1)[0]
            assert topic, gap.label
            assert most >= 0.8 * gap.count, gap.label
    assert sum(gap.count for gap in report.gaps) + report.alone == len(term.asked)


@pytest.mark.slow
def test_the_order_of_the_questions_changes_nothing_and_the_most_frequent_comes_first() -> None:
    term = make_term(11)
    shuffled = list(term.asked)
    random.Random(1).shuffle(shuffled)
    report = find_gaps(term.asked, FAQ)
    assert find_gaps(shuffled, FAQ) == report
    counts = [gap.count for gap in report.gaps]
    assert counts == sorted(counts, reverse=True)


def test_three_questions_of_three_people_propose_themselves() -> None:
    said = ("bjr comment recharger les robots thymio svp", "robot thymio déchargé", "un thymio à recharger ?")
    three = find_gaps([ask(text, f"p{n}", n) for n, text in enumerate(said)], FAQ)
    (gap,) = three.gaps
    assert gap.proposes_itself
    assert gap.people == 3
    assert "thymio" in gap.label
    insistent = find_gaps([ask(text, "p1", n) for n, text in enumerate(said)], FAQ)
    assert not insistent.gaps[0].proposes_itself
    unlinked = find_gaps([ask(text, None, n) for n, text in enumerate(said)], FAQ)
    assert unlinked.gaps[0].people == 0, "a summary that links to nobody counts for nobody"


def test_a_question_is_reworded_and_spelt_as_the_others_spell_it() -> None:
    said = (
        "bonjour, un eleve a perdu la cle de son casier svp",
        "clé de casier perdue par un élève",
        "clé du casier perdue",
    )
    (gap,) = find_gaps([ask(text, f"p{n}", n) for n, text in enumerate(said)], FAQ).gaps
    assert not gap.question.lower().startswith("bonjour")
    assert gap.question[0].isupper()
    assert gap.question.endswith("\u00a0?")
    assert "cle" not in gap.question.split()
    assert "eleve" not in gap.question.split()


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("eleve a perdu son mdp educonnect", "Élève a perdu son mdp ÉduConnect"),
        ("bjr comment on ouvre pix orga pour l'ent svp", "Comment on ouvre Pix Orga pour l'ENT"),
        ("quel bus pour le lycée de Dijon ?", "Quel bus pour le lycée de Dijon"),
        ("QUEL BUS POUR LE LYCEE DE DIJON", "Quel bus pour le lycée de dijon"),
        ("où va-t-on à Pix ?", "Où va t on à Pix"),
    ],
)
def test_names_keep_their_capitals_and_short_words_their_accents(typed: str, printed: str) -> None:
    faq = [
        ("Un élève a perdu son accès à ÉduConnect, que faire ?", "élève à aider"),
        ("Comment entrer dans Pix Orga par l'ENT du lycée ?", "pix orga"),
    ]
    assert Wording([typed], faq).reworded(typed).replace("-", " ") == f"{printed}\u00a0?"


def test_refused_answers_and_the_commonest_theme_are_told() -> None:
    asked = [
        ask("mot de passe thymio", "p1", refused=True, theme="apps"),
        ask("thymio mot de passe perdu", "p2", 3, theme="apps"),
        ask("le mot de passe du thymio", "p3", 1, theme="pix"),
    ]
    (gap,) = find_gaps(asked, FAQ).gaps
    assert (gap.refused, gap.theme, gap.last_at) == (1, "apps", START + 3 * DAY)


@pytest.mark.parametrize("asked", [[], [ask("thymio ?")], [ask(""), ask("???")]])
def test_too_little_to_group(asked: list[Unanswered]) -> None:
    assert find_gaps(asked, FAQ) == GapReport(alone=len(asked))


def test_a_faq_without_entries_groups_all_the_same() -> None:
    said = ["recharger les thymio", "thymio à recharger", "le badge de cantine", "badge cantine perdu"]
    report = find_gaps([ask(text, f"p{n}", n) for n, text in enumerate(said)])
    assert [gap.count for gap in report.gaps] == [2, 2]


@pytest.mark.slow
def test_the_map_is_a_forest_of_words_that_several_questions_say() -> None:
    term = make_term(3)
    report = find_gaps(term.asked, FAQ)
    words, links = report.map.words, report.map.links
    assert 10 < len(words) <= 40
    assert all(word.count >= 5 for word in words)
    assert all(0 <= word.x <= 1 and 0 <= word.y <= 1 for word in words)
    assert all(word.gap is None or word.gap < len(report.gaps) for word in words)
    home = list(range(len(words)))

    def root(at: int) -> int:
        return at if home[at] == at else root(home[at])

    for link in links:
        assert root(link.a) != root(link.b), "a forest has no circle"
        home[root(link.a)] = root(link.b)
        assert 0 < link.count <= min(words[link.a].count, words[link.b].count)


def test_words_that_few_people_said_are_not_on_the_map_nor_joined() -> None:
    asked = [ask("thymio de Durand", f"p{n}", n) for n in range(4)]
    asked += [ask("thymio sans bluetooth", "p5", 5), ask("durand thymio", None, 6)]
    assert [(w.word, w.count) for w in find_gaps(asked, FAQ).map.words] == [("thymio", 6)]
    asked += [ask("bluetooth coupé", f"p{n}", 10 + n) for n in range(4)]
    found = find_gaps(asked, FAQ).map
    assert [(w.word, w.count) for w in found.words] == [("thymio", 6), ("bluetooth", 5)]
    assert found.links == (), "one person said both"
    insistent = [ask("thymio de Durand", "p1", n) for n in range(9)]
    assert find_gaps(insistent, FAQ).map.words == ()


def test_summaries_are_no_questions_and_spell_nothing() -> None:
    topics = [ask("gymnase reglage thermostat", None, n) for n in range(6)]
    [gap] = find_gaps(topics, FAQ).gaps
    assert (gap.question, gap.people, gap.count) == ("", 0, 6)
    [gap] = find_gaps([*topics, ask("le réglage du thermostat au gymnase", "p1", 9)], FAQ).gaps
    assert gap.question == "Le réglage du thermostat au gymnase\u00a0?"
    assert "réglage" in gap.label

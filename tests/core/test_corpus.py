"""The corpus for IRAMUTEQ: its format, nobody in it, nothing of few people."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from helpbot.core.corpus import VARIABLES, CorpusText, clean, corpus, value

PLAIN = CorpusText("Comment ouvrir une session ?", "p0", "2026-11", "college", "volunteer", "pix")
HEAD = re.compile(r"\*\*\*\* \*mois_[a-z0-9]+ \*niveau_[a-z0-9]+ \*issue_[a-z0-9]+ \*theme_[a-z0-9]+")


def asked_by(*people: int, **changes: str) -> list[CorpusText]:
    return [replace(PLAIN, asker=f"p{n}", **changes) for n in people]


def heads(texts: list[CorpusText]) -> Counter[str]:
    return Counter(line for line in corpus(texts).lines if line.startswith("****"))


def test_a_text_stands_under_its_variables() -> None:
    found = corpus(asked_by(1, 2, 3, 4, 5))
    assert found.lines[:2] == (
        "**** *mois_202611 *niveau_college *issue_volunteer *theme_pix",
        "Comment ouvrir une session ?",
    )
    assert (len(found.lines), found.texts, found.left_out) == (10, 5, False)


def test_a_small_group_joins_others_before_it_is_left_out() -> None:
    four = asked_by(1, 2, 3, 4)
    assert corpus(four) == replace(corpus([]), left_out=True)
    assert corpus(asked_by(1, 1, 1, 2, 3, 4)).texts == 0, "five questions of four people"
    other = asked_by(5, month="2026-10")
    assert heads([*four, *other]) == {"**** *mois_nc *niveau_college *issue_volunteer *theme_pix": 5}
    far = asked_by(5, month="2026-10", level="", outcome="nobody", theme="")
    assert heads([*four, *far]) == {"**** *mois_nc *niveau_nc *issue_nc *theme_nc": 5}


def test_texts_lose_what_iramuteq_reads_as_its_own() -> None:
    assert clean("**** *theme_pix  -* l’_appli_ « dit »\nnon…") == "theme pix - l' appli dit non..."
    assert clean("-*mois_11 bonjour") == "mois 11 bonjour"
    assert clean(" ?! ") == ""
    assert value("Premier degré") == "premierdegre"
    assert value("") == "nc"


def test_nobody_is_in_it() -> None:
    text = "bonjour @lea.martin:exemple.fr, mon numéro est le 06 12 34 56 78, voir https://exemple.fr/u/lea"
    found = " ".join(corpus([replace(PLAIN, text=text, asker=f"p{n}") for n in range(5)]).lines)
    for told in ("lea", "martin", "06", "exemple", "p0", "p4"):
        assert told not in found


TEXTS = st.lists(
    st.builds(
        CorpusText,
        text=st.text(max_size=30),
        asker=st.sampled_from([f"p{n}" for n in range(9)]),
        month=st.sampled_from(["2026-10", "2026-11"]),
        level=st.sampled_from(["", "college"]),
        outcome=st.sampled_from(["faq", "nobody"]),
        theme=st.sampled_from(["pix", "apps", ""]),
    ),
    max_size=60,
)


@given(TEXTS)
def test_every_told_group_is_of_five_people_and_the_order_tells_nothing(texts: list[CorpusText]) -> None:
    found = corpus(texts)
    assert corpus(texts[::-1]) == found
    people: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for head, words in zip(found.lines[::2], found.lines[1::2], strict=True):
        assert HEAD.fullmatch(head)
        assert words
        assert not set(words) & set('*_$"\n')
        told = tuple(re.findall(r"_([a-z0-9]+)", head))
        for text in texts:
            same = all(v in ("nc", own) for v, own in zip(told, text.values, strict=True))
            if same and clean(text.text) == words:
                people[told].add(text.asker)
    for told in people:
        alike = {
            t.asker
            for t in texts
            if clean(t.text) and all(v in ("nc", o) for v, o in zip(told, t.values, strict=True))
        }
        assert len(alike) >= 5
    assert len(found.lines) == 2 * found.texts
    assert len(VARIABLES) == 4


def as_iramuteq_reads(data: bytes) -> list[tuple[dict[str, str], str]]:
    """Return the texts of a file with their variables, by the rules of IRAMUTEQ's manual.

    Plain text in UTF-8; a text begins with `****` and variables that begin with a star, one space apart; a
    line that begins with `-*` is a theme; a form between two `_` is a variable as well.
    """
    texts: list[tuple[dict[str, str], list[str]]] = []
    for line in data.decode("utf-8").split("\n"):
        if line.startswith("****"):
            stars, *variables = line.split(" ")
            assert stars == "****"
            pairs = [variable.removeprefix("*").partition("_") for variable in variables]
            assert all(variable.startswith("*") and "*" not in variable[1:] for variable in variables)
            assert all(name and under and found for name, under, found in pairs)
            texts.append(({name: found for name, _, found in pairs}, []))
        elif line:
            assert texts, "words before the first text"
            assert not line.startswith("-*"), "a theme that nobody meant"
            assert not re.search(r"(?:^|\s)_\S+_(?:\s|$)", line), "a variable that nobody meant"
            texts[-1][1].append(line)
    return [(variables, "\n".join(lines)) for variables, lines in texts]


NASTY = st.text("*-_$ \n\r\x0b\x0c\x1c\x85\u2028\u00a0àé12a", max_size=25)


@given(st.lists(NASTY, min_size=5, max_size=9), NASTY, NASTY)
def test_iramuteq_reads_one_text_a_question_whatever_was_typed(
    typed: list[str], theme: str, level: str
) -> None:
    asked = [
        replace(PLAIN, text=words, asker=f"p{n}", theme=theme, level=level) for n, words in enumerate(typed)
    ]
    found = corpus(asked)
    data = "".join(f"{line}\n" for line in found.lines).encode()
    read = as_iramuteq_reads(data)
    assert len(read) == found.texts
    for variables, words in read:
        assert tuple(variables) == VARIABLES
        assert all(re.fullmatch("[a-z0-9]+", v) for v in variables.values()), "no space, no accent"
        assert words
        assert "\n" not in words

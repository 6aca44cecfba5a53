"""What must not stand in a text is found, what may is left: measured on labelled texts."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from helpbot.core.masking import Found, mask
from helpbot.core.masking.words import MASK, PUPIL

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
Case = tuple[str, str, str]


def read(name: str) -> list[Case]:
    """Return (kind, text, what must go) of a file of labelled texts."""
    lines = [line for line in (HERE / name).read_text("utf-8").splitlines() if not line.startswith("#")]
    parts = [[part.strip() for part in line.split(" | ")] for line in lines]
    return [(p[0], p[1], p[2] if len(p) > 2 else "") for p in parts]


SEEN, UNSEEN = read("masking.txt"), read("masking_unseen.txt")


def missed(cases: list[Case]) -> list[Case]:
    return [
        c for c in cases if c[0] != "nothing" and (c[2] in mask(c[1]).text or c[0] not in mask(c[1]).found)
    ]


def false_alarms(cases: list[Case]) -> list[Case]:
    return [c for c in cases if c[0] == "nothing" and mask(c[1]).found]


def rates(cases: list[Case]) -> tuple[float, float]:
    """Return recall and the share of false alarms."""
    harmless = sum(c[0] == "nothing" for c in cases)
    return 1 - len(missed(cases)) / (len(cases) - harmless), len(false_alarms(cases)) / harmless


def test_nearly_all_is_found_and_hardly_anything_else() -> None:
    assert len(SEEN) > 180
    recall, alarms = rates(SEEN)
    assert recall >= 0.98, missed(SEEN)
    assert alarms <= 0.02, false_alarms(SEEN)


def test_texts_that_the_rules_were_not_made_on() -> None:
    recall, alarms = rates(UNSEEN)
    assert recall >= 0.80, missed(UNSEEN)
    assert alarms <= 0.15, false_alarms(UNSEEN)


def test_the_documented_figures_are_the_measured_ones() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text("utf-8")
    for cases in (SEEN, UNSEEN):
        recall, alarms = rates(cases)
        found = sum(c[0] != "nothing" for c in cases)
        row = f"| {found} | {recall:.0%} | {len(cases) - found} | {alarms:.0%} |"
        assert row in page, row


@pytest.mark.parametrize("kind", list(Found))
def test_every_kind_is_in_both_files(kind: Found) -> None:
    for cases in (SEEN, UNSEEN):
        assert sum(c[0] == kind for c in cases) >= 2


def test_nothing_of_the_shipped_faq_is_masked() -> None:
    texts = []
    for file in sorted((ROOT / "faq").glob("*.yaml")):
        loaded = yaml.load(file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        for entry in loaded.get("entries", loaded.get("redirects", [])):
            texts += [entry.get("question", ""), *entry.get("variants", []), *entry.get("when", [])]
            texts.append(entry["answer"])
    assert len(texts) > 4000
    assert [t for t in texts if mask(t).found] == []


def test_what_is_left_reads_on() -> None:
    assert mask("Lucas Dupont 4eB a perdu son mdp").text == f"{PUPIL} 4eB a perdu son mdp"
    assert mask("l'élève Lucas Dupont de 4eB").text == f"l'élève {MASK} de 4eB"
    assert mask("rappelez le 06 39 98 01 23, merci").text == f"rappelez le {MASK}, merci"
    assert mask("mon mdp est « Soleil12 ».").text == f"mon mdp est « {MASK} »."


@given(st.text(max_size=300))
def test_masking_again_finds_nothing_new(text: str) -> None:
    once = mask(text)
    assert mask(once.text).text == once.text


@pytest.mark.parametrize(
    "piece", ["mdp ", "Lucas ", "06 ", "a@", "ine ", "1 ", "élève A ", "FR76 ", "mot de passe est "]
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    began = time.perf_counter()
    mask(text)
    assert time.perf_counter() - began < 2


def test_nothing_is_imported_for_a_plain_question() -> None:
    assert mask("comment créer une salle dans tchap ?").found == ()
    assert (
        re.search(
            r"^\s*from stdnum|^\s*import stdnum", (ROOT / "helpbot/core/masking/__init__.py").read_text()
        )
        is None
    )

"""What the page tells beside the counts: never a sum with a withheld part, never few people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.gaps import Gap, GapReport, MapLink, MapWord, Unanswered, WordMap
from helpbot.core.gaps.shown import Missing, band, missing
from helpbot.core.overview import Overview, helper_bands, overview, summed
from helpbot.core.report import Counts, EntryLine, Line, Report, publish

TODAY = date(2026, 11, 21)
FAQ = Faq(
    entries=(
        FaqEntry("a", "pix", "Une question ?", "…", crcn_edu=("1.2", "4"), reviewed=date(2026, 9, 1)),
        FaqEntry("b", "pix", "Une autre ?", "…", crcn_edu=("1.3",), review_by=date(2026, 11, 20)),
        FaqEntry("c", "rgpd", "Une troisième ?", "…"),
    ),
    titles=(("pix", "Pix"), ("rgpd", "RGPD")),
)


def report(**changes: Any) -> Report:
    return replace(publish(Counts()), **changes)


def view(found: Report, **helpers: str) -> Overview:
    return overview(found, FAQ, helpers, Missing(), TODAY)


def test_a_sum_is_told_only_where_all_of_it_is() -> None:
    assert summed([1, 2, 0]) == 3
    assert summed([1, None]) is None
    line = Line(20, {"faq": 5, "volunteer": 10, "referent": None, "nobody": None})
    [pix, _] = view(report(themes={"pix": line})).themes
    assert (pix.total, pix.faq, pix.human, pix.nobody) == (20, 5, None, None)


def test_a_theme_is_thin_with_few_helpers_or_many_left_alone() -> None:
    themes = {"pix": Line(100, {"nobody": 19}), "rgpd": Line(100, {"nobody": 20})}
    assert [t.thin for t in view(report(themes=themes), pix="many", rgpd="many").themes] == [False, True]
    assert [t.thin for t in view(report(themes=themes), pix="few").themes] == [True, True]
    assert [(t.theme, t.total) for t in view(report()).themes] == [("pix", 0), ("rgpd", 0)]


def test_entries_come_by_use_with_what_is_old_marked() -> None:
    entries = {"b": EntryLine(7, 0), "a": EntryLine(None, 5), "gone": EntryLine(9, 0)}
    rows = view(report(entries=entries)).entries
    assert [(r.id, r.uses) for r in rows] == [("b", 7), ("c", 0), ("a", None)]
    assert [(r.id, r.stale, r.age_days) for r in rows] == [
        ("b", True, None),
        ("c", False, None),
        ("a", False, 81),
    ]


def test_the_five_domains_are_told_also_where_nothing_covers_them() -> None:
    told = view(report(entries={"a": EntryLine(7, 0), "b": EntryLine(6, 0)}))
    assert [(d.code, d.entries, d.uses) for d in told.domains] == [
        ("1", 2, 13), ("2", 0, 0), ("3", 0, 0), ("4", 1, 7), ("5", 0, 0),
    ]  # fmt: skip
    assert [(c.code, c.entries) for c in told.competences] == [("1.2", 1), ("1.3", 1)]
    assert told.untagged == 1
    withheld = view(report(entries={"a": EntryLine(None, 0), "b": EntryLine(6, 0)}))
    assert withheld.domains[0].uses is None


def test_a_gap_of_four_people_is_not_told_and_of_five_without_its_number() -> None:
    def gap(people: int, count: int) -> Gap:
        asked = tuple(
            Unanswered(
                "badge de Nora" if n < 4 else "mon badge", at=n, asker=f"p{n % people}", refused=n == 0
            )
            for n in range(count)
        )
        return Gap("badge, nora", "Le badge ?", asked, people, "pix")

    months = dict.fromkeys(range(60), "2026-11")
    words = (MapWord("badge", 49, 0.1, 0.2, 0), MapWord("cantine", 12, 0.3, 0.4, 2))
    words_and_links = WordMap(words, (MapLink(0, 1, 9),))
    report = GapReport((gap(4, 30), gap(5, 19), gap(9, 51)), 0, words_and_links)
    told = missing(report, {"pix": "Pix"}, months)
    assert [(r.band, r.title, r.refused) for r in told.gaps] == [(10, "Pix", False), (50, "Pix", False)]
    assert [r.label for r in told.gaps] == ["badge", "badge"], "four people said a name"
    assert [(w.word, w.band, w.gap) for w in told.words] == [("badge", 20, None), ("cantine", 10, 1)]
    assert [(link.a, link.b, link.band) for link in told.links] == [(0, 1, 5)]


def test_summaries_of_nobody_add_to_a_band_and_never_to_a_name() -> None:
    people = tuple(Unanswered("badge de Nora", n, f"p{n}") for n in range(4))
    people += (Unanswered("mon badge", 4, "p4"), Unanswered("badge nora", 5, None))
    [row] = missing(GapReport((Gap("badge, nora", "", people, 5),)), {}, dict.fromkeys(range(9), "")).gaps
    assert row.label == "badge", "a summary is not a fifth person"


def test_bands() -> None:
    assert [band(n) for n in (5, 9, 10, 49, 50, 99, 100, 4000)] == [5, 5, 10, 20, 50, 50, 100, 100]
    with pytest.raises(ValueError, match="empty"):
        band(4)


def test_helpers_are_told_in_bands() -> None:
    themes = [("pix", "pix")] * 4 + [("rgpd",)] * 5
    assert helper_bands(themes) == {"pix": "few", "rgpd": "many"}

"""The report's page: one file, nothing from elsewhere, no person, the same bytes each time."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from markupsafe import escape

from helpbot.adapters.reportpage import page, write_page
from helpbot.core.faq import Faq, FaqEntry
from helpbot.core.gaps.shown import GapRow, LinkRow, Missing, WordRow
from helpbot.core.overview import Overview, overview
from helpbot.core.problems import Problems
from helpbot.core.report import Counts, Line, Report, Tally, Waits, publish
from helpbot.texts import load_catalogue

TODAY = date(2026, 11, 21)
BAD = "</td><script>alert(1)</script><img src=x>"


def busy_report() -> Report:
    """A report of some months, with withheld parts."""
    months = {"2026-09": (40, 12, 9), "2026-10": (55, 20, 6), "2026-11": (60, 30, 4)}
    by_month, waits = {}, {}
    for month, (faq, volunteer, referent) in months.items():
        by_month[month, "faq"] = Tally(faq, 5, 0)
        by_month[month, "volunteer"] = Tally(volunteer, 5, 5)
        by_month[month, "referent"] = Tally(referent, 5, 5 if referent > 4 else 2)
        waits[month] = Waits(((5, 10), (20, 10), (90, 10)), 5, 5)
    outcomes = {o: Tally(sum(t.count for (_, k), t in by_month.items() if k == o), 5, 5)
                for o in ("faq", "volunteer", "referent")}  # fmt: skip
    total = sum(t.count for t in outcomes.values())
    return publish(
        Counts(
            outcomes=outcomes,
            months={m: Tally(sum(counts), 5, 5) for m, counts in months.items()},
            themes={"pix": Tally(total, 5, 5)},
            levels={"college": Tally(total, 5, 0)},
            feedback={"yes": Tally(total, 5, 0)},
            by_month=by_month,
            by_theme={("pix", o): t for o, t in outcomes.items()},
            entries={("pix", "pix-mdp"): outcomes["faq"]},
            answer_open=Waits(((5, 30), (20, 30)), 5, 5),
            answer_months=waits,
        )
    )


def busy_overview() -> Overview:
    faq = Faq(
        (
            *(FaqEntry(f"e{n}", "pix", f"Question {n} ?", "…", crcn_edu=("1",)) for n in range(40)),
            FaqEntry("pix-mdp", "pix", BAD, "…", review_by=date(2026, 1, 1)),
        ),
        titles=(("pix", f"Pix {BAD}"),),
    )
    return overview(busy_report(), faq, {"pix": "few"}, busy_missing(), TODAY)


def busy_missing() -> Missing:
    """Forty words on a tree, drawn without a die; one of them would like to be code."""
    said = ("établissement", "vidéoprojecteur", "badge", "cantine", "imprimante", "ent", "thermostat", "clé")
    sizes = (100, 50, 20, 10, 5)
    words = [
        WordRow(f"{said[n % 8]}{n // 8 or ''}", sizes[n // 8], n * 7 % 11 / 10, n * 5 % 13 / 12, n % 3)
        for n in range(39)
    ]
    words.append(WordRow(f"mot{BAD}", 5, 1.0, 0.0, None))
    links = [LinkRow((n - 1) // 3, n, sizes[n // 8]) for n in range(1, 38)]
    gaps = [GapRow(f"badge {BAD}", "Pix", 10, refused=True, last="2026-10")]
    gaps += [GapRow(f"sujet {n}", "", 5, refused=False, last="2026-11") for n in range(2)]
    return Missing(tuple(gaps), tuple(words), tuple(links))


@pytest.fixture(scope="module")
def html() -> str:
    return page(busy_overview(), load_catalogue())


def test_each_picture_has_its_table_and_ids_are_its_own(html: str) -> None:
    assert html.count('role="img"') == 7
    for picture, table in re.findall(r'role="img"(.*?)(<table.*?)</table>', html, re.DOTALL):
        assert "<svg" in picture
        assert table.count("<tr>") >= 2
    rows = html.partition('id="lacunes"')[2].partition("</section>")[0]
    joined = {end for link in busy_missing().links for end in (link.a, link.b)}
    for at, word in enumerate(busy_missing().words):
        assert rows.count(f">{escape(word.word)}<") == 2 + (at in joined), "cloud, its table, tree"
    assert rows.count(" – ") == len(busy_missing().links)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(ids)


def test_nothing_comes_from_elsewhere_and_nothing_runs(html: str) -> None:
    assert "default-src 'none'" in html
    addresses = set(re.findall(r'https?://[^"\s<)]+', html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"<(?:script|img|iframe|object)\b|@import", html)


def test_a_withheld_number_is_a_dash_that_is_heard_as_what_it_is(html: str) -> None:
    row = re.search(r"<tr><th scope=\"row\">novembre\s2026</th>(.*?)</tr>", html.partition('id="qui"')[2])
    assert row is not None
    assert row[1].count("non publié") == 2
    assert "60" in row[1]


def test_colours_are_the_page_s(html: str) -> None:
    drawn = "".join(re.findall(r"<svg.*?</svg>", html, re.DOTALL))
    assert "var(--faq)" in drawn
    assert set(re.findall(r"#[0-9a-f]{6}", drawn)) == set()


def test_an_empty_log_makes_a_page_too() -> None:
    empty = page(overview(publish(Counts()), Faq(), {}, None, TODAY), load_catalogue())
    assert "<svg" not in empty
    assert "Pas encore assez de monde" in empty
    assert "scikit-learn" in empty


def test_months_past_stand_before_those_of_the_log() -> None:
    past = {"2026-08": Line(31, {"faq": 31})}
    shown = overview(replace(busy_report(), past=past), Faq(), {}, Missing(), TODAY)
    rows = re.findall(r'<th scope="row">([a-zû]+)\s2026</th><td>(\d+)', page(shown, load_catalogue()))
    assert rows[:2] == [("août", "31"), ("septembre", "61")]


@pytest.mark.slow
def test_two_runs_write_the_same_bytes(html: str) -> None:
    code = "import sys; sys.path.insert(0, sys.argv[1]); import test_reportpage as t;"
    code += "sys.stdout.write(t.page(t.busy_overview(), t.load_catalogue()))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent)], capture_output=True, text=True, check=True
    )
    assert done.stdout == html


def test_a_page_that_is_not_ours_is_left_alone(tmp_path: Path, html: str) -> None:
    file = write_page(tmp_path / "bilan", html)
    assert write_page(tmp_path / "bilan", html) == file
    other = tmp_path / "site"
    other.mkdir()
    (other / "index.html").write_text("<h1>Le lycée</h1>")
    with pytest.raises(Problems, match="n'est pas un bilan"):
        write_page(other, html)

"""`helpbot faq site`: every entry has its page, typed text stays text, nothing comes from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.adapters.faqsite import pages, write_site
from helpbot.cli import main
from helpbot.core.faq import Faq, FaqEntry, Redirect, Source
from helpbot.core.problems import Problems

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 21)
SHIPPED = load_faq(ROOT / "faq")
REDIRECTS = [r for r in SHIPPED.redirects if not r.small_talk]
"""« Merci » is said to the bot: nobody looks it up."""


class Page(HTMLParser):
    """What a page loads, links to and says."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "a":
            self.links.append(given.get("href") or "")
        elif tag == "link":
            self.loads.append(given.get("href") or "")
        self.loads += [given[k] or "" for k in ("src", "srcset", "data", "action", "poster") if k in given]


@pytest.fixture(scope="module")
def site() -> dict[str, str]:
    return pages(SHIPPED, TODAY)


def test_every_entry_and_redirection_has_a_page_and_the_list_leads_to_every_entry(
    site: dict[str, str],
) -> None:
    assert set(site) == {"index.html"} | {f"fiches/{e.id}.html" for e in (*SHIPPED.entries, *REDIRECTS)}
    linked = set(Page(site["index.html"]).links)
    assert linked >= {f"fiches/{e.id}.html" for e in SHIPPED.entries}
    assert linked <= set(site)


def test_no_page_asks_for_anything_from_elsewhere(site: dict[str, str]) -> None:
    for path, html in site.items():
        assert set(Page(html).loads) == {"data:,"}, path
        assert not re.search(r"@import|url\(", html.partition("</style>")[0]), path


def test_the_policy_allows_what_stands_in_the_page_and_nothing_else(site: dict[str, str]) -> None:
    for path, html in site.items():
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
        assert policy is not None
        assert policy[1].startswith("default-src 'none'; ")
        inline = re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", html, re.DOTALL)
        digests = [base64.b64encode(hashlib.sha256(t.encode()).digest()).decode() for t in inline]
        assert re.findall(r"'sha256-([^']+)'", policy[1].replace("&#39;", "'")) == digests, path
        assert len(digests) == (2 if path == "index.html" else 1), "a page of an entry has no script"


def test_what_was_typed_stays_text_and_the_owner_stays_at_home() -> None:
    bad = "</script><img src=x onerror=alert(1)>"
    entry = FaqEntry(
        "a/../b", "t", bad, f"{bad} {{desk}} [x](javascript:alert(1))", variants=(bad,), keywords=(bad,),
        sources=(Source(bad, "javascript:alert(1)"), Source("Loi", 'https://exemple.fr/"><b>')),
        owner="@secret:exemple.fr", local=(("desk", "le guichet"),), credit=bad, review_by=date(2026, 11, 20),
    )  # fmt: skip
    made = pages(Faq((entry,), (Redirect("r", (bad,), bad),), (("t", bad),)), TODAY)
    assert set(made) == {"index.html", "fiches/a%2F..%2Fb.html", "fiches/r.html"}
    assert "fiches/a%252F..%252Fb.html" in Page(made["index.html"]).links
    for html in made.values():
        read = Page(html)
        assert not {"img", "b"} & set(read.tags)
        assert not any(link.startswith("javascript") for link in read.links)
        assert "secret" not in html
    assert "le guichet" in made["fiches/a%2F..%2Fb.html"]
    assert "devait être relue avant le 20/11/2026" in made["fiches/a%2F..%2Fb.html"]
    data = re.search(r'id="data">(.*?)</script>', made["index.html"], re.DOTALL)
    assert data is not None
    assert json.loads(data[1])["pages"][0]["title"] == bad


def test_an_archived_entry_keeps_its_address_and_gives_no_answer() -> None:
    old = FaqEntry("vieux", "t", "Une vieille question ?", "Une vieille réponse.", archived=date(2026, 1, 2))
    made = pages(Faq(archived=(old,)), TODAY)
    assert "archivée depuis le 02/01/2026" in made["fiches/vieux.html"]
    assert "vieille réponse" not in "".join(made.values())
    assert "vieux" not in made["index.html"]


def test_a_second_run_takes_away_what_is_gone_and_another_folder_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "site"
    assert write_site(out, {"index.html": "1", "fiches/a.html": "a", "fiches/b.html": "b"}) == 3
    assert write_site(out, {"index.html": "2", "fiches/b.html": "b"}) == 2
    assert sorted(p.name for p in (out / "fiches").iterdir()) == ["b.html"]
    assert (out / "index.html").read_text() == "2"
    (tmp_path / "mine.txt").write_text("à moi")
    with pytest.raises(Problems, match="autre chose"):
        write_site(tmp_path, {"index.html": "1"})
    assert not (tmp_path / "index.html").exists()


def test_the_command_says_what_it_wrote_and_tells_a_wrong_folder(tmp_path: Path) -> None:
    out = tmp_path / "site"
    done = CliRunner().invoke(main, ["faq", "site", str(out), "--faq", str(ROOT / "faq")])
    assert done.exit_code == 0
    assert f"{len(SHIPPED.entries) + len(REDIRECTS) + 1} pages" in done.stdout
    assert (out / "index.html").is_file()
    wrong = CliRunner().invoke(main, ["faq", "site", str(out), "--faq", str(tmp_path / "rien")])
    assert wrong.exit_code == 2
    assert "ce dossier n'existe pas" in wrong.stderr

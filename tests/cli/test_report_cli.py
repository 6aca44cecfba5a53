"""`helpbot report` beside a database: its JSON, its page, and what it says where a part is missing."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.db import open_store
from helpbot.cli import main
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.learning import Topic
from helpbot.core.records import HelpRecord
from helpbot.core.tickets import Outcome, State, Ticket

CONFIG = """\
matrix: {homeserver: "https://m.exemple.fr", user_id: "@bot:exemple.fr", password: sésame}
"""
FAQ = """\
theme: pix
title: Pix, déploiement
crcn_edu: ["1.2"]
entries:
  - id: pix-a
    question: Comment entrer dans Pix ?
    variants: [connexion à pix, se connecter à pix]
    answer: Par l'ENT.
"""
BADGE = "où trouver le badge de la cantine"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bot's folder: seven teachers asked what the FAQ knows, and where the canteen badge is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq" / "pix.yaml").write_text(FAQ)
    (tmp_path / "config.yaml").write_text(CONFIG)
    now = SystemClock().now()
    month = f"{datetime.fromtimestamp(now / 1000, UTC):%Y-%m}"
    plain = HelpRecord(
        TicketId(1), "pix", "college", "faq", "pix-a", "a", None, now, now, None, None, now, None, month=month
    )
    texts = [f"{BADGE} ?", f"bonjour {BADGE}", f"{BADGE} svp", "badge cantine perdu, où ?", f"{BADGE} déjà"]

    async def fill() -> None:
        store = open_store(None, tmp_path / "data")
        for n in range(7):
            record = replace(plain, ticket=TicketId(n + 1), asker=f"a{n}")
            await store.run(lambda tx, record=record: tx.save_record(record))
            asked = Ticket(
                TicketId(0), f"q{n}", RoomId("!salle:exemple.fr"), UserId(f"@prof{n}:exemple.fr"),
                EventId(f"$q{n}"), None, texts[n % 5], now, state=State.EXPIRED, outcome=Outcome.NOBODY,
            )  # fmt: skip
            await store.run(lambda tx, asked=asked: tx.save_ticket(asked))
        await store.close()

    asyncio.run(fill())
    return tmp_path


def report(*args: str) -> Result:
    return CliRunner().invoke(main, ["report", "-c", "config.yaml", *args])


@pytest.mark.usefixtures("folder")
def test_the_json_counts_the_log() -> None:
    done = report("--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert (found["total"], found["ended"], found["past_months"]) == (7, {"faq": 7}, {})
    assert found["entries"] == {"pix-a": {"uses": 7, "refused": 0}}


@pytest.mark.slow
def test_the_page_tells_themes_entries_competences_and_gaps(folder: Path) -> None:
    done = report("--html", "bilan")
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == str(Path("bilan/index.html"))
    html = (folder / "bilan/index.html").read_text("utf-8")
    for words in ("Pix, déploiement", "Comment entrer dans Pix ?", "Compétence 1.2", "badge", "5 ou plus"):
        assert words in html
    assert "prof" not in html.replace("professionnel", "")
    assert BADGE not in html, "somebody's own words"


@pytest.mark.slow
def test_the_page_speaks_of_what_the_referents_are_told(folder: Path) -> None:
    """Summaries of older questions count with the others; what the FAQ answers by now does not."""
    month = f"{datetime.fromtimestamp(SystemClock().now() / 1000, UTC):%Y-%m}"

    async def fill() -> None:
        store = open_store(None, folder / "data")
        topics = [Topic(month, None, "badge cantine trouver")] * 5
        await store.run(lambda tx: tx.keep_topics(topics))
        await store.close()

    assert report("--html", "bilan").exit_code == 0
    assert "10 ou plus" not in (folder / "bilan/index.html").read_text("utf-8")
    asyncio.run(fill())
    assert report("--html", "bilan").exit_code == 0
    html = (folder / "bilan/index.html").read_text("utf-8")
    assert "10 ou plus" in html
    assert "Nuage des mots" in html
    assert "Arbre des mots" in html
    assert '<th scope="row">badge – cantine</th>' in html
    known = f'question: "{BADGE} ?", variants: [badge cantine perdu], answer: Au secrétariat.'
    (folder / "faq" / "pix.yaml").write_text(f"{FAQ}  - {{id: cantine, {known}}}\n")
    assert report("--html", "bilan").exit_code == 0
    assert "Nuage des mots" not in (folder / "bilan/index.html").read_text("utf-8")


@pytest.mark.usefixtures("folder")
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [m for m in sys.modules if m.startswith("helpbot.adapters.reportpage")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = report("--html", "bilan")
    assert done.exit_code == 2
    assert "pip install 'helpbot[report]'" in done.stderr


@pytest.mark.usefixtures("folder")
def test_the_corpus_stands_on_stdout_and_nobody_in_it() -> None:
    done = report("--iramuteq")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert len(lines) == 14
    assert all(line.startswith("**** *mois_") for line in lines[::2])
    assert lines[0].endswith("*issue_nobody *theme_nc")
    assert "badge cantine perdu, où ?" in lines
    assert "prof" not in done.stdout
    assert "7 questions" in done.stderr

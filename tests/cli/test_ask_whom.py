"""`helpbot ask --explain -c config.yaml`: who would be asked now, and why not the others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.db import open_store
from helpbot.cli import main
from helpbot.cli.ask import _NEAR, _REFUSED
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import Membership, RoomFacts
from helpbot.core.records import Chosen, Listed, RoomRow, Seed
from helpbot.core.routing import Nearness, Refusal
from helpbot.core.spans import DAY

HELPERS = RoomId("!aide:exemple.fr")
CONFIG = """\
matrix: {homeserver: "https://m.exemple.fr", user_id: "@bot:exemple.fr", password: sésame}
faq: faq
school_zone: null
routing: {open_hours: toujours}
rooms: {volunteers: "!aide:exemple.fr", settings: {"!salle:exemple.fr": {school: "Collège Exemple"}}}
"""
FAQ = "theme: pix\ntitle: Pix\nentries: [{id: pix-a, question: Comment entrer dans Pix ?, answer: ENT.}]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq" / "pix.yaml").write_text(FAQ)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def explain(*more: str) -> str:
    done = CliRunner().invoke(main, ["ask", "--explain", "-c", "config.yaml", *more])
    assert done.exit_code == 0, done.output
    return done.output


def test_nobody_is_known_before_the_bot_has_run(folder: Path) -> None:
    assert "aucun·e volontaire" in explain("comment entrer dans pix ?")


def test_the_order_and_the_reasons(folder: Path) -> None:
    now = SystemClock().now()
    far, near, away, other = (UserId(f"@{n}:exemple.fr") for n in ("far", "near", "away", "other"))
    school = Chosen(themes=("pix",), school="Collège Exemple")

    async def fill() -> None:
        store = open_store(None, folder / "data")
        await store.run(lambda tx: tx.save_room(RoomRow(RoomFacts(HELPERS), Membership.JOIN)))
        await store.run(lambda tx: tx.seed_volunteers([Seed(far, ("pix",)), Seed(other, ("rgpd",))]))
        await store.run(lambda tx: tx.save_listed(Listed(near, chosen=school), now))
        paused = Listed(away, chosen=Chosen(themes=("pix",)), away_until=now + 30 * DAY)
        await store.run(lambda tx: tx.save_listed(paused, now))
        await store.close()

    asyncio.run(fill())
    told = explain("--room", "!salle:exemple.fr", "comment entrer dans pix ?").splitlines()
    at = next(n for n, line in enumerate(told) if line.startswith("volontaires sur le thème pix"))
    assert told[at + 1] == "  1. @near:exemple.fr\u00a0: même établissement"
    assert told[at + 2] == "  2. @far:exemple.fr\u00a0: sans lien particulier avec le salon"
    assert sorted(told[at + 3 :]) == [
        "  –  @away:exemple.fr\u00a0: en pause",
        "  –  @other:exemple.fr\u00a0: aide sur d'autres thèmes",
    ]
    # What is asked in passing changes nothing.
    assert explain("--room", "!salle:exemple.fr", "comment entrer dans pix ?").splitlines() == told


def test_a_redirection_asks_nobody(folder: Path) -> None:
    assert "volontaire" not in explain("un élève est frappé chez lui")


def test_each_reason_has_its_words() -> None:
    assert set(_REFUSED) == {r.value for r in Refusal}
    assert set(_NEAR) == {n.name for n in Nearness}

"""`helpbot check --offline`: what it finds, where it says it, and its exit code."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helpbot.cli import main
from helpbot.cli.check import Findings, examine, examine_rooms
from helpbot.settings import load_settings
from helpbot.testing.clock import FakeClock
from helpbot.testing.homeserver import FakeServer

NOW = int(datetime(2026, 11, 21, 10, tzinfo=UTC).timestamp() * 1000)
CONFIG = """\
matrix: {homeserver: "https://m.exemple.fr", user_id: "@bot:exemple.fr", password_file: secret}
referents: ["@rupn:exemple.fr"]
volunteers: [{user: "@a:exemple.fr", themes: [pix]}]
privacy: {controller: le rectorat, dpo: la déléguée}
"""
FAQ = """\
theme: pix
title: Pix
entries:
  - id: pix-a
    question: Comment entrer dans Pix ?
    answer: Par l'ENT.
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq" / "pix.yaml").write_text(FAQ)
    (tmp_path / "secret").write_text("sésame")
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def check(*args: str) -> Result:
    return CliRunner().invoke(main, ["check", "--offline", *args])


def warnings(text: str, now: int = NOW) -> list[str]:
    config = Path("config.yaml")
    config.write_text(text)
    found = examine(config, load_settings(config, {}), now)
    assert not found.errors
    return [problem.what for problem in found.warnings]


@pytest.mark.usefixtures("folder")
def test_all_is_well() -> None:
    assert warnings(CONFIG) == []
    result = check("-c", "config.yaml")
    assert result.exit_code == 0, result.output
    assert "0 problème(s)" in result.stderr
    assert "1 fiches, 1 rubriques" in result.stderr


def test_every_problem_at_once(folder: Path) -> None:
    (folder / "faq" / "pix.yaml").write_text(FAQ.replace("question", "qestion"))
    (folder / "data").write_text("")
    (folder / "config.yaml").write_text(CONFIG + "store: {url: 'postgresql://localhost/bot'}\n")
    result = check()
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert any("pix.yaml:4" in line or "pix.yaml:5" in line for line in lines)
    assert any("n'est pas un dossier; donnez un dossier" in line for line in lines)


@pytest.mark.usefixtures("folder")
def test_a_wrong_configuration_ends_with_2() -> None:
    Path("config.yaml").write_text(CONFIG.replace("referents", "referent"))
    result = check()
    assert result.exit_code == 2
    assert result.stderr.startswith("config.yaml:2: clé inconnue referent; vouliez-vous dire")
    assert result.stdout == ""


@pytest.mark.usefixtures("folder")
def test_warnings_about_people() -> None:
    text = CONFIG.replace("volunteers:", "#").replace("referents:", "#").replace("privacy:", "#")
    assert [w[:20] for w in warnings(text)] == [
        "personne à qui trans",
        "personne ne verra le",
        "privacy\u00a0: controller",
    ]
    assert (
        "tout le monde"
        in warnings(CONFIG.replace("password_file", 'trusted_servers: ["*"], password_file'))[0]
    )
    assert "aucune fiche n'a la rubrique «\u00a0pixx\u00a0»" in warnings(CONFIG.replace("[pix]", "[pixx]"))[0]


def test_warnings_about_secrets(folder: Path) -> None:
    (folder / "secret").chmod(0o644)
    assert "se lit depuis d'autres comptes" in warnings(CONFIG)[0]
    assert "un secret figure" in warnings(CONFIG.replace("password_file", "password"))[0]


@pytest.mark.usefixtures("folder")
def test_warnings_about_holidays() -> None:
    summer = int(datetime(2027, 8, 15, tzinfo=UTC).timestamp() * 1000)
    assert warnings(CONFIG, summer) == ["zone A\u00a0: les dates des vacances manquent après le 31/08/2027"]
    corse = CONFIG.replace("themes: [pix]", "themes: [pix], zone: corse")
    assert warnings(corse) == ["zone corse\u00a0: les dates des vacances manquent pour cette zone"]
    given = "school_holidays: {corse: [{from: 2026-12-19, back: 2027-01-04}]}\n"
    assert warnings(corse + given) == []
    assert warnings(CONFIG + "school_zone: null\n", summer) == []


async def test_rooms_that_the_bot_is_not_in(folder: Path, clock: FakeClock) -> None:
    server = FakeServer(clock)
    bot, lea = server.account("@bot:test"), server.person("@lea:test")
    inside, invited = lea.create_room(invite=["@bot:test"]), lea.create_room(invite=["@bot:test"])
    await bot.join(inside)
    rooms = f"rooms: {{review: '{inside}', volunteers: '{invited}', settings: {{'!elsewhere:test': {{}}}}}}\n"
    (folder / "config.yaml").write_text(CONFIG + rooms)
    found = Findings(Path("config.yaml"))
    await examine_rooms(found, load_settings(found.config, {}), bot)
    assert [(w.what.partition("\u00a0")[0], w.hint) for w in found.warnings] == [
        ("rooms.volunteers", "il entrera au démarrage"),
        ("rooms.settings.!elsewhere:test", "invitez-y @bot:test"),
    ]


async def test_rooms_that_were_replaced(folder: Path, clock: FakeClock) -> None:
    server = FakeServer(clock)
    bot, lea = server.account("@bot:test"), server.person("@lea:test")
    first, other = (lea.create_room(invite=["@bot:test"]) for _ in range(2))
    for room in (first, other):
        await bot.join(room)
    between = lea.upgrade(first, invite=["@bot:test"])
    await bot.join(between)
    last, closed = lea.upgrade(between, invite=["@bot:test"]), lea.upgrade(other)
    await bot.join(last)
    (folder / "config.yaml").write_text(CONFIG + f"rooms: {{review: '{first}', volunteers: '{other}'}}\n")
    found = Findings(Path("config.yaml"))
    await examine_rooms(found, load_settings(found.config, {}), bot)
    assert [str(warned).partition(": ")[2] for warned in found.warnings] == [
        f"rooms.review\u00a0: {first} a été remplacé par {last}; mettez {last} à sa place",
        f"rooms.volunteers\u00a0: {other} a été remplacé par {closed}; mettez {closed} à sa place",
        "rooms.volunteers\u00a0: le bot n'y est pas; invitez-y @bot:test",
    ]


def test_a_model_that_is_not_there(folder: Path) -> None:
    (folder / "config.yaml").write_text(CONFIG + "semantic: {folder: modele}\n")
    result = check("-c", "config.yaml")
    assert result.exit_code == 1
    assert [Path(line.partition(":")[0]).name for line in result.stdout.splitlines()] == [
        "tokenizer.json", "model.safetensors",
    ]  # fmt: skip


def test_warnings_about_git(folder: Path) -> None:
    text = CONFIG + 'publishing: {git: "commit"}\n'
    [warned] = warnings(text)
    assert "n'est dans aucun dépôt git" in warned
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    assert warnings(text) == []

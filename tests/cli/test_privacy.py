"""`helpbot privacy`: what an operator does for a person, and the two papers for the DPO."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helpbot.adapters.clock import SystemClock
from helpbot.adapters.db import open_store
from helpbot.adapters.matrix.opening import take_folder
from helpbot.adapters.pseudonyms import load_pseudonyms
from helpbot.cli import main
from helpbot.core.editing import EditRow, EditState
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.records import Chosen, Listed, OutboxRow, Priority, Seed
from helpbot.core.register import TABLES, Kept
from helpbot.core.spans import DAY
from helpbot.core.tickets import Offer, OfferState, Plan, State, Ticket
from helpbot.texts.dossier import CRITERIA, LOOK, NO, YES, Choices, answered, register_entry, screening

CONFIG = """\
matrix: {homeserver: "https://m.exemple.fr", user_id: "@bot:exemple.fr", password: sésame}
volunteers: [{user: "@vera:exemple.fr", themes: [pix]}]
privacy: {unsolved_days: 12, solved_days: 34, help_log_months: 5, controller: "Académie d'exemple", dpo: "dpo, exemple"}
"""  # noqa: E501
LEA, VERA, SAM = UserId("@lea:exemple.fr"), UserId("@vera:exemple.fr"), UserId("@sam:exemple.fr")
ROOM, HELPERS = RoomId("!salle:exemple.fr"), RoomId("!aide:exemple.fr")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A bot's folder: Léa asked, Véra holds it, Sam is a volunteer as well."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faq").mkdir()
    (tmp_path / "faq" / "pix.yaml").write_text(
        "theme: pix\ntitle: Pix\nentries: [{id: pix-a, question: Comment entrer ?, answer: Par l'ENT.}]\n"
    )
    (tmp_path / "config.yaml").write_text(CONFIG)
    now = SystemClock().now()
    ticket = Ticket(
        TicketId(0), "ABCDE", ROOM, LEA, EventId("$q"), None, "où est le badge gargouille ?", now,
        theme="pix", named=True, state=State.CLAIMED, plan=Plan(), helper=VERA, helper_slot=f"offer/{VERA}",
        offers=(Offer(VERA, HELPERS, f"offer/{VERA}", now, OfferState.CLAIMED),),
    )  # fmt: skip

    async def fill() -> None:
        store = open_store(None, tmp_path / "data")
        await store.run(lambda tx: tx.seed_volunteers([Seed(VERA, ("pix",))]))
        await store.run(lambda tx: tx.save_listed(Listed(SAM, chosen=Chosen(themes=("pix",))), now))
        kept = await store.run(lambda tx: tx.save_ticket(ticket))
        content = {"msgtype": "m.text", "body": "gargouille", "m.mentions": {"user_ids": [VERA]}}
        row = OutboxRow(
            "hb1", HELPERS, "m.room.message", content, Priority.OFFER, now,
            ticket=kept.id, slot=f"offer/{VERA}", kind="offer",
        )  # fmt: skip
        await store.run(lambda tx: tx.add_outbox(row))
        await store.run(lambda tx: tx.confirm("hb1", EventId("$offer"), now))
        await store.close()

    asyncio.run(fill())
    return tmp_path


def run(*args: str) -> Result:
    return CliRunner().invoke(main, ["privacy", *args], catch_exceptions=False)


def left(folder: Path) -> bytes:
    return b"".join(p.read_bytes() for p in (folder / "data").glob("helpbot.db*"))


def ticket(folder: Path) -> Ticket | None:
    async def read() -> Ticket | None:
        store = open_store(None, folder / "data")
        found = await store.run(lambda tx: tx.ticket(TicketId(1)))
        await store.close()
        return found

    return asyncio.run(read())


def test_export_gives_everything_beside_a_running_bot(folder: Path) -> None:
    lock = take_folder(folder / "data")
    done = run("export", LEA)
    assert done.exit_code == 0
    data = json.loads(done.stdout)
    [question] = data["donnees"]["tickets"]["lignes"]
    assert question["text"] == "où est le badge gargouille ?"
    assert question["helper"] == "(une autre personne)"
    assert data["responsable"] == "Académie d'exemple"
    assert "12 jours" in data["donnees"]["tickets"]["duree"]
    assert VERA not in done.stdout
    helps = json.loads(run("export", VERA).stdout)
    assert helps["donnees"]["tickets"]["lignes"][0]["text"] == "(mots d’une autre personne)"
    assert LEA not in json.dumps(helps)
    assert json.loads(run("export", "@nobody:exemple.fr").stdout)["donnees"] == {}
    assert lock


@pytest.mark.parametrize("command", ["erase", "object"])
def test_a_running_bot_is_not_disturbed(folder: Path, command: str) -> None:
    lock = take_folder(folder / "data")
    done = run(command, LEA, *(["--yes"] if command == "erase" else []))
    assert done.exit_code == 2
    assert "le bot est en marche; arrêtez-le d'abord" in done.stderr
    assert LEA.encode() in left(folder)
    assert lock


def test_erase_asks_and_forgets_down_to_the_bytes(folder: Path) -> None:
    assert CliRunner().invoke(main, ["privacy", "erase", LEA], input="n\n").exit_code == 1
    assert ticket(folder) is not None
    done = run("erase", LEA, "--yes")
    assert done.exit_code == 0, done.output
    assert ticket(folder) is None
    assert LEA.encode() not in left(folder)
    assert b"gargouille" not in left(folder)
    assert VERA.encode() in left(folder)
    alias = load_pseudonyms(folder / "pseudonym.key")
    [line] = (folder / "pseudonym.key.erasures").read_text().splitlines()
    assert line.split(" ")[1] == alias(LEA)

    async def unsent() -> list[OutboxRow]:
        store = open_store(None, folder / "data")
        rows = await store.run(lambda tx: tx.unsent())
        await store.close()
        return rows

    [redaction] = asyncio.run(unsent())
    assert (redaction.event_type, redaction.redacts_txn) == ("m.room.redaction", "hb1")


def test_what_an_erased_volunteer_held_is_free_again(folder: Path) -> None:
    assert run("erase", VERA, "--yes").exit_code == 0
    found = ticket(folder)
    assert found is not None
    assert found.helper is None
    assert found.state in (State.ASKED, State.OPEN)
    assert VERA.encode() not in left(folder)


def test_a_name_that_the_faq_thanks_goes_from_its_answers_and_at_the_next_start_from_its_file(
    folder: Path,
) -> None:
    faq = folder / "faq" / "pix.yaml"
    faq.write_text(faq.read_text().replace("Par l'ENT.", "Par l'ENT., credit: Véra"))
    alias, now = load_pseudonyms(folder / "pseudonym.key"), SystemClock().now()
    about = {"kind": "answer", "question": "$p", "entry": "pix-a", "ticket": "FGHIJ"}
    content = {
        "msgtype": "m.notice",
        "body": "Par l'ENT. Merci à Véra",
        "m.mentions": {},
        "fr.helpbot": about,
    }

    async def given() -> None:
        store = open_store(None, folder / "data")
        asked = Ticket(
            TicketId(0),
            "FGHIJ",
            ROOM,
            SAM,
            EventId("$p"),
            None,
            "entrer ?",
            now,
            entry="pix-a",
            status="reply",
        )
        kept = await store.run(lambda tx: tx.save_ticket(asked))
        row = OutboxRow(
            "hb2", ROOM, "m.room.message", content, Priority.ANSWER, now, kept.id, "reply", "answer"
        )
        await store.run(lambda tx: tx.add_outbox(row))
        await store.run(lambda tx: tx.confirm("hb2", EventId("$answer"), now))
        await store.run(lambda tx: tx.note_credited(alias(VERA), "pix-a", now))
        await store.close()

    async def to_do() -> tuple[list[OutboxRow], list[EditRow]]:
        store = open_store(None, folder / "data")
        rows = await store.run(lambda tx: (tx.unsent(), tx.edits([EditState.WANTED], entry=None, limit=9)))
        await store.close()
        return rows

    asyncio.run(given())
    assert run("erase", VERA, "--yes").exit_code == 0
    unsent, edits = asyncio.run(to_do())
    [again] = [row for row in unsent if row.slot == "reply"]
    assert again.edits_slot, "the answer stays, without the name"
    assert "Par l'ENT." in str(again.content)
    assert [(e.edit.entry, e.edit.uncredited) for e in edits] == [("pix-a", True)]
    assert "Véra".encode() not in left(folder)


def test_an_objection_is_kept_and_takes_the_volunteer_out(folder: Path) -> None:
    assert "retirée de l'annuaire" in run("object", VERA).stdout
    assert run("object", LEA).stdout == "opposition enregistrée\n"
    found = ticket(folder)
    assert found is not None
    assert found.helper is None
    told = json.loads(run("export", VERA).stdout)["donnees"]["told"]["lignes"]
    assert [row["what"] for row in told] == ["objects"]


def test_themes_are_corrected_for_a_volunteer_only(folder: Path) -> None:
    assert run("correct", SAM, "pix").stdout == "thèmes : pix\n"
    wrong = run("correct", SAM, "pixx", "rgpd")
    assert wrong.exit_code == 2
    assert wrong.stderr.count("thème inconnu; thèmes connus : pix") == 2
    assert "n'est pas volontaire" in run("correct", LEA, "pix").stderr


def test_an_id_that_is_none_is_told(folder: Path) -> None:
    done = run("export", "lea")
    assert done.exit_code == 2
    assert "lea: n'est pas un identifiant Matrix; écrivez" in done.stderr


def test_retention_counts_first_and_then_removes_the_same(folder: Path) -> None:
    async def aged() -> None:
        store = open_store(None, folder / "data")
        old = await store.run(lambda tx: tx.ticket(TicketId(1)))
        assert old is not None
        await store.run(lambda tx: tx.save_ticket(replace(old, asked_at=old.asked_at - 13 * DAY)))
        await store.close()

    before = run("retention", "--dry-run").stdout
    assert re.findall(r"\((\w+)\) : ([1-9]\d*)", before) == []
    asyncio.run(aged())
    counted = run("retention", "--dry-run").stdout
    assert run("retention", "--dry-run").stdout == counted
    rows = dict(re.findall(r"\((\w+)\) : ([1-9]\d*)", counted))
    assert rows == {"tickets": "1", "offers": "1", "outbox": "1"}
    assert run("retention").stdout == counted
    assert ticket(folder) is None


def test_the_register_entry_says_what_the_configuration_says(folder: Path) -> None:
    page = run("register").stdout
    for words in (
        "Académie d'exemple",
        "dpo, exemple",
        "12 jours",
        "34 jours",
        "5 mois",
        "exemple.fr",
        "SQLite",
    ):
        assert words in page.replace("\u00a0", " ")
    for table in TABLES:
        assert (f"(`{table.name}`)" in page) == (table.kept is not Kept.ALWAYS)
    assert "à compléter : privacy.dpo" in register_entry(Choices("x", "y")).replace("\u00a0", " ")
    assert "{" not in page


def test_the_screening_answers_every_criterion(folder: Path) -> None:
    page = run("screening").stdout
    assert page.count("\n| ") == len(CRITERIA) + 2
    assert "1 critère(s) rempli(s), 0 à apprécier" in page
    assert "n’est en principe pas nécessaire" in page
    assert "{" not in page
    wide = Choices("x", "y", servers=("*",), listening=2)
    assert answered(wide) == dict.fromkeys(CRITERIA, NO) | {
        "monitoring": LOOK, "large": LOOK, "vulnerable": YES,
    }  # fmt: skip
    assert "dépend de ce qui est à apprécier" in screening(wide)
    assert "dans 2 salon(s)" in screening(wide)

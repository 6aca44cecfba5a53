"""`!mesdonnees`: a file with every row about the person that a full scan finds, and nobody else's."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from typing import Any

import pytest
from staffroom import ROLES, StaffRoom, traces, words_of

from helpbot.adapters.db.tables import metadata
from helpbot.core.ids import RoomId, UserId
from helpbot.core.records import FILE_TEXT
from helpbot.testing.tester import BOT, LEA, PASSWORD, SAM, BotTester, pseudonym

OTHER = "(une autre personne)"


def opened(bot: BotTester, room: RoomId) -> dict[str, Any]:
    """Return the file of the last message in a room, as its reader's client opens it."""
    content = bot.last(room).content
    assert content["msgtype"] == "m.file"
    assert FILE_TEXT not in content
    encrypted = bot.server.room(room).encrypted
    assert ("file" in content, "url" in content) == (encrypted, not encrypted)
    _, _, data = bot.server.files[content["file"]["url"] if encrypted else content["url"]]
    assert content["info"]["size"] == len(data)
    found: dict[str, Any] = json.loads(data)
    return found


def key_of(table: str, row: dict[str, Any], user: str) -> tuple[Any, ...]:
    """Return what tells a row from others, other people's ids masked as they are in the file."""
    values = (row[c.name] for c in metadata.tables[table].primary_key)
    return (table, *(OTHER if str(v).startswith("@") and v != user else v for v in values))


def scanned(bot: BotTester, needles: tuple[str, ...]) -> Counter[tuple[Any, ...]]:
    """Return every row in which one of these stands, and those of their questions; the id comes first."""
    found: Counter[tuple[Any, ...]] = Counter()
    with sqlite3.connect(bot.folder / "helpbot.db") as database:
        database.row_factory = sqlite3.Row
        asked = {
            r["id"] for r in database.execute("SELECT id, asker FROM tickets") if r["asker"] == needles[0]
        }
        for name in metadata.tables:
            for row in map(dict, database.execute(f'SELECT * FROM "{name}"')):
                text = "\x00".join(str(v) for v in row.values())
                mine = row.get("ticket") in asked and name in ("offers", "jobs", "outbox")
                if mine or any(needle in text for needle in needles):
                    found[key_of(name, row, needles[0])] += 1
    return found


@pytest.mark.slow
@pytest.mark.parametrize("role", ["asker1", "asker2", "asker7", "helper1", "helper2", "helper5"])
async def test_the_file_has_every_row_that_a_full_scan_finds(room: StaffRoom, role: str) -> None:
    user = room.people[role]
    direct = room.directs.get(role) or await room.direct(user)
    person, name = pseudonym(user), room.first_name(role)
    expected = scanned(room, (user, person, words_of(role), name))
    await room.says(user, "!mesdonnees", room=direct)
    data = opened(room, direct)
    tables = data["donnees"]
    given = Counter(key_of(table, row, user) for table, told in tables.items() for row in told["lignes"])
    assert given == expected
    assert len({key[0] for key in given}) >= 4
    text = json.dumps(data, ensure_ascii=False)
    assert data["personne"] == user
    others = [r for r in ROLES if r != role]
    assert traces(text.encode(), tuple(room.people[r] for r in others)) == []
    assert traces(text.encode(), tuple(pseudonym(room.people[r]) for r in others)) == []
    if role.startswith("asker"):
        strangers = [r for r in others if r.startswith("asker")]
        assert traces(text.encode(), tuple(words_of(r) for r in strangers)) == []
        assert words_of(role) in text
    assert all(set(told["colonnes"]) == set(told["lignes"][0]) for told in tables.values())
    with sqlite3.connect(room.folder / "helpbot.db") as database:  # once it is sent, the file is not kept
        query = "SELECT count(*) FROM outbox WHERE content LIKE '%fr.helpbot.text%'"
        assert database.execute(query).fetchone() == (0,)
    await room.says(user, "!oubliezmoi oui", room=direct)
    assert not any(m.content.get("msgtype") == "m.file" for m in room.shown(direct))


async def test_it_comes_in_the_direct_message_wherever_it_was_asked(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD)
    direct = await bot.direct(LEA, encrypted=bot.server.room(bot.school).encrypted)
    before = len(bot.shown())
    await bot.says(LEA, "!mesdonnees")
    assert len(bot.shown()) == before
    data = opened(bot, direct)
    assert "Questions\u00a0: 1" in data["resume"]
    assert "Questions : 1" in bot.last(direct).body.replace("\u00a0", " ")
    [question] = data["donnees"]["tickets"]["lignes"]
    assert question["asker"] == LEA
    assert question["asked_at"].startswith("20")
    assert question["text"] == PASSWORD
    assert data["donnees"]["tickets"]["duree"].startswith("30 jours")


async def test_a_direct_message_is_opened_for_it(bot: BotTester) -> None:
    await bot.says(SAM, "!mesdonnees")
    [direct] = await bot.running.store.run(lambda tx: tx.direct_rooms(UserId(SAM)))
    assert opened(bot, direct)["personne"] == SAM


async def test_who_is_unknown_is_told_that_there_is_nothing_but_the_room(bot: BotTester) -> None:
    direct = await bot.direct(SAM)
    await bot.says(SAM, "!mesdonnees", room=direct)
    assert set(opened(bot, direct)["donnees"]) == {"rooms"}


async def test_a_file_is_sent_again_after_trouble_and_once(bot: BotTester) -> None:
    direct = await bot.direct(LEA)
    bot.server.lose_reply("upload")
    bot.server.lose_reply("send", room=direct)
    await bot.says(LEA, "!mesdonnees", room=direct)
    await bot.advance(minutes=10)
    assert [m.content.get("msgtype") for m in bot.shown(direct)] == ["m.file"]
    opened(bot, direct)
    assert bot.server.room(direct).membership(BOT) == "join"

"""A file comes whole and once into its room, and its text stays nowhere else."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from helpbot.core.ids import RoomId
from helpbot.core.records import FILE_TEXT
from helpbot.flow.write import Writer
from helpbot.testing.tester import BOT, LEA, BotTester

TEXT = "# Votre parcours\n\nÉté, « données ».\n"


async def write_file(bot: BotTester, room: RoomId) -> None:
    def write(tx: object) -> Writer:
        writer = Writer(tx, bot.running.setting, "a cause", bot.clock.now())  # type: ignore[arg-type]
        writer.send_file(room, "parcours.md", TEXT, mimetype="text/markdown")
        return writer

    written = (await bot.running.store.run(write)).written
    bot.running.deliverer.add(written.rows, written.cancelled)


def stored(bot: BotTester) -> list[tuple[str, str, bytes]]:
    return list(bot.server.files.values())


async def test_a_file_is_uploaded_and_its_text_forgotten(bot: BotTester) -> None:
    room = await bot.direct(LEA, encrypted=bot.server.room(bot.school).encrypted)
    await write_file(bot, room)
    await bot.settle()
    shown = bot.last(room)
    assert (shown.content["msgtype"], shown.body) == ("m.file", "parcours.md")
    assert shown.content["info"] == {"mimetype": "text/markdown", "size": len(TEXT.encode())}
    assert FILE_TEXT not in shown.content
    [(name, kind, data)] = stored(bot)
    assert data.decode() == TEXT
    encrypted = bot.server.room(room).encrypted
    assert ("file" in shown.content, "url" in shown.content) == (encrypted, not encrypted)
    assert (name, kind) == (("", "") if encrypted else ("parcours.md", "text/markdown"))
    with closing(sqlite3.connect(bot.folder / "helpbot.db")) as db:
        kept = "".join(content for (content,) in db.execute("SELECT content FROM outbox"))
    assert "Votre parcours" not in kept


async def test_trouble_on_the_way_makes_no_second_message(bot: BotTester) -> None:
    room = await bot.direct(LEA)
    bot.server.lose_request("upload")
    await write_file(bot, room)
    await bot.settle()
    assert stored(bot) == []
    bot.server.lose_reply("upload")
    await bot.advance(minutes=2)
    bot.server.lose_reply("send")
    await bot.advance(minutes=5)
    await bot.restart()
    await bot.advance(minutes=5)
    mine = [m for m in bot.server.room(room).timeline() if m.sender == BOT and m.body == "parcours.md"]
    assert len(mine) == 1
    address = mine[0].content.get("url") or mine[0].content["file"]["url"]
    assert bot.server.files[address][2].decode() == TEXT

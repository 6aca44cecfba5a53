"""The program's own log of a whole conversation holds no name, no id and nobody's words."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpbot.adapters.logs import set_up_logs
from helpbot.testing.tester import LEA, PASSWORD, SAM, UNKNOWN, VOLUNTEERS, BotTester


@pytest.fixture(params=["json", "lines"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What the program logs, debug lines included, in each of its two forms."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    set_up_logs(json=request.param == "json", verbose=True, stream=stream)
    yield stream
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level


async def test_a_whole_conversation_is_logged_without_anybody(written: io.StringIO, bot: BotTester) -> None:
    logging.getLogger("helpbot.test").info("the log is read")
    await bot.says(LEA, PASSWORD)
    await bot.reacts(LEA, bot.last().event_id, "✅")
    question = await bot.says(LEA, f"{UNKNOWN} zanzibar")
    await bot.reacts(LEA, bot.last().event_id, "👤")
    offer = bot.shown(bot.helpers)[-1]
    helper = offer.content["m.mentions"]["user_ids"][0]
    await bot.reacts(helper, offer.event_id, "✋", room=bot.helpers)
    await bot.says(helper, "voyez le tableau kilimandjaro", room=bot.helpers, reply_to=offer.event_id)
    relayed = bot.shown(kind="relay")[-1]
    await bot.says(LEA, "lequel, le tableau serengeti ?", reply_to=relayed.event_id)
    await bot.says(SAM, "une question ngorongoro")
    await bot.deletes(LEA, question)
    await bot.restart()
    bot.running.setting.catalogue = None  # type: ignore[assignment]  # a fault of ours, logged with its path
    await bot.says(SAM, "encore une kinshasa")
    await bot.advance(days=91)
    await bot.sweep()
    checkout = str(Path(__file__).parents[2])  # in tracebacks, and of whatever name
    log = written.getvalue().replace(checkout, "")
    assert "the log is read" in log
    assert "a message could not be handled" in log
    people = [LEA, SAM, *VOLUNTEERS]
    names = [p[1:].partition(":")[0] for p in people]
    words = ["zanzibar", "kilimandjaro", "serengeti", "ngorongoro", "kinshasa", "thermostat", "mot de passe"]
    spoken = [w for w in [*people, *names, "Léa", "Martin", "Dupont", *words] if w.lower() in log.lower()]
    assert spoken == []

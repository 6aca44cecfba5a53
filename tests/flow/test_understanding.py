"""The semantic extra in a conversation: it proposes what the words miss, and its failures cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from helpbot.flow.understanding import PAUSE_MS, Understanding
from helpbot.ports.encoder import EncoderError
from helpbot.testing.tester import LEA, PASSWORD, UNKNOWN, BotTester

ROOM_LEFT = "où mettre mes gros classeurs numérisés ?"


@dataclass
class Clusters:
    """An encoder that knows three kinds of texts, as a model would: by what they are about."""

    asked: list[int] = field(default_factory=list)
    down: bool = False
    length: int = 3

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked.append(len(texts))
        if self.down:
            raise EncoderError("the server answered 503")
        return [[float(about) for about in self._about(t)] + [0.0] * (self.length - 3) for t in texts]

    @staticmethod
    def _about(text: str) -> tuple[bool, bool, bool]:
        space = any(w in text for w in ("Nuage", "nuage", "classeurs", "quota", "disque"))
        secret = any(w in text for w in ("mot de passe", "mdp"))
        return space, secret, "session" in text


def understanding(bot: BotTester, encoder: Clusters) -> Understanding:
    bot.running.setting.understanding = made = Understanding(encoder)
    return made


async def test_what_shares_no_word_is_proposed(bot: BotTester) -> None:
    understanding(bot, encoder := Clusters())
    await bot.says(LEA, ROOM_LEFT)
    assert bot.kinds() == ["clarify"]
    assert "Combien de place dans Nuage" in bot.last().body
    assert encoder.asked == [12, 1]
    await bot.says(LEA, "1", to_bot=False)
    assert bot.last().content["fr.helpbot"]["entry"] == "apps-nuage"


async def test_a_sure_answer_asks_nobody(bot: BotTester) -> None:
    understanding(bot, encoder := Clusters())
    await bot.says(LEA, PASSWORD)
    assert bot.kinds() == ["answer"]
    assert encoder.asked == []


async def test_the_same_question_is_asked_once(bot: BotTester) -> None:
    understanding(bot, encoder := Clusters())
    await bot.says(LEA, ROOM_LEFT)
    await bot.says(LEA, ROOM_LEFT)
    assert encoder.asked == [12, 1]


async def test_a_server_that_is_down_is_left_alone_for_a_while(bot: BotTester) -> None:
    understanding(bot, encoder := Clusters(down=True))
    await bot.says(LEA, UNKNOWN)
    await bot.says(LEA, ROOM_LEFT)
    assert bot.kinds() == ["route", "route"]
    assert encoder.asked == [12]
    encoder.down = False
    await bot.advance(minutes=PAUSE_MS // 60_000 + 1)
    await bot.says(LEA, "mes classeurs débordent")
    assert bot.kinds()[-1] == "clarify"


@pytest.mark.parametrize("later", [3, 4])
async def test_another_model_or_another_faq_is_learned_anew(bot: BotTester, later: int) -> None:
    known = understanding(bot, encoder := Clusters())
    await bot.says(LEA, ROOM_LEFT)
    encoder.length = later
    await bot.says(LEA, "mes classeurs débordent")
    assert (known.meanings is None) == (later == 4)

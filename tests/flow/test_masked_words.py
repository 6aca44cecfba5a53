"""What must not be kept is neither stored nor passed on, and its author is told in the same reply."""

from __future__ import annotations

from helpbot.testing.tester import LEA, PASSWORD, UNKNOWN, BotTester

PHONE, MAIL = "06 39 98 01 23", "parent@exemple.fr"


def stored(bot: BotTester) -> bytes:
    return b"".join(file.read_bytes() for file in bot.folder.glob("helpbot.db*"))


async def test_a_question_is_masked_and_still_answered(bot: BotTester) -> None:
    await bot.says(LEA, f"{PASSWORD}, joindre le père au {PHONE} ou {MAIL}")
    assert bot.kinds()[0] in ("answer", "clarify")
    body = bot.last().body
    assert "une adresse mail, un numéro de téléphone" in body
    assert "un numéro de téléphone" in bot.last().html
    assert PHONE.encode() not in stored(bot)
    assert MAIL.encode() not in stored(bot)


async def test_a_plain_question_has_no_remark(bot: BotTester) -> None:
    await bot.says(LEA, PASSWORD)
    assert "🔒" not in bot.last().body


async def test_an_edit_is_masked_and_the_answer_says_so(bot: BotTester) -> None:
    question = await bot.says(LEA, PASSWORD)
    await bot.says(LEA, f"{PASSWORD} de Lucas Dupont 4eB", edit=question)
    [answer] = bot.shown()
    assert "le nom d’un élève" in answer.body
    assert b"Lucas" not in stored(bot)


async def test_nothing_of_it_is_passed_on_in_either_direction(bot: BotTester) -> None:
    await bot.says(LEA, f"{UNKNOWN} mon mdp est Soleil2026!")
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    [offer] = bot.shown(bot.helpers)
    assert "[…]" in offer.body
    helper = offer.content["m.mentions"]["user_ids"][0]
    await bot.says(helper, f"Appelez-moi au {PHONE}", room=bot.helpers, reply_to=offer.event_id)
    relayed = bot.shown(kind="relay")[-1]
    assert "Appelez-moi au […]" in relayed.body
    assert "🔒" not in relayed.body
    assert "un numéro de téléphone" in bot.last(bot.helpers).body
    await bot.says(LEA, f"Écrivez plutôt à {MAIL}", reply_to=relayed.event_id)
    assert "une adresse mail" in bot.last().body
    for secret in (PHONE, MAIL, "Soleil2026"):
        assert secret.encode() not in stored(bot)
        assert secret not in " ".join(m.body for room in (bot.school, bot.helpers) for m in bot.shown(room))


async def test_what_is_kept_is_told_with_what_is_masked(bot: BotTester) -> None:
    await bot.says(LEA, "!rgpd", to_bot=False)
    assert "est masqué avant d’être gardé ou transmis" in bot.last().body

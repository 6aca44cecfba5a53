"""What is past its time goes in small steps, and what was cut short is taken up again."""

from __future__ import annotations

from helpbot.core.spans import DAY
from helpbot.ports import Tx
from helpbot.testing.tester import LEA, PASSWORD, BotTester


async def test_arrears_go_in_small_steps(bot: BotTester) -> None:
    for _ in range(7):
        await bot.says(LEA, PASSWORD)
    bot.clock.advance(days=120)
    past = bot.clock.now() - 90 * DAY

    def three(tx: Tx) -> dict[str, int]:
        return tx.forget(
            sealed_before=past,
            inbox_before=past,
            unsolved_before=past,
            solved_before=past,
            sensitive_before=past,
            help_log_before=past,
            limit=3,
        )

    gone = await bot.running.store.run(three)
    assert (gone["tickets"], gone["inbox"]) == (3, 3)
    assert len(await bot.tickets()) == 4  # as if it had been cut short here
    assert (await bot.sweep())["tickets"] == 4
    assert await bot.tickets() == []
    assert set((await bot.sweep()).values()) == {0}

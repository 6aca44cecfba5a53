"""Conversations to be cut off: each is played whole, then once for each point at which the bot can die."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Awaitable, Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path

from helpbot.core.ids import EventId
from helpbot.core.incoming import Access
from helpbot.testing.clock import FakeClock
from helpbot.testing.crash import CrashPlan, CrashTester
from helpbot.testing.fakerooms import Seen
from helpbot.testing.tester import ANNE, BOT, LEA, PASSWORD, SAM, SESSION, UNKNOWN, VOLUNTEERS

Script = Callable[["Player"], Awaitable[None]]
State = list[str]
BETWEEN = "comment créer une session ou retrouver un mot de passe pix"

_TABLES = ("rooms", "replaced_rooms", "inbox", "sealed", "tickets", "offers", "jobs", "outbox", "help_log")
_FAQ = ("proposals", "proposal_tickets", "faq_edits")
_MAY_DIFFER = {"attempts", "not_before", "first_try_at"}
"""How often something was tried is not what it came to."""


class Recovered(Exception):
    """After its last crash the bot stands where it stands without one: the rest would be the same."""


class Player(CrashTester):
    """Notes where everything stands after each act, or compares it with what was noted."""

    def __init__(
        self, folder: Path, plan: CrashPlan, expected: list[State] | None, *, slow: bool, files: bool
    ) -> None:
        super().__init__(folder, FakeClock(), plan, files=files)
        self.slow = slow
        """Time passes until the script goes on: what is stored has other times, what is seen has not."""
        self.expected = expected
        self.states: list[State] = []

    async def settle(self) -> None:
        await super().settle()
        if self.expected is None:
            self.states.append(self.state())
            return
        self.states.append([])
        if not self.slow and len(self.plan.points) > max(self.plan.at, default=0):
            there, here = self.expected[len(self.states) - 1], self.state()
            assert here == there
            raise Recovered

    def state(self) -> State:
        """Return all that was seen and all that is stored, a line each."""
        written = [p.read_text("utf-8") for p in sorted(self.faq_folder.iterdir())] if self.files else []
        return [*self.seen(), *([] if self.slow else self._stored()), *written]

    def _stored(self) -> State:
        lines = []
        with closing(sqlite3.connect(self.folder / "helpbot.db")) as connection:
            connection.row_factory = sqlite3.Row
            for table in (*_TABLES, *_FAQ):
                for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2"):
                    kept = {k: row[k] for k in row.keys() if k not in _MAY_DIFFER}  # noqa: SIM118
                    lines.append(f"{table} {kept}")
        return lines


async def play(
    script: Script, at: Iterable[int] = (), expected: list[State] | None = None
) -> tuple[CrashPlan, list[State]]:
    """Play a script with a bot that dies at these points; returns its plan and the states passed.

    With `expected` states it plays no further than to the first act after the last crash.
    """
    plan = CrashPlan(frozenset(at), armed=script is rooms)
    with tempfile.TemporaryDirectory() as folder:
        slow, files = script in (limits, bad_network), script in (proposes, publishes)
        bot = Player(Path(folder), plan, expected, slow=slow, files=files)
        try:
            await bot.start()
            plan.armed = True
            with suppress(Recovered):
                await script(bot)
                bot.states.append(bot.state())
        finally:
            await bot.stop()
    if bot.slow and expected is not None:
        assert bot.states[-1] == expected[-1]
    return plan, bot.states


def _offer(bot: Player) -> Seen:
    return bot.shown(bot.helpers, kind="offer")[-1]


async def _ask(bot: Player) -> tuple[EventId, str]:
    question = await bot.says(LEA, UNKNOWN)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    return question, _offer(bot).mentions[0]


async def answers(bot: Player) -> None:
    """The FAQ answers, asks back, and is told yes and no."""
    await bot.says(LEA, PASSWORD)
    await bot.reacts(LEA, bot.last().event_id, "✅")
    await bot.says(SAM, BETWEEN)
    await bot.says(SAM, "1", to_bot=False)
    await bot.says(SAM, "❌", to_bot=False)


async def amends(bot: Player) -> None:
    """An answered question is edited, then deleted; a command."""
    question = await bot.says(LEA, PASSWORD)
    await bot.says(LEA, SESSION, edit=question)
    await bot.deletes(LEA, question)
    await bot.says(LEA, "!aide")


async def routing(bot: Player) -> None:
    """Consent, offer, claim, relayed answer, follow-up, ✅."""
    _, vera = await _ask(bot)
    offer = _offer(bot)
    await bot.reacts(vera, offer.event_id, "✋", room=bot.helpers)
    await bot.says(vera, "derrière la porte", room=bot.helpers, reply_to=offer.event_id)
    relay = bot.last()
    await bot.says(LEA, "laquelle ?", reply_to=relay.event_id)
    await bot.says(vera, "au fond", room=bot.helpers, thread=offer.event_id)
    await bot.reacts(LEA, relay.event_id, "✅")


async def withdrawing(bot: Player) -> None:
    """The words of both sides are corrected, then the question is deleted with all that came of it."""
    question, vera = await _ask(bot)
    await bot.says(LEA, UNKNOWN + " celui du haut", edit=question)
    answer = await bot.says(vera, "à gauche", room=bot.helpers, reply_to=_offer(bot).event_id)
    await bot.says(vera, "à droite", room=bot.helpers, edit=answer)
    await bot.deletes(LEA, question)


async def waves(bot: Player) -> None:
    """Nobody answers, wave after wave; the question expires."""
    await _ask(bot)
    for _ in range(3):
        await bot.advance(minutes=21)
    await bot.advance(days=8)


async def silence(bot: Player) -> None:
    """A volunteer takes the question and says nothing more."""
    _, vera = await _ask(bot)
    await bot.reacts(vera, _offer(bot).event_id, "✋", room=bot.helpers)
    await bot.advance(minutes=61)
    await bot.advance(minutes=21)


async def passes(bot: Player) -> None:
    """One passes, two want it at once, one of them answers."""
    _, first = await _ask(bot)
    await bot.says(first, "je passe", room=bot.helpers, reply_to=_offer(bot).event_id)
    second = _offer(bot)
    for volunteer in VOLUNTEERS[:2]:
        bot.server.person(volunteer).react(bot.helpers, second.event_id, "✋")
    await bot.settle()
    await bot.says(VOLUNTEERS[0], "au sous-sol", room=bot.helpers, reply_to=second.event_id)


async def another(bot: Player) -> None:
    """A helper's answer does not help, another one is asked; the asker calls it off."""
    _, vera = await _ask(bot)
    await bot.says(vera, "au sous-sol", room=bot.helpers, reply_to=_offer(bot).event_id)
    await bot.reacts(LEA, bot.last().event_id, "❌")
    await bot.says(LEA, "!annuler")


async def proposes(bot: Player) -> None:
    """An answer is marked 📌, its author agrees, a referent amends the card."""
    _, vera = await _ask(bot)
    offer = _offer(bot)
    await bot.says(vera, "derrière la porte", room=bot.helpers, reply_to=offer.event_id)
    await bot.reacts(LEA, bot.last().event_id, "📌")
    await bot.reacts(vera, bot.last(bot.helpers).event_id, "1️⃣", room=bot.helpers)
    await bot.says(ANNE, "rubrique: apps", room=bot.review, reply_to=bot.last(bot.review).event_id)


async def publishes(bot: Player) -> None:
    """A change is approved while a hand is in the file, written, and taken back."""
    await bot.says(ANNE, "!faq variante apps-nuage stockage nuage", room=bot.review, to_bot=False)
    card = bot.last(bot.review)
    path = bot.faq_folder / "apps.yaml"
    path.write_text(path.read_text("utf-8") + "# à la main\n", encoding="utf-8")
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    await bot.says(ANNE, "!faq annuler", room=bot.review, to_bot=False)


async def rooms(bot: Player) -> None:
    """Invitations taken and declined, greetings, a direct message, put out and asked in again."""
    direct = await bot.direct(SAM)
    await bot.says(SAM, PASSWORD, room=direct, to_bot=False)
    bot.server.person("@mallory:elsewhere").create_room(invite=[BOT])
    await bot.settle()
    lea = bot.server.person(LEA)
    lea.kick(bot.school, BOT)
    await bot.settle()
    lea.say(bot.school, PASSWORD, mention=[BOT])
    lea.invite(bot.school, BOT)
    await bot.settle()
    await bot.says(LEA, PASSWORD)


async def outage(bot: Player) -> None:
    """Much is said while the bot is away; the server gives a few events of each room at once."""
    bot.server.timeline_limit, bot.server.page_size = 6, 7
    lea, sam = bot.server.person(LEA), bot.server.person(SAM)
    await bot.stop()
    lea.open_to(bot.school, Access.UNRESTRICTED)
    for n in range(9):
        lea.say(bot.school, PASSWORD, mention=[BOT])
        for _ in range(6):
            sam.say(bot.school, f"entre nous, {n}")
    gone = lea.say(bot.school, SESSION, mention=[BOT])
    lea.redact(bot.school, gone)
    await bot.start()
    await bot.settle()


async def upgrades(bot: Player) -> None:
    """The asker's room and the volunteers' are upgraded under a question that is being asked."""
    _, vera = await _ask(bot)
    new = bot.server.person(LEA).upgrade(bot.school, invite=[BOT])
    await bot.settle()
    helpers = bot.server.person(ANNE).upgrade(bot.helpers, invite=[BOT, vera])
    bot.server.person(vera).join(helpers)
    await bot.settle()
    await bot.advance(minutes=1)
    offer = bot.shown(helpers, kind="offer")[-1]
    await bot.reacts(vera, offer.event_id, "✋", room=helpers)
    await bot.says(vera, "derrière la porte", room=helpers, reply_to=offer.event_id)
    await bot.reacts(LEA, bot.last(new).event_id, "✅", room=new)


async def late_keys(bot: Player) -> None:
    """Keys that come only after the bot was started again."""
    bot.server.withhold_keys(bot.school)
    question = await bot.says(LEA, PASSWORD)
    await bot.says(SAM, UNKNOWN)
    await bot.stop()
    await bot.start()
    assert bot.shown() == []
    bot.server.release_keys()
    await bot.settle()
    await bot.says(LEA, SESSION, edit=question)


async def _until_quiet(bot: Player) -> None:
    for _ in range(60):
        await bot.settle()
        if bot.running.deliverer.idle:
            return
        await bot.advance(seconds=5)
    raise AssertionError("the bot still has something to send")


async def limits(bot: Player) -> None:
    """A homeserver that allows one message in five seconds after a few."""
    bot.server.rate(0.2, 3)
    lea = bot.server.person(LEA)
    for n in range(6):
        lea.say(bot.school, PASSWORD if n % 2 else SESSION, mention=[BOT])
    await _until_quiet(bot)


async def bad_network(bot: Player) -> None:
    """Requests and answers that are lost, one after the other."""
    bot.server.lose_request("send")
    await bot.says(LEA, PASSWORD)
    await _until_quiet(bot)
    bot.server.lose_reply("send", times=3)
    question = await bot.says(LEA, SESSION)
    await _until_quiet(bot)
    bot.server.lose_reply("redact")
    await bot.deletes(LEA, question)
    await _until_quiet(bot)

"""`helpbot run` and teachers on matrix-js-sdk who trust only signed devices: a day without a shield."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import urllib.request
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from teacher import JsTeacher, install

from helpbot.testing.synapse import LocalSynapse
from helpbot.testing.trial import BotProcess

pytestmark = [pytest.mark.synapse, pytest.mark.node, pytest.mark.slow]

FAQ = """\
theme: pix
title: Pix
entries:
  - {id: eleve, question: Un élève a perdu son mot de passe Pix, answer: "Dans Pix Orga, onglet Élèves."}
  - {id: prof, question: J'ai perdu mon mot de passe Pix, answer: "Sur la page de connexion."}
  - {id: certif, question: Quand passe-t-on la certification Pix ?, answer: "Entre mars et mai."}
  - {id: salle, question: Où se trouve la salle informatique ?, answer: "Au premier étage."}
"""
ROOM, CERTIF = "Où se trouve la salle informatique ?", "Quand passe-t-on la certification Pix ?"
VAGUE, UNKNOWN = "mdp pix perdu", "Qui sait brancher le thermostat du gymnase ?"
CONFIG = """\
answering: {{answer_at: 0.985, clarify_at: 0.3}}
volunteers: [{{user: "{volunteer}", themes: [pix]}}]
metrics: {{listen: "127.0.0.1:0"}}
"""

SAYS = ("m.room.message", "m.room.encrypted")

Event = dict[str, Any]


@pytest.fixture(scope="session")
def client() -> Path:
    place = install()
    if isinstance(place, str):
        pytest.skip(f"no interop with matrix-js-sdk was tested: {place}")
    return place


class Lesson:
    """One conversation: the bot's process, and clients that know what they have read already."""

    def __init__(self, bot: BotProcess) -> None:
        self.bot = bot
        self.read: set[tuple[JsTeacher, str]] = set()

    async def new(self, teacher: JsTeacher, room: str, kind: str, holding: str = "") -> Event:
        """Return the next message of the bot of a kind that the teacher has not read yet."""

        def unread() -> Event | None:
            for event in teacher.seen.values():
                mine = event["room"] == room and event["sender"] == self.bot.user_id and event["readable"]
                meta = event["content"].get("fr.helpbot") if mine else None
                if (
                    meta
                    and meta["kind"] == kind
                    and holding in (event["shown"] or "")
                    and (teacher, event["id"]) not in self.read
                ):
                    return event
            return None

        try:
            await teacher.until(unread, f"{kind} {holding}")
        except TimeoutError as late:
            late.add_note(f"the bot's log ends:\n{self.bot.log()[-3000:]}")
            raise
        event = unread()
        assert event is not None
        self.read.add((teacher, event["id"]))
        return event

    async def shows(self, teacher: JsTeacher, event: Event, words: str) -> None:
        """Wait until a message, as edited since, reads so."""
        await teacher.until(lambda: words in (teacher.seen[event["id"]]["shown"] or ""), words)

    async def asks(self, teacher: JsTeacher, room: str, text: str, **more: Any) -> str:
        return await teacher.say(room, text, **{"m.mentions": {"user_ids": [self.bot.user_id]}, **more})

    async def room(self, teacher: JsTeacher, **more: Any) -> str:
        room = str(await teacher.ask("create", invite=[self.bot.user_id], **more))
        await teacher.ask("settled", room=room, member=self.bot.user_id)
        await self.new(teacher, room, "greeting")
        return room

    async def restart(self, meanwhile: Callable[[], Any]) -> Any:
        assert await asyncio.to_thread(self.bot.stop) == 0
        said = await meanwhile()
        self.bot.start()
        await self.bot.ready()
        return said

    async def without_a_shield(self, teacher: JsTeacher, but: Collection[str] = ()) -> None:
        """See that all messages of the bot are encrypted, readable, and from a device that is trusted."""

        def standing() -> list[Event]:
            said = [
                e for e in teacher.seen.values() if e["sender"] == self.bot.user_id and e["id"] not in but
            ]
            return [e for e in said if e["type"] in SAYS and not e["redacted"]]

        def shields() -> set[tuple[Any, ...]]:
            return {(e["encrypted"], e["readable"], e["shield"]) for e in standing()}

        # What came a moment ago may be about to be decrypted: what stays unreadable is the fault.
        with contextlib.suppress(TimeoutError):
            await teacher.until(lambda: shields() == {(True, True, "NONE")}, "no shield")
        assert shields() == {(True, True, "NONE")}, [e for e in standing() if e["shield"] != "NONE"]
        assert len(standing()) > 1

    def figures(self) -> dict[str, float]:
        """Return what the bot counts of itself."""
        lines = [json.loads(line) for line in self.bot.log().splitlines()]
        url = [line["url"] for line in lines if line["event"] == "health and metrics are served"][-1]
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
            found = re.findall(r"(?m)^(\w+(?:\{.*\})?) (\S+)$", answer.read().decode())
        return {name: float(value) for name, value in found}


async def react(teacher: JsTeacher, room: str, event: Event, key: str) -> None:
    relation = {"rel_type": "m.annotation", "event_id": event["id"], "key": key}
    await teacher.ask("send", room=room, type="m.reaction", content={"m.relates_to": relation})


@asynccontextmanager
async def clients(folder: Path, hs: LocalSynapse, *names: str) -> AsyncIterator[list[JsTeacher]]:
    started = await asyncio.gather(
        *(JsTeacher.start(folder, hs.url, hs.user(name, "secret"), "secret") for name in names)
    )
    try:
        yield list(started)
    finally:
        for teacher in started:
            await teacher.close()


@pytest.fixture
def bot(synapse: LocalSynapse, tmp_path: Path) -> Any:
    faq = tmp_path / "faq"
    faq.mkdir()
    (faq / "pix.yaml").write_text(FAQ)
    config = CONFIG.format(volunteer="@interop-max:test.local")
    bot = BotProcess(synapse, tmp_path / "bot", faq, name="interop-bot", rate=50, more=config)
    bot.start()
    yield bot
    bot.kill()


async def test_a_school_day(client: Path, synapse: LocalSynapse, bot: BotProcess) -> None:
    async with clients(client, synapse, "interop-lea", "interop-max") as (lea, max_):
        await bot.ready()
        day = Lesson(bot)
        # Keys wear out after three messages, on both sides: they are renewed all day.
        room = await day.room(lea, direct=False, messages_a_key=3)
        assert await lea.ask("device", of=bot.user_id) == [True]

        question = await day.asks(lea, room, ROOM)
        answer = await day.new(lea, room, "answer", "premier étage")
        assert answer["relation"] == {"m.in_reply_to": {"event_id": question}}
        edit = {"m.new_content": {"msgtype": "m.text", "body": CERTIF}}
        relation = {"m.relates_to": {"rel_type": "m.replace", "event_id": question}}
        await lea.say(room, f"* {CERTIF}", **edit, **relation)
        await day.shows(lea, answer, "Entre mars et mai")

        await day.asks(lea, room, VAGUE)
        by_reaction = await day.new(lea, room, "clarify")
        await react(lea, room, by_reaction, "1️⃣")
        await day.shows(lea, by_reaction, "page de connexion")
        await react(lea, room, by_reaction, "✅")
        await day.asks(lea, room, VAGUE)
        by_digit = await day.new(lea, room, "clarify")
        await lea.say(room, "2")
        await day.shows(lea, by_digit, "Pix Orga")

        thread = {"rel_type": "m.thread", "event_id": question, "is_falling_back": True}
        thread["m.in_reply_to"] = {"event_id": question}
        asked = await day.asks(lea, room, ROOM, **{"m.relates_to": thread})
        answer = await day.new(lea, room, "answer", "premier étage")
        assert (answer["relation"]["rel_type"], answer["relation"]["event_id"]) == ("m.thread", question)
        await lea.ask("redact", room=room, event=asked)
        await lea.sees(answer["id"], redacted=True)

        # Asked while the bot is away, with a key that it has never seen.
        await lea.ask("rotate", room=room)
        await day.restart(lambda: day.asks(lea, room, ROOM))
        await day.new(lea, room, "answer", "premier étage")

        # She goes on with a telephone that her identity has signed; the first device reads along.
        telephone = await JsTeacher.start(
            client, synapse.url, lea.user_id, "secret", recovery_key=await lea.ask("recovery")
        )
        # From before it was hers, some of which it may hear of later: read on the other device.
        history = set(lea.seen) | set(telephone.seen)
        try:
            await telephone.ask("settled", room=room, member=bot.user_id)
            await day.asks(telephone, room, CERTIF)
            for device in (telephone, lea):
                await day.new(device, room, "answer", "Entre mars et mai")
            direct = await day.room(telephone, direct=True, messages_a_key=3)
            # Nobody is left waiting who wants to compare emojis, in the room or between devices.
            assert await telephone.ask("verify", of=bot.user_id, room=direct) == "m.user"
            await day.new(telephone, direct, "status", "Rien à vérifier")
            assert await telephone.ask("verify", of=bot.user_id) == "m.user"
            await telephone.say(direct, ROOM)
            await day.new(telephone, direct, "answer", "premier étage")
            await day.without_a_shield(telephone, but=history)
        finally:
            await telephone.close()

        private = await day.room(max_, direct=True, messages_a_key=3)
        await day.asks(lea, room, UNKNOWN)
        offered = await day.new(lea, room, "route")
        await react(lea, room, offered, "🙋")
        offer = await day.new(max_, private, "offer", "thermostat")
        await react(max_, private, offer, "✋")
        await day.shows(max_, offer, "c’est pris en charge")
        reply = {"m.in_reply_to": {"event_id": offer["id"]}}
        await day.restart(lambda: max_.say(private, "Dix secondes sur le bouton.", **{"m.relates_to": reply}))
        relay = await day.new(lea, room, "relay", "Dix secondes sur le bouton.")
        await react(lea, room, relay, "✅")
        await day.shows(max_, offer, "La réponse a aidé")

        for teacher in (lea, max_):
            await day.without_a_shield(teacher)
        figures = day.figures()
        troubles = [name for name in figures if re.search(r"left_out|sealed|parked", name)]
        assert {name: figures[name] for name in troubles} == dict.fromkeys(troubles, 0.0)
        assert len(troubles) >= 6

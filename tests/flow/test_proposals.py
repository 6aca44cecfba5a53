"""A good answer becomes an entry: 📌, the helper's agreement, the referents' card, the file."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpbot.adapters.faqfiles.load import load_faq
from helpbot.core.ids import RoomId
from helpbot.flow.publish import publish_one
from helpbot.testing.clock import FakeClock
from helpbot.testing.fakerooms import Seen
from helpbot.testing.tester import ANNE, BOT, LEA, SAM, UNKNOWN, BotTester

VERA = "@vera:test"
ANSWER = (
    "Bonjour Léa, il faut appuyer dix secondes sur le bouton du boîtier : https://exemple.fr/aide\n"
    "Cordialement, Vera"
)


@pytest.fixture
def bot(tmp_path: Path, clock: FakeClock, runner: asyncio.Runner) -> Iterator[BotTester]:
    """A bot with real FAQ files and one volunteer."""
    tester = BotTester(tmp_path, clock, volunteers=(VERA,), files=True)
    runner.run(tester.start())
    yield tester
    runner.run(tester.stop())


async def helped(bot: BotTester, question: str = UNKNOWN, *, room: RoomId | None = None) -> Seen:
    """Léa asks, Véra answers, it helped; returns the answer."""
    await bot.says(LEA, question)
    await bot.reacts(LEA, bot.last().event_id, "🙋")
    offer = bot.shown(room or bot.helpers, kind="offer")[-1]
    await bot.says(VERA, ANSWER, room=room or bot.helpers, reply_to=offer.event_id)
    answer = bot.shown(kind="relay")[-1]
    await bot.reacts(LEA, answer.event_id, "✅")
    return answer


def cards(bot: BotTester) -> list[Seen]:
    return [m for m in bot.shown(bot.review) if "proposition" in m.body]


async def reviewed(bot: BotTester, *words: str) -> Seen:
    """Anne edits the card by replying; returns the card as it is then."""
    for text in words:
        await bot.says(ANNE, text, room=bot.review, reply_to=cards(bot)[-1].event_id)
    return cards(bot)[-1]


COMPLETE = (
    "rubrique: apps",
    "question: Comment associer le thermostat du gymnase ?",
    "variante: chauffage du gymnase",
)


async def test_from_an_answer_to_an_entry_that_answers_another(bot: BotTester) -> None:
    direct = await bot.direct(VERA)
    answer = await helped(bot, room=direct)
    before = {p.name: p.read_text("utf-8") for p in bot.faq_folder.iterdir()}
    await bot.reacts(LEA, answer.event_id, "📌")
    assert "Je demande l’accord" in bot.last().body
    assert cards(bot) == [], "nobody reads it before its author agrees"
    asked = bot.last(direct)
    assert "Comment vous citer" in asked.body
    assert asked.mentions == (VERA,)
    await bot.says(VERA, "2", room=direct, to_bot=False)
    assert "avec votre prénom" in bot.last(direct).body
    [card] = cards(bot)
    for name in ("Léa", "Cordialement", "Bonjour", LEA, VERA):
        assert name not in card.body
    assert "appuyer dix secondes" in card.body
    assert "exemple.fr" in card.body
    assert "Merci à Vera" in card.body
    card = await reviewed(bot, *COMPLETE)
    assert "thermostat du gymnase ?" in card.body.replace("\u00a0", " ")
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    assert "déjà en service" in bot.last(bot.review).body
    assert "est devenue une fiche" in bot.last(direct).body
    after = {p.name: p.read_text("utf-8") for p in bot.faq_folder.iterdir()}
    assert after["pix.yaml"] == before["pix.yaml"]
    assert after["apps.yaml"].startswith(before["apps.yaml"])
    [entry] = [e for e in load_faq(bot.faq_folder).entries if e.credit]
    today = bot.policy.calendar.local(bot.clock.now()).date()
    assert (entry.credit, entry.theme, entry.reviewed) == ("Vera", "apps", today)
    other = bot.server.person(SAM).create_room(encrypted=True, invite=[BOT])
    await bot.settle()
    await bot.says(SAM, "bjr comment on associe le thermostat du gymnase svp", room=other)
    told = bot.last(other)
    assert "appuyer dix secondes" in told.body
    assert "Merci à Vera" in told.body
    assert "exemple.fr" in told.body


async def test_the_helper_says_no_and_nobody_reads_it(bot: BotTester) -> None:
    direct = await bot.direct(VERA)
    answer = await helped(bot, room=direct)
    await bot.reacts(LEA, answer.event_id, "📌")
    await bot.says(VERA, "0", room=direct, to_bot=False)
    assert "ne sera pas publiée" in bot.last(direct).body
    await bot.says(LEA, "📌", reply_to=answer.event_id)
    assert "déjà été proposée" in bot.last().body
    assert cards(bot) == []


async def test_who_proposes_does_not_approve(bot: BotTester) -> None:
    await helped(bot)
    [message] = [m for m in bot.server.room(bot.helpers).timeline() if m.sender == VERA]
    await bot.reacts(VERA, message.event_id, "📌", room=bot.helpers)
    [card] = cards(bot)
    bot.server.person(ANNE).invite(bot.review, VERA)
    bot.server.person(VERA).join(bot.review)
    card = await reviewed(bot, *COMPLETE)
    await bot.reacts(VERA, card.event_id, "✅", room=bot.review)
    assert "Il faut être deux" in bot.last(bot.review).body
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    assert "déjà en service" in bot.last(bot.review).body


async def test_the_only_referent_alone_where_the_configuration_allows_it(bot: BotTester) -> None:
    answer = await helped(bot)
    bot.server.person(LEA).invite(bot.school, ANNE)
    bot.server.person(ANNE).join(bot.school)
    await bot.reacts(ANNE, answer.event_id, "📌")
    asked = bot.last(bot.helpers)
    await bot.reacts(VERA, asked.event_id, "3️⃣", room=bot.helpers)
    card = await reviewed(bot, *COMPLETE)
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    assert "Il faut être deux" in bot.last(bot.review).body
    bot.set_policy(alone_may_approve=True)
    await bot.reacts(ANNE, card.event_id, "👍", room=bot.review)
    assert "déjà en service" in bot.last(bot.review).body


async def pinned(bot: BotTester) -> Seen:
    """Véra proposes her answer; returns its completed card."""
    await helped(bot)
    offer = bot.shown(bot.helpers, kind="status")[-1]
    await bot.says(VERA, "📌", room=bot.helpers, reply_to=offer.event_id)
    return await reviewed(bot, *COMPLETE)


async def test_an_older_card_does_nothing(bot: BotTester) -> None:
    card = await pinned(bot)
    first = cards(bot)[0]
    await bot.reacts(ANNE, first.event_id, "✅", room=bot.review)
    assert "a changé depuis" in bot.last(bot.review).body
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    await bot.reacts(ANNE, card.event_id, "👍", room=bot.review)
    assert "déjà close" in bot.last(bot.review).body
    assert len(load_faq(bot.faq_folder).entries) == 4


async def test_a_refusal_with_a_word_reaches_the_helper(bot: BotTester) -> None:
    card = await pinned(bot)
    await bot.says(ANNE, "❌ c'est propre à votre collège", room=bot.review, reply_to=card.event_id)
    assert "La personne qui a répondu est prévenue" in bot.last(bot.review).body
    assert "propre à votre collège" in bot.last(bot.helpers).body
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    assert len(load_faq(bot.faq_folder).entries) == 3


async def test_what_is_not_understood_is_told_whole_and_changes_nothing(bot: BotTester) -> None:
    card = await pinned(bot)
    await reviewed(bot, "rubrique: pixe\nréponse:\nà relire: demain")
    told = bot.last(bot.review).body
    for part in ("pixe", "apps, pix", "answer", "demain"):
        assert part in told
    assert cards(bot)[-1] == card
    await reviewed(bot, "```yaml\nanswer: |\n  - un\n    - deux\nvariants: [x, y]\n```")
    assert "- un\n> " in cards(bot)[-1].body
    shown = len(bot.shown(bot.review))
    await reviewed(bot, "je ne suis pas sûre, et toi ?")
    assert len(bot.shown(bot.review)) == shown, "referents may talk below a card"


async def test_a_deleted_question_takes_its_proposal_along(bot: BotTester) -> None:
    await pinned(bot)
    [ticket] = await bot.tickets()
    await bot.deletes(LEA, ticket.question)
    assert cards(bot) == []


async def test_who_asked_is_told_and_may_prevent_it(bot: BotTester) -> None:
    await pinned(bot)
    told = bot.last()
    assert "❌ sur ce message" in told.body
    await bot.reacts(SAM, told.event_id, "❌")
    assert cards(bot) != []
    await bot.reacts(LEA, told.event_id, "❌")
    assert "rien n’est proposé" in bot.last().body
    assert cards(bot) == []


async def test_nobody_is_rung_for_it_outside_of_their_hours(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), files=True, hours="lun-ven 8h-18h") as bot:
        direct = await bot.direct(VERA)
        answer = await helped(bot, room=direct)
        await bot.advance(hours=11)
        await bot.reacts(LEA, answer.event_id, "📌")
        asked = bot.last(direct)
        assert "Comment vous citer" in asked.body
        assert asked.mentions == ()
        assert asked.content["msgtype"] == "m.notice"


async def test_who_wants_to_be_forgotten_takes_their_proposal_along(bot: BotTester) -> None:
    await pinned(bot)
    assert len(cards(bot)) > 1
    for text in ("!oubliezmoi", "!oubliezmoi oui"):
        await bot.says(VERA, text, room=bot.helpers)
    assert cards(bot) == []
    assert await bot.running.store.run(lambda tx: tx.open_proposals()) == []


async def test_nothing_from_an_encrypted_room_goes_to_a_review_room_in_the_clear(
    tmp_path: Path, clock: FakeClock
) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), files=True) as bot:
        plain = bot.server.person(ANNE).create_room(encrypted=False, invite=[BOT])
        bot.set_policy(review_room=plain)
        await bot.settle()
        answer = await helped(bot)
        await bot.reacts(LEA, answer.event_id, "📌")
        assert "aucun salon de référents ne convient" in bot.last().body
        assert bot.shown(plain) == []


async def test_only_those_it_concerns_may_propose(bot: BotTester) -> None:
    answer = await helped(bot)
    await bot.reacts(SAM, answer.event_id, "📌")
    assert "📌" not in bot.last().body
    await bot.says(SAM, "!faq proposer", reply_to=answer.event_id)
    assert "Seules la personne" in bot.last().body
    await bot.says(VERA, "!faq propozer", room=bot.helpers)
    assert "La fiche est proposée" in bot.last(bot.helpers).body
    assert len(cards(bot)) == 1


async def test_undo_gives_the_same_bytes(bot: BotTester) -> None:
    before = (bot.faq_folder / "apps.yaml").read_bytes()
    card = await pinned(bot)
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    assert (bot.faq_folder / "apps.yaml").read_bytes() != before
    await bot.says(ANNE, "!faq annuler", room=bot.review)
    told = bot.last(bot.review).body
    assert "Annulé" in told
    entry = told.partition("(")[2].partition(")")[0]
    assert f"« {entry} »" not in told.replace("\u00a0", " "), "by its question, though it is gone"
    assert (bot.faq_folder / "apps.yaml").read_bytes() == before
    await bot.says(ANNE, "!faq annuler", room=bot.review)
    assert "rien à annuler" in bot.last(bot.review).body


async def test_a_file_broken_by_hand_is_told_and_nothing_is_lost(bot: BotTester) -> None:
    card = await pinned(bot)
    path = bot.faq_folder / "pix.yaml"
    good = path.read_text("utf-8")
    path.write_text(good + "  - id: sans-question\n", encoding="utf-8")
    await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
    told = [m.body for m in bot.shown(bot.review)]
    assert any("Les fichiers de la FAQ ont des erreurs" in body and "pix.yaml" in body for body in told)
    path.write_text(good, encoding="utf-8")
    await bot.reacts(ANNE, cards(bot)[-1].event_id, "✅", room=bot.review)
    assert "déjà en service" in bot.last(bot.review).body


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Anne", "-c", "user.email=anne@exemple.fr"]
    command = ["git", "-C", str(folder), *who, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def under_git(folder: Path) -> None:
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "Début")


async def test_each_change_is_a_commit(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), files=True, git=True) as bot:
        under_git(bot.faq_folder)
        card = await pinned(bot)
        await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
        await bot.says(ANNE, "!faq annuler", room=bot.review)
        said = git(bot.faq_folder, "log", "--format=%s").splitlines()
        assert [s.partition("«")[0].strip() for s in said[1:]] == [
            "FAQ : ajoute".replace(" :", "\u00a0:"),
            "Début",
        ]
        assert "annule" in said[0]
        assert git(bot.faq_folder, "status", "--porcelain") == ""


async def test_who_is_thanked_and_forgotten_is_named_no_more(tmp_path: Path, clock: FakeClock) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), files=True, git=True) as bot:
        under_git(bot.faq_folder)
        direct = await bot.direct(VERA)
        answer = await helped(bot, room=direct)
        await bot.reacts(LEA, answer.event_id, "📌")
        await bot.says(VERA, "2", room=direct, to_bot=False)
        card = await reviewed(bot, *COMPLETE)
        await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
        other = bot.server.person(SAM).create_room(encrypted=True, invite=[BOT])
        await bot.settle()
        await bot.says(SAM, "bjr comment on associe le thermostat du gymnase svp", room=other)
        assert "Merci à Vera" in bot.last(other).body
        known = {p.name: p.read_text("utf-8") for p in bot.faq_folder.glob("*.yaml")}
        await bot.says(VERA, "!oubliezmoi oui", room=direct)
        assert "versions d’avant" in bot.last(direct).body, "what cannot be undone is said"
        [told] = [m for m in bot.shown(bot.review) if "a demandé l’oubli" in m.body]
        assert "Vera" not in told.body
        shown = bot.last(other)
        assert "appuyer dix secondes" in shown.body, "the answer stays"
        assert "Vera" not in shown.body
        now = {p.name: p.read_text("utf-8") for p in bot.faq_folder.glob("*.yaml")}
        assert now["apps.yaml"] == known["apps.yaml"].replace("    credit: Vera\n", ""), "that line alone"
        assert now["pix.yaml"] == known["pix.yaml"]
        assert "retire le nom" in git(bot.faq_folder, "log", "-1", "--format=%s")
        assert "Vera" in git(bot.faq_folder, "log", "-p"), "git keeps it, as they were told"
        await bot.says(ANNE, "!faq annuler", room=bot.review)
        await bot.says(ANNE, "!faq historique", room=bot.review)
        assert "Vera" not in (bot.faq_folder / "apps.yaml").read_text("utf-8"), "nobody takes that back"
        assert not any("Vera" in m.body for m in bot.shown(bot.review)), "her cards are gone"
        await bot.running.store.checkpoint()
        stored = b"".join(p.read_bytes() for p in bot.folder.glob("helpbot.db*"))
        assert [name for name in (b"Vera", VERA.encode()) if name in stored] == []


@pytest.mark.parametrize("steps", [0, 1])
async def test_a_change_that_is_under_way_names_nobody_either(
    tmp_path: Path, clock: FakeClock, steps: int
) -> None:
    async with BotTester(tmp_path, clock, volunteers=(VERA,), files=True) as bot:
        direct = await bot.direct(VERA)
        answer = await helped(bot, room=direct)
        await bot.reacts(LEA, answer.event_id, "📌")
        await bot.says(VERA, "2", room=direct, to_bot=False)
        card = await reviewed(bot, *COMPLETE)
        running = bot.running
        publisher, running.publisher = running.publisher, None
        assert publisher is not None
        await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
        for _ in range(steps):
            await publish_one(running.store, clock, running.setting, publisher)
        await bot.says(VERA, "!oubliezmoi oui", room=direct)
        running.publisher = publisher
        await bot.settle()
        [entry] = [e for e in load_faq(bot.faq_folder).entries if "gymnase" in e.question]
        assert entry.credit == ""
        await running.store.scrub()
        stored = b"".join(p.read_bytes() for p in bot.folder.glob("helpbot.db*"))
        assert b"Vera" not in stored


async def test_each_commit_is_pushed_and_what_others_did_is_told_once(
    tmp_path: Path, clock: FakeClock
) -> None:
    remote, other = tmp_path / "distant.git", tmp_path / "autre"
    async with BotTester(tmp_path, clock, volunteers=(VERA,), files=True, git=True, push=True) as bot:

        def there() -> list[str]:
            return git(remote, "log", "main", "--format=%s").splitlines()

        def told(words: str) -> int:
            return sum(words in m.body for m in bot.shown(bot.review))

        under_git(bot.faq_folder)
        git(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
        git(bot.faq_folder, "remote", "add", "origin", str(remote))
        card = await pinned(bot)
        await bot.reacts(ANNE, card.event_id, "✅", room=bot.review)
        assert len(there()) == 2, "pushed"
        # Somebody pushes from elsewhere: the change is in use, its commit stays here, and it is said once.
        git(tmp_path, "clone", "-q", str(remote), str(other))
        git(other, "commit", "-q", "--allow-empty", "-m", "Ailleurs")
        git(other, "push", "-q")
        await bot.says(ANNE, "!faq annuler", room=bot.review)
        assert there()[0] == "Ailleurs"
        assert "annule" in git(bot.faq_folder, "log", "-1", "--format=%s")
        assert told("git pull --rebase") == 1
        await bot.advance(hours=5)
        assert told("git pull --rebase") == 1, "tried again, not told again"
        git(bot.faq_folder, "pull", "-q", "--rebase")
        await bot.advance(hours=5)
        assert "annule" in there()[0]
        assert "Ailleurs" in there()[1]
        assert told("a tout reçu") == 1
        # The remote is gone for a while, and the bot is started again meanwhile.
        remote.rename(tmp_path / "ailleurs.git")
        await bot.says(ANNE, "!faq variante pix-mdp : sésame pix oublié", room=bot.review)
        await bot.reacts(ANNE, cards(bot)[-1].event_id, "✅", room=bot.review)
        assert told("ne le prend pas") == 1
        assert git(bot.faq_folder, "status", "--porcelain") == ""
        await bot.restart()
        (tmp_path / "ailleurs.git").rename(remote)
        await bot.advance(hours=5)
        assert there() == git(bot.faq_folder, "log", "--format=%s").splitlines()
        assert told("a tout reçu") == 2


async def test_a_proposal_goes_on_where_its_rooms_are_upgraded(bot: BotTester) -> None:
    direct = await bot.direct(VERA)
    answer = await helped(bot, room=direct)
    await bot.reacts(LEA, answer.event_id, "📌")
    new_direct = bot.server.person(VERA).upgrade(direct, invite=[BOT])
    await bot.settle()
    await bot.says(VERA, "2", room=new_direct, to_bot=False)
    assert "avec votre prénom" in bot.last(new_direct).body
    await reviewed(bot, *COMPLETE)
    review = bot.server.person(ANNE).upgrade(bot.review, invite=[BOT])
    await bot.settle()
    [card] = bot.shown(review)
    assert "thermostat du gymnase ?" in card.body.replace("\u00a0", " ")
    await bot.reacts(ANNE, card.event_id, "✅", room=review)
    assert "déjà en service" in bot.last(review).body
    assert "est devenue une fiche" in bot.last(new_direct).body

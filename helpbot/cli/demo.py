"""`helpbot demo`: the main job on a real homeserver, shown as a conversation while it happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpbot.cli._french import Verb
from helpbot.core.problems import Problem, Problems

if TYPE_CHECKING:
    from helpbot.testing.stage import Line, Stage

SCHOOL, HELPERS, REVIEW = "Salle des profs", "Volontaires", "Référents"
OTHER = "Salle des profs du lycée"
TEACHER, FIRST, SECOND, REFERENT = "Léa Exemple", "Malik Exemple", "Nora Exemple", "Anne Exemple"
COLLEGE = "Collège de l'Exemple"
KNOWN = "bonjour helpbot, un élève a perdu son mot de passe pix, que faire ?"
VAGUE = "mdp oublié"
UNKNOWN = "quelqu'un saurait brancher le thermostat connecté du gymnase ?"
ENTRY = "Comment associer le thermostat du gymnase ?"
AGAIN = "bjr comment on associe le thermostat connecté du gymnase svp ?"
HELP = "Oui : son boîtier est dans le local technique, appuyez dix secondes sur le bouton pour l'associer."
MORE = "merci ! et s'il clignote en rouge ?"
COLOURS = {"helpbot": "cyan", TEACHER: "green", FIRST: "yellow", SECOND: "magenta", REFERENT: "blue"}


@click.command(cls=Verb)
@click.option("--no-input", is_flag=True, help="S'arrête après le scénario, sans rien demander.")
@click.option("--plain", is_flag=True, help="Salons non chiffrés (chiffrés par défaut).")
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), metavar="DOSSIER",
    help="Garde tout dans ce dossier : configuration, base, journaux du bot et du serveur.",
)  # fmt: skip
@click.option(
    "--faq", type=click.Path(path_type=Path, file_okay=False, exists=True), metavar="DOSSIER",
    help="Fiches à utiliser (par défaut faq/ du dossier courant, sinon celles qui viennent avec le bot).",
)  # fmt: skip
def demo(no_input: bool, plain: bool, keep: Path | None, faq: Path | None) -> None:
    """Joue une conversation complète sur un vrai serveur, dans un dossier temporaire.

    Une enseignante, deux volontaires et une référente parlent au bot sur un serveur Synapse lancé pour
    l'occasion, dans un salon chiffré : réponse de la FAQ, précision, question transmise, prise en charge,
    réponse relayée, fiche relue et publiée, bilan. Ensuite, dans un terminal, vous écrivez à la place de
    l'enseignante. Code 0 si chaque étape a été vue passer, 1 sinon.
    """
    if find_spec("synapse") is None:
        hint = "installez-le : pip install 'helpbot[demo]', ou « make demo » dans une copie du dépôt"
        raise Problems([Problem("helpbot demo", "le serveur Synapse n'est pas installé", hint)])
    with contextlib.ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="helpbot-demo-")))
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / "config.yaml").exists():
            raise Problems([Problem(str(folder), "ce dossier sert déjà", "donnez un dossier vide")])
        chosen = faq or _default_faq()
        talk = not no_input and sys.stdin.isatty()
        sys.exit(asyncio.run(_play(folder, chosen, encrypted=not plain, talk=talk)))


def _default_faq() -> Path:
    here = Path("faq")
    if here.is_dir() and any(here.glob("*.yaml")):
        return here
    return Path(str(files("helpbot.data") / "faq"))


async def _play(folder: Path, faq: Path, *, encrypted: bool, talk: bool) -> int:
    from helpbot.testing.stage import Stage, StageError

    began = time.monotonic()
    shown = _Screen()
    # A copy, since an entry will be added to it.
    faq = Path(shutil.copytree(faq, folder / "faq"))
    try:
        pace = 1.5 if sys.stdout.isatty() else 0.0
        async with Stage(folder, faq, encrypted, shown.line, shown.progress, pace) as stage:
            await _set_up(stage)
            await _scenario(stage, shown)
            took = time.monotonic() - began
            shown.progress(f"toutes les étapes ont été vues sur le réseau, en {took:.0f} s")
            if talk:
                await _talk(stage, shown)
            code = await stage.stop_bot()
            if code:
                raise StageError(f"the bot ended with code {code}")
    except (StageError, TimeoutError, OSError) as trouble:
        click.secho(f"échec : {trouble}", fg="red", err=True)
        log = folder / "bot.log"
        if log.exists():
            click.echo("\n".join(log.read_text("utf-8").splitlines()[-15:]), err=True)
        return 1
    return 0


async def _set_up(stage: Stage) -> None:
    from helpbot.testing.stage import PASSWORD, THEMES

    stage.bot_id = stage.synapse.user("helpbot", PASSWORD)
    stage.progress("crée les comptes d'exemple, chacun avec un appareil vérifié")
    people = (("lea", TEACHER), ("malik", FIRST), ("nora", SECOND), ("anne", REFERENT))
    await asyncio.gather(*(stage.add_person(account, name) for account, name in people))
    kind = "chiffrés de bout en bout" if stage.encrypted else "non chiffrés"
    stage.progress(f"ouvre les salons, {kind}, et y invite le bot")
    await stage.add_room(SCHOOL, TEACHER)
    await stage.add_room(HELPERS, REFERENT, (FIRST, SECOND))
    await stage.add_room(REVIEW, REFERENT)
    await stage.add_room(OTHER, SECOND)
    await stage.add_room(f"{FIRST} ↔ helpbot", FIRST, direct=True)
    stage.progress("lance le bot (helpbot run)")
    # Malik teaches in the same school: he is asked first.
    volunteers = [
        {"user": stage.people[FIRST].user_id, "themes": list(THEMES), "school": COLLEGE},
        {"user": stage.people[SECOND].user_id, "themes": list(THEMES)},
    ]
    await stage.start_bot(
        referents=[stage.people[REFERENT].user_id],
        rooms={
            "review": stage.rooms[REVIEW],
            "volunteers": stage.rooms[HELPERS],
            "settings": {stage.rooms[SCHOOL]: {"level": "college", "school": COLLEGE}},
        },
        routing={"open_hours": "toujours"},
        volunteers=volunteers,
    )
    for name, owner in ((SCHOOL, TEACHER), (HELPERS, SECOND), (REVIEW, REFERENT), (OTHER, SECOND)):
        await stage.people[owner].wait_membership(stage.rooms[name], stage.bot_id, "join", 30)
    direct = f"{FIRST} ↔ helpbot"
    await stage.people[FIRST].wait_membership(stage.rooms[direct], stage.bot_id, "join", 30)


async def _scenario(stage: Stage, shown: _Screen) -> None:
    shown.title("Une question que la FAQ connaît")
    await stage.sees(TEACHER, SCHOOL, ["greeting"])
    await stage.says(TEACHER, SCHOOL, KNOWN, to_bot=True)
    answer = await stage.sees(TEACHER, SCHOOL, ["answer"])
    await stage.reacts(TEACHER, SCHOOL, answer["event_id"], "✅")

    shown.title("Une question trop vague : le bot demande laquelle")
    await stage.says(TEACHER, SCHOOL, VAGUE, to_bot=True)
    asked = await stage.sees(TEACHER, SCHOOL, ["clarify"])
    await stage.says(TEACHER, SCHOOL, "1")
    await stage.sees(TEACHER, SCHOOL, ["answer"], after=[answer["event_id"]])
    await stage.reacts(TEACHER, SCHOOL, asked["event_id"], "✅")

    shown.title("Une question que personne n'a encore écrite : un·e collègue")
    await stage.says(TEACHER, SCHOOL, UNKNOWN, to_bot=True)
    first = await stage.sees(TEACHER, SCHOOL, ["route", "clarify"], after=[asked["event_id"]])
    route = first
    if _kind(first) == "clarify":
        await stage.says(TEACHER, SCHOOL, "0")
        await stage.sees(TEACHER, SCHOOL, ["route"])
    await stage.reacts(TEACHER, SCHOOL, route["event_id"], "🙋")
    await stage.sees(TEACHER, SCHOOL, ["status"], holding="demande à un")
    passer, place, offer = await _offered(stage)
    await stage.says(passer, place, "je passe", reply_to=offer["event_id"])
    helper, place, offer = await _offered(stage, but=passer)
    await stage.reacts(helper, place, offer["event_id"], "✋")
    await stage.sees(TEACHER, SCHOOL, ["status"], holding=helper.split()[0])
    await stage.says(helper, place, HELP, reply_to=offer["event_id"])
    relay = await stage.sees(TEACHER, SCHOOL, ["relay"], holding=HELP)
    await stage.says(TEACHER, SCHOOL, MORE, reply_to=relay["event_id"])
    follow = await stage.sees(helper, place, ["relay"], holding=MORE)
    await stage.says(
        helper, place, "Rapprochez-le du boîtier, puis recommencez.", reply_to=follow["event_id"]
    )
    more = await stage.sees(TEACHER, SCHOOL, ["relay"], holding="Rapprochez-le")
    await stage.reacts(TEACHER, SCHOOL, more["event_id"], "✅")
    await stage.sees(helper, place, ["status"], holding="a aidé")

    await _publish(stage, shown, helper, place, relay["event_id"])

    shown.title("Ce qu'il en reste : des nombres, jamais un nom")
    await stage.says(REFERENT, REVIEW, "!bilan", to_bot=True)
    await stage.sees(REFERENT, REVIEW, ["command"], holding="Bilan")
    await _report(stage, shown)


async def _publish(stage: Stage, shown: _Screen, helper: str, place: str, relay: str) -> None:
    """Let the answer become an entry, which answers another teacher in another room."""
    shown.title("La réponse devient une fiche, relue par une référente")
    await stage.reacts(TEACHER, SCHOOL, relay, "📌")
    credit = await stage.sees(helper, place, ["status"], holding="Comment vous citer")
    await stage.says(helper, place, "2", reply_to=credit["event_id"])
    card = await stage.sees(REFERENT, REVIEW, ["status"], holding="Fiche proposée")
    theme = await asyncio.to_thread(_some_theme, stage.faq)
    await stage.says(REFERENT, REVIEW, f"question: {ENTRY}\nrubrique: {theme}", reply_to=card["event_id"])
    card = await stage.sees(REFERENT, REVIEW, ["status"], holding=ENTRY[:-2], after=[card["event_id"]])
    await stage.reacts(REFERENT, REVIEW, card["event_id"], "✅")
    await stage.sees(REFERENT, REVIEW, ["status"], holding="déjà en service", seconds=60)
    shown.title("La même question, dite autrement, ailleurs : la FAQ répond")
    await stage.says(SECOND, OTHER, AGAIN, to_bot=True)
    await stage.sees(SECOND, OTHER, ["answer"], holding="boîtier")


def _some_theme(faq: Path) -> str:
    from helpbot.adapters.faqfiles.load import load_faq

    themes = load_faq(faq).themes
    return "ent" if "ent" in themes else themes[0]


async def _offered(stage: Stage, but: str = "") -> tuple[str, str, dict[str, Any]]:
    """Wait for the offer to a volunteer, wherever they can be asked; returns who, where and the event."""
    from helpbot.testing.stage import StageError, kind_of, mentions

    direct = f"{FIRST} ↔ helpbot"
    for _ in range(200):
        for name, place in ((FIRST, direct), (FIRST, HELPERS), (SECOND, HELPERS)):
            person = stage.people[name]
            for event in person.events(stage.rooms[place]):
                if name != but and kind_of(event) == "offer" and person.user_id in mentions(event):
                    return name, place, await stage.sees(name, place, ["offer"], holding="réf.")
        await asyncio.sleep(0.1)
    raise StageError("no volunteer was asked")


async def _report(stage: Stage, shown: _Screen) -> None:
    """Run `helpbot report --json` beside the running bot, and check what it tells and what not."""
    from helpbot.testing.stage import StageError

    command = [sys.executable, "-m", "helpbot", "report", "-c", str(stage.folder / "config.yaml"), "--json"]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ)
    )
    if done.returncode:
        raise StageError(f"helpbot report ended with code {done.returncode}: {done.stderr.strip()}")
    ended = json.loads(done.stdout)["ended"]
    shown.progress(f"helpbot report --json : {json.dumps(ended, ensure_ascii=False)}")
    # One teacher asked: how each question ended is there, and how many is withheld.
    if ended != {"faq": None, "volunteer": None}:
        raise StageError(f"the report counts {ended}")


async def _talk(stage: Stage, shown: _Screen) -> None:
    """Let the person at the terminal write as the teacher, until an empty line."""
    shown.title(f"À vous : écrivez à la place de {TEACHER} (ligne vide pour finir)")
    teacher, room = stage.people[TEACHER], stage.rooms[SCHOOL]
    seen = len(teacher.seen)

    async def watch() -> None:
        nonlocal seen
        while True:
            for event in teacher.seen[seen:]:
                if event["room_id"] == room and event.get("sender") == stage.bot_id and _kind(event):
                    shown.event(SCHOOL, event)
            seen = len(teacher.seen)
            await asyncio.sleep(0.1)

    watcher = asyncio.create_task(watch())
    try:
        while text := (await asyncio.to_thread(_read_line)).strip():
            bare = len(text) <= 3
            await teacher.say(room, text, mention=[] if bare else [stage.bot_id])
            await asyncio.sleep(1)
    finally:
        watcher.cancel()


def _read_line() -> str:
    try:
        return input("› ")
    except (EOFError, KeyboardInterrupt):
        return ""


def _kind(event: dict[str, Any]) -> str:
    from helpbot.testing.stage import kind_of

    return kind_of(event)


class _Screen:
    """The conversation on stdout, progress on stderr."""

    def __init__(self) -> None:
        self._room = ""

    def title(self, text: str) -> None:
        click.secho(f"\n== {text}", bold=True)
        self._room = ""

    def progress(self, text: str) -> None:
        click.secho(f"… {text}", fg="bright_black", err=True)

    def event(self, room: str, event: dict[str, Any]) -> None:
        from helpbot.testing.stage import Line, body_of, is_edit

        self.line(Line(room, "helpbot", body_of(event), "edits" if is_edit(event) else "says"))

    def line(self, line: Line) -> None:
        from helpbot.testing.stage import local_time

        if line.room != self._room:
            click.secho(f"\n[{line.room}]", bold=True)
            self._room = line.room
        name = line.who.split()[0]
        sign = {"edits": " ✎", "reacts": "", "asks": " 🔔"}.get(line.how, "")
        text = line.text.strip()
        first, *rest = text.splitlines() or [""]
        click.echo(f"{local_time()}  ", nl=False)
        click.secho(f"{name}{sign}", fg=COLOURS.get(line.who, "white"), bold=True, nl=False)
        click.echo(f"  {first}")
        if rest:
            click.echo(textwrap.indent("\n".join(rest), " " * 10))

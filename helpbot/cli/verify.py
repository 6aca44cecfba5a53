"""`helpbot verify`: the operator compares emojis with whoever wants to verify the running bot."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpbot.cli._french import Verb
from helpbot.cli._options import config_file

if TYPE_CHECKING:
    from helpbot.adapters.terminal import Terminal
    from helpbot.ports.verification import Compare, Ended, Told
    from helpbot.settings import Settings

_YES, _NO = frozenset({"o", "oui"}), frozenset({"n", "non"})


@click.command(cls=Verb)
@config_file
@click.option(
    "--wait", "minutes", type=click.IntRange(1, 120), default=10, show_default=True, metavar="MINUTES",
    help="Combien de temps attendre une demande.",
)  # fmt: skip
def verify(config: Path, minutes: int) -> None:
    """Compare des émojis avec une personne qui veut vérifier le bot.

    Le bot tourne. Lancez cette commande au même endroit, puis demandez à la personne (référent·e, ou compte
    nommé dans « operators ») de vérifier le bot depuis son application. Ses émojis s'affichent ici :
    comparez-les de vive voix, au téléphone ou côte à côte. Sans cette commande, toute demande est déclinée
    aussitôt. Code 0 si le bot est vérifié, 1 sinon.
    """
    from helpbot.core.problems import Problem, Problems
    from helpbot.settings import load_settings

    settings = load_settings(config, os.environ)
    if not (settings.referents or settings.operators):
        hint = "donnez referents ou operators, puis relancez le bot"
        raise Problems([Problem(str(config), "personne n'a le droit de vérifier le bot", hint)])
    try:
        sys.exit(asyncio.run(_verify(settings, minutes)))
    except KeyboardInterrupt:
        click.echo("arrêté ; une demande en cours est annulée", err=True)
        sys.exit(1)


async def _verify(settings: Settings, minutes: int) -> int:
    from helpbot.adapters.terminal import terminal
    from helpbot.core.problems import Problem

    try:
        async with terminal(settings.data_dir) as line:
            return await _attend(line, minutes)
    except OSError:
        hint = (
            "lancez-le (helpbot run) sur cette machine, avec la même configuration et le même compte système"
        )
        click.echo(Problem(str(settings.data_dir), "aucun bot en marche ici", hint), err=True)
        return 1


async def _attend(line: Terminal, minutes: int) -> int:
    from helpbot.ports.verification import Asked, Busy, Compare, Ended, Waiting

    told = await line.next()
    if isinstance(told, Busy):
        click.echo("un autre terminal attend déjà une vérification", err=True)
        return 1
    if isinstance(told, Waiting):
        users = ", ".join(told.users)
        click.echo(f"{told.user_id} accepte, pendant {minutes} min, une vérification de : {users}", err=True)
    while True:
        try:
            told = await asyncio.wait_for(line.next(), None if isinstance(told, Asked) else minutes * 60)
        except TimeoutError:
            click.echo("personne n'a demandé de vérification", err=True)
            return 1
        match told:
            case Asked(user, device):
                click.echo(f"{user} demande (appareil {device}) ; à son tour de commencer", err=True)
            case Compare():
                told = await _compared(line, told)
        if told is None:
            click.echo("le bot s'est arrêté", err=True)
            return 1
        if isinstance(told, Ended):
            return _said(told)


async def _compared(line: Terminal, shown: Compare) -> Told | None:
    """Show what is to be compared, pass the answer on, and return what the bot tells next."""
    click.echo(_picture(shown))
    coming = asyncio.ensure_future(line.next())
    try:
        while True:
            click.echo("La personne voit-elle la même chose, dans le même ordre ? [o/n] ", nl=False, err=True)
            typed = await _first(_line_of_stdin(), coming)
            if typed is None:
                click.echo(err=True)
                break
            word = typed.strip().lower()
            if word in _YES or word in _NO or not typed:
                await line.answer(same=word in _YES)
                break
        return await coming
    finally:
        coming.cancel()


async def _first(typed: asyncio.Future[str], coming: asyncio.Future[Told | None]) -> str | None:
    """Return what was typed; None when the bot had something to say before."""
    both: list[asyncio.Future[Any]] = [typed, coming]
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    return typed.result() if typed.done() else None


def _line_of_stdin() -> asyncio.Future[str]:
    """Read a line, empty at the end of the input. On a thread that nobody waits for when it is not needed."""
    loop = asyncio.get_running_loop()
    read: asyncio.Future[str] = loop.create_future()

    def work() -> None:
        text = sys.stdin.readline()
        with suppress(RuntimeError):  # the loop is gone: nobody wants it any more
            loop.call_soon_threadsafe(read.set_result, text)

    threading.Thread(target=work, daemon=True).start()
    return read


def _picture(shown: Compare) -> str:
    from importlib.resources import files

    import yaml

    if not shown.emojis:
        return "   ".join(str(number) for number in shown.decimals)
    table = yaml.safe_load((files("helpbot") / "data" / "sas_emoji.yaml").read_text(encoding="utf-8"))
    return "   ".join(" ".join(table[place]) for place in shown.emojis)


def _said(ended: Ended) -> int:
    from helpbot.ports.verification import Outcome

    words = {
        Outcome.VERIFIED: "vérifié : son application fait désormais confiance à l'identité du bot",
        Outcome.DIFFERENT: "refusé : les deux côtés n'ont pas vu la même chose. Recommencez ; si cela se"
        " répète, ne faites pas confiance à cette conversation",
        Outcome.CANCELLED: "annulé par l'autre côté",
        Outcome.TIMED_OUT: "trop tard : une vérification dure dix minutes au plus",
        Outcome.FAILED: "échec : le serveur n'a pas suivi, ou l'appareil est inconnu ; recommencez",
    }
    code = f" ({ended.code})" if ended.code else ""
    click.echo(f"{words[ended.outcome]}{code}", err=ended.outcome is not Outcome.VERIFIED)
    return 0 if ended.outcome is Outcome.VERIFIED else 1

"""`helpbot identity`: the account's cross-signing identity, when the operator has to decide about it."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helpbot.cli import _words as words
from helpbot.cli._french import Family
from helpbot.cli._options import config_file

if TYPE_CHECKING:
    from helpbot.settings import Settings


@click.group(cls=Family)
def identity() -> None:
    """Remplace l'identité de chiffrement du compte, quand elle est perdue."""


@identity.command()
@config_file
@click.option("--yes", is_flag=True, help="Sans demander confirmation.")
def reset(config: Path, yes: bool) -> None:
    """Donne au compte une identité neuve, avec un nouveau coffre et une nouvelle clé de récupération.

    À n'utiliser que si l'identité est perdue ou compromise : celles et ceux qui écrivent au bot verront que
    son identité a changé, et ses autres appareils seront à vérifier de nouveau. Le bot doit être arrêté. Le
    mot de passe (matrix.password) est nécessaire ; sur un serveur où une personne doit approuver, l'adresse à
    ouvrir est affichée. L'ancien fichier de clé est gardé à côté, avec « .old ».
    """
    from helpbot.settings import load_settings

    settings = load_settings(config, os.environ)
    click.echo(
        f"L'identité de {settings.matrix.user_id} va être remplacée : les clients de ses correspondants le"
        " diront, et ce que contient l'ancien coffre ne s'ouvrira plus.",
        err=True,
    )
    if not yes and not click.confirm("Continuer ?", err=True):
        click.echo("rien n'a été fait", err=True)
        sys.exit(1)
    sys.exit(asyncio.run(_reset(settings)))


async def _reset(settings: Settings) -> int:
    from helpbot import bootstrap
    from helpbot.adapters.clock import SystemClock
    from helpbot.core.problems import Problem
    from helpbot.ports import HomeserverError, LoggedOut

    try:
        trust = await bootstrap.renew_matrix_identity(settings, SystemClock(), _approved)
    except LoggedOut as out:
        click.echo(Problem(settings.matrix.user_id, *words.logged_out(out)), err=True)
        return 1
    except HomeserverError as trouble:
        hint = "vérifiez matrix.homeserver et le réseau, puis relancez : rien n'est perdu"
        click.echo(Problem(settings.matrix.homeserver, str(trouble), hint), err=True)
        return 1
    click.echo(words.trust(trust, settings.timezone))
    file = settings.matrix.recovery_key_file
    click.echo(
        f"clé de récupération écrite dans {file} : gardez-en une copie hors de cette machine"
        if file
        else "aucune clé de récupération : donnez matrix.recovery_key_file, puis lancez helpbot check"
    )
    return 0


async def _approved(url: str) -> None:
    """Show the address where a person approves, and wait for their word."""
    click.echo(f"Ouvrez cette adresse, connectez-vous avec le compte du bot, approuvez :\n  {url}", err=True)
    await asyncio.to_thread(click.prompt, "Puis Entrée", default="", show_default=False, err=True)

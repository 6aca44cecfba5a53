"""`helpbot db`: the database's own work."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from helpbot.cli._french import Family
from helpbot.cli._options import config_file
from helpbot.core.problems import Problem, Problems


@click.group(cls=Family)
def db() -> None:
    """Met à jour, sauvegarde et restaure la base de données et l'identité du bot."""


@db.command()
@config_file
def upgrade(config: Path) -> None:
    """Amène la base à la version de ce programme ; le bot doit être arrêté.

    Une base d'une version plus récente n'est pas touchée (code 1).
    """
    from helpbot.adapters.db import NewerSchema
    from helpbot.adapters.db.upgrade import upgrade_database
    from helpbot.settings import load_settings

    settings = load_settings(config, os.environ)
    url = settings.store.url.get_secret_value() if settings.store.url else None
    try:
        before, now = upgrade_database(url, settings.data_dir)
    except NewerSchema as newer:
        click.echo(Problem("base de données", str(newer), "installez une version plus récente"), err=True)
        sys.exit(1)
    except OSError as error:
        hint = "vérifiez le dossier et ses droits"
        raise Problems([Problem(str(settings.data_dir), error.strerror or "?", hint)]) from None
    if before == now:
        click.echo(f"rien à faire : version {now}")
    else:
        click.echo(f"version {before or 'aucune'} → {now}")


_file = click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FICHIER")


@db.command()
@_file
@config_file
def backup(file: Path, config: Path) -> None:
    """Écrit dans FICHIER la base et l'identité du bot, qui peut rester en marche.

    Le fichier contient des clés et des messages : il est créé lisible par vous seul (0600) ; gardez-le comme
    un secret, sur une autre machine. La clé des pseudonymes et la clé de récupération n'y sont pas. Une
    sauvegarde plus ancienne du même nom est remplacée, tout autre fichier est laissé. Avec PostgreSQL :
    pg_dump.
    """
    from helpbot.adapters.clock import SystemClock
    from helpbot.backups import make_backup
    from helpbot.settings import load_settings

    made = make_backup(load_settings(config, os.environ), file, SystemClock().now())
    size = file.stat().st_size / 1_000_000
    click.echo(f"{file} : base (version {made.about.schema}), identité, {made.room_keys} clés, {size:.1f} Mo")


@db.command()
@_file
@config_file
@click.option("--replace", is_flag=True, help="Remplace la base et l'identité qui sont déjà là.")
def restore(file: Path, config: Path, replace: bool) -> None:
    """Remet en place une sauvegarde ; le bot doit être arrêté.

    Au prochain démarrage, le bot entre avec un nouvel appareil signé par la même identité, fait oublier
    l'ancien au serveur, puis relit les salons avant de parler : ce qu'il a déjà répondu depuis la sauvegarde
    ne l'est pas une seconde fois. Il faut le mot de passe (matrix.password) ou le jeton d'une nouvelle
    connexion.
    """
    from helpbot.backups import restore_backup
    from helpbot.settings import load_settings

    settings = load_settings(config, os.environ)
    done = restore_backup(settings, file, replace=replace)
    made = datetime.fromtimestamp(done.about.made_at / 1000, UTC).astimezone(ZoneInfo(settings.timezone))
    upgraded = ", base mise à jour" if done.upgraded else ""
    click.echo(f"sauvegarde du {made:%d/%m/%Y à %H:%M} remise dans {settings.data_dir}{upgraded}")
    if settings.matrix.access_token is not None:
        click.echo(
            "donnez password, ou le jeton d'une nouvelle connexion : l'ancien ne servira plus", err=True
        )

"""`helpbot db`: the database's own work."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from helpbot.core.problems import Problem, Problems

_config = click.option(
    "-c", "--config", type=click.Path(path_type=Path), default=Path("config.yaml"), show_default=True,
    metavar="FICHIER", help="Fichier de configuration.",
)  # fmt: skip


@click.group()
def db() -> None:
    """Met la base de données à jour."""


@db.command()
@_config
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

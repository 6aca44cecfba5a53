"""Options that several verbs take."""

from __future__ import annotations

from pathlib import Path

import click

config_file = click.option(
    "-c", "--config", type=click.Path(path_type=Path), default=Path("config.yaml"), show_default=True,
    metavar="FICHIER", help="Fichier de configuration.",
)  # fmt: skip

"""`helpbot init`: a few questions, then a folder that is ready to be read through and run."""

from __future__ import annotations

import os
import re
from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree

import click

from helpbot.cli._french import Verb

_CONFIG, _COMPOSE, _SECRET = "config.yaml", "compose.yaml", "secrets/mot-de-passe"
_RECOVERY_KEY = "keys/recuperation.key"

_COMPOSE_TEXT = """\
# helpbot dans un conteneur. Construisez l'image une fois, dans le dossier du code : docker build -t helpbot .
services:
  helpbot:
    image: helpbot
    restart: unless-stopped
    # Le compte qui possède ce dossier : il doit pouvoir lire secrets/ et écrire dans faq/, data/ et keys/.
    user: "{uid}:{gid}"
    volumes:
      - ./:/config:ro
      # Les fiches s'écrivent aussi depuis le salon des référents. Avec publishing.git, ajoutez
      # ./.git:/config/.git et construisez l'image avec --build-arg PACKAGES=git.
      - ./faq:/config/faq
      - ./data:/data
      # La clé des pseudonymes et la clé de récupération se sauvegardent à part des données.
      - ./keys:/keys
    stop_grace_period: 30s
"""


@click.command(cls=Verb)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path())
@click.option(
    "--homeserver", prompt="Adresse du serveur Matrix (https://…)", help="Adresse du serveur Matrix."
)
@click.option("--user-id", prompt="Identifiant du bot (@nom:serveur)", help="Identifiant complet du bot.")
@click.option(
    "--password", prompt="Mot de passe du bot (vide : plus tard)", prompt_required=True, hide_input=True,
    default="", show_default=False, help="Mot de passe du compte, rangé dans un fichier à part.",
)  # fmt: skip
@click.option("--zone", prompt="Zone scolaire (A, B, C, corse…)", default="A", help="Zone scolaire.")
@click.option(
    "--referent", prompt="Identifiant d'un référent (vide : aucun)", default="", show_default=False,
    help="Identifiant d'un référent.",
)  # fmt: skip
def init(folder: Path, homeserver: str, user_id: str, password: str, zone: str, referent: str) -> None:
    """Pose quelques questions et écrit dans DIR une configuration commentée, des fiches et un compose.yaml.

    Rien de ce qui existe n'est remplacé.
    """
    from helpbot.settings import load_settings

    taken = [name for name in (_CONFIG, _COMPOSE, "faq") if (folder / name).exists()]
    if taken:
        raise click.UsageError(f"{', '.join(taken)} existe déjà dans {folder} ; choisissez un autre dossier")
    folder.mkdir(parents=True, exist_ok=True)
    for private in ("data", "keys", "secrets"):
        (folder / private).mkdir(mode=0o700, exist_ok=True)
    _write_private(folder / _SECRET, password + "\n")
    answers = {"homeserver": homeserver, "user_id": _quoted(user_id), "school_zone": zone}
    answers["recovery_key_file"] = _RECOVERY_KEY
    answers["referents"] = f"[{_quoted(referent)}]" if referent else "[]"
    (folder / _CONFIG).write_text(_filled(answers), "utf-8")
    (folder / _COMPOSE).write_text(_COMPOSE_TEXT.format(uid=os.getuid(), gid=os.getgid()), "utf-8")
    with as_file(files("helpbot.data").joinpath("faq")) as shipped:
        copytree(shipped, folder / "faq")
    # Wrong answers are told now, while one remembers them. The password may still be missing.
    load_settings(folder / _CONFIG, {} if password else {"HELPBOT__MATRIX__PASSWORD": "-"})
    click.echo(f"Écrit dans {folder} : {_CONFIG}, {_COMPOSE}, faq/, secrets/.", err=True)
    if not password:
        click.echo(f"Écrivez le mot de passe du bot dans {folder / _SECRET}.", err=True)
    click.echo(f"Relisez {folder / _CONFIG}, puis : helpbot check -c {folder / _CONFIG}", err=True)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")


def _filled(answers: dict[str, str]) -> str:
    """The example with the answers as values, and its samples of rooms and people as comments."""
    text = files("helpbot.data").joinpath("config.example.yaml").read_text("utf-8")
    for key, value in answers.items():
        line = re.search(rf"(?m)^ *{key}: (.*)$", text)
        assert line, key  # noqa: S101  (the example has every key: a test says so)
        text = text[: line.start(1)] + value + text[line.end(1) :]
    text = re.sub(
        r"(?m)^(    \"!salle.*|      (?:listen|threads|route|school|academie|level):.*)$", r"#\1", text
    )
    return re.sub(r"(?m)^(  - user:.*|    (?:themes|hours|zone|school|academie|level):.*)$", r"#\1", text)

"""Write docs/commands.md from the commands themselves: `make docs`. A test compares the two."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from helpbot.cli import main

TARGET = Path(__file__).parent.parent / "docs" / "commands.md"
_HEAD = """\
# Les commandes

Écrit par `make docs` d'après l'aide des commandes : ne pas modifier ici.

Codes de retour : 0, fait ; 1, une vérification ou l'exécution a échoué ; 2, la commande ou la configuration
est à corriger (chaque problème sur une ligne de la sortie d'erreur : `fichier:ligne: quoi; que faire`). Les
résultats vont sur la sortie standard, le reste sur la sortie d'erreur.
`python -m helpbot` et `helpbot` se valent.
"""


def render() -> str:
    """Return the whole page."""
    return "\n".join([_HEAD, *_sections("helpbot", main)])


def _sections(path: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=path)
    if not isinstance(command, click.Group):
        usage = " ".join([path, *command.collect_usage_pieces(context)]).replace("[OPTIONS]", "[options]")
        options = [_option(p) for p in command.params if isinstance(p, click.Option)]
        # A line of the help that \b keeps as it is stays so.
        text = inspect.cleandoc(command.help or "").replace("\b\n", "")
        yield f"## {path}\n\n```\n{usage}\n```\n\n{text}\n"
        if options:
            yield "\n".join(options) + "\n"
        return
    for name in command.list_commands(context):
        if below := command.get_command(context, name):
            yield from _sections(f"{path} {name}", below)


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return f"- {names}\u00a0: {option.help}"


if __name__ == "__main__":
    TARGET.write_text(render(), "utf-8")

"""The command line: the table of verbs. One verb, one file, imported only when it is called.

`helpbot ask` must not pay for what `helpbot run` needs: a verb's module is imported when it is used, and
itself imports what is heavy inside its function. Exit 0 done, 1 a check or run failed, 2 wrong usage or
configuration.
"""

from __future__ import annotations

import difflib
import io
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from helpbot import __version__
from helpbot.cli._french import Family
from helpbot.core.problems import Problems

VERBS = {
    "demo": "Joue une conversation complète sur un vrai serveur, dans un dossier temporaire.",
    "init": "Pose quelques questions et écrit une configuration prête à relire.",
    "check": "Vérifie la configuration et les fiches, puis la connexion ; dit quoi corriger.",
    "run": "Lance le bot.",
    "verify": "Compare des émojis avec une personne qui veut vérifier le bot.",
    "ask": "Répond à une question, sans réseau : pour essayer les fiches.",
    "faq": "Vérifie les fiches, mesure la justesse des réponses, en fait un site.",
    "simulate": "Joue des mois de questions contre une règle de sollicitation.",
    "report": "Dit qui a eu besoin d'aide sur quoi, sans jamais nommer personne.",
    "privacy": "Droits d'une personne, entrée de registre, examen préalable (AIPD).",
    "identity": "Remplace l'identité de chiffrement du compte, quand elle est perdue.",
    "db": "Met à jour, sauvegarde et restaure la base de données.",
}
"""Every verb there may be and its line of help, in the order in which an operator meets them."""


class _Table(Family):
    """Commands that are imported when they are called; one whose file is missing does not exist."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [verb for verb in VERBS if find_spec(f"{__name__}.{verb}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = getattr(import_module(f"{__name__}.{cmd_name}"), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            near = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            hint = f"vouliez-vous dire « {near[0]} » ?" if near else "voyez « helpbot --help »"
            ctx.fail(f"commande inconnue « {args[0]} » ; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # The lines come from the table: listing the verbs imports none of them.
        with formatter.section("Commandes"):
            formatter.write_dl([(verb, VERBS[verb]) for verb in self.list_commands(ctx)])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A terminal that lacks a letter gets « ? », not a traceback.
                stream.reconfigure(errors="replace")
        return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Problems as problems:
            for problem in problems.found:
                click.echo(problem, err=True)
            ctx.exit(2)


@click.group("helpbot", cls=_Table, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", prog_name="helpbot", help="Affiche la version.")
def main() -> None:
    """helpbot répond, sur Matrix et Tchap, aux questions rapides des enseignants ;
    sinon, il trouve un·e collègue.

    Pour voir ce qu'il fait, sans rien installer d'autre : « helpbot demo ».

    Pour l'installer : « helpbot init », puis « helpbot check -c config.yaml », puis
    « helpbot run -c config.yaml ».

    Les résultats vont sur la sortie standard, le reste sur la sortie d'erreur. Code de retour : 0, fait ;
    1, une vérification ou l'exécution a échoué ; 2, la commande ou la configuration est à corriger.
    """

"""What click says of its own in a command's help, in French like the rest."""

from __future__ import annotations

import click


class _InFrench(click.Command):
    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Affiche cette aide."
        return option


class Verb(_InFrench):
    """One command."""


class Family(_InFrench, click.Group):
    """Commands of one subject, each with the first sentence of its help, uncut."""

    command_class = Verb

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, command.get_short_help_str(limit=200)) for name, command in commands if command]
        with formatter.section("Commandes"):
            formatter.write_dl(rows)

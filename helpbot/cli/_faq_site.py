"""`helpbot faq site`: the FAQ as static pages."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from helpbot.cli._french import Verb
from helpbot.core.problems import Problem, Problems


@click.command(cls=Verb, short_help="Écrire la FAQ en pages web, sans serveur.")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False), metavar="OUT")
@click.option(
    "--faq", "folder", type=click.Path(path_type=Path), default=Path("faq"), show_default=True, metavar="DIR",
    help="Dossier des fichiers FAQ.",
)  # fmt: skip
def site(out: Path, folder: Path) -> None:
    """Écrit la FAQ en pages web dans OUT : une liste avec sa recherche, une page par fiche, sans aucun tiers.

    Ouvrez OUT/index.html, ou déposez OUT sur un site. Demande l'extra « site ».
    """
    from helpbot.adapters.clock import SystemClock
    from helpbot.adapters.faqfiles.load import load_faq

    try:
        from helpbot.adapters.faqsite import pages, write_site
    except ModuleNotFoundError as error:
        if error.name not in {"jinja2", "markupsafe"}:
            raise
        hint = "installez l'extra : pip install 'helpbot[site]'"
        raise Problems([Problem("helpbot faq site", "il manque Jinja2", hint)]) from None

    today = datetime.fromtimestamp(SystemClock().now() / 1000, UTC).date()
    written = write_site(out, pages(load_faq(folder), today))
    click.echo(f"{written} pages dans {out}, à ouvrir par {out / 'index.html'}")

"""`helpbot report`: who needed help with what, and who answered. Never a person."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpbot.cli._french import Verb
from helpbot.cli._options import config_file

if TYPE_CHECKING:
    from helpbot.core.report import Report
    from helpbot.settings import Settings


@click.command(cls=Verb)
@config_file
@click.option("--json", "as_json", is_flag=True, help="Un objet JSON sur la sortie standard.")
@click.option(
    "--iramuteq",
    is_flag=True,
    help="Les questions encore gardées, au format d'IRAMUTEQ, sur la sortie standard.",
)
@click.option(
    "--html", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Écrit une page complète dans DIR/index.html : courbes, tableaux, thèmes, fiches, CRCN-Édu.",
)  # fmt: skip
def report(config: Path, as_json: bool, iramuteq: bool, folder: Path | None) -> None:
    """Compte les questions : comment elles ont fini, par thème, en combien de temps.

    Se lance à côté du bot, sans l'arrêter. Aucune personne n'y figure ; un nombre qui concerne moins de cinq
    personnes, ou qui s'en déduirait, n'est pas publié (« – », null en JSON). Les clés de --json : « total »,
    « ended » (issue → nombre), « open », « months », « past_months » (que la trace n'a plus), « themes »,
    « levels », « feedback », « entries », « minutes » (médianes, en heures ouvrées ; « to_answer_wall » en
    temps écoulé).
    """
    from helpbot.settings import load_settings

    settings = load_settings(config, os.environ)
    if iramuteq:
        _write_corpus(settings)
        return
    if folder is not None:
        from helpbot.cli._report_page import write_report_page

        click.echo(asyncio.run(write_report_page(settings, folder)))
        return
    found = asyncio.run(read_report(settings))
    if as_json:
        click.echo(json.dumps(as_data(found), ensure_ascii=False))
        return
    from helpbot.flow.report import report_lines
    from helpbot.texts import load_catalogue

    catalogue = load_catalogue(settings.language)
    for key, value in report_lines(found):
        click.echo(f"{catalogue.word('_report_' + key)} : {value}")
    click.echo(catalogue.word("_report_withheld"))


def _write_corpus(settings: Settings) -> None:
    from helpbot.cli._report_corpus import read_corpus

    found = asyncio.run(read_corpus(settings))
    for line in found.lines:
        click.echo(line)
    told = (
        f"{found.texts} questions, sans nom ni pseudonyme ; ce sont les mots de collègues, à ne pas publier"
    )
    click.echo(told, err=True)
    if found.left_out:
        what = (
            "des questions posées par moins de cinq personnes, que rien ne rapproche d'autres, n'y sont pas"
        )
        click.echo(what, err=True)


async def read_report(settings: Settings) -> Report:
    """Return the report, read beside a running bot."""
    from helpbot import bootstrap
    from helpbot.adapters.clock import SystemClock
    from helpbot.flow.report import read_report as read

    store = bootstrap.open_database(settings)
    try:
        policy, now = bootstrap.make_policy(settings), SystemClock().now()
        return await store.run(lambda tx: read(tx, policy, now))
    finally:
        await store.close()


def as_data(report: Report) -> dict[str, Any]:
    """Return the report as it is printed with `--json`; null where a count is withheld."""
    return {
        "total": report.total,
        "ended": dict(report.groups),
        "open": report.open,
        "months": {m: {"total": line.total, **line.groups} for m, line in report.months.items()},
        "past_months": {m: {"total": line.total, **line.groups} for m, line in report.past.items()},
        "themes": {t: {"total": line.total, **line.groups} for t, line in report.themes.items()},
        "levels": dict(report.levels),
        "feedback": dict(report.feedback),
        "entries": {e: {"uses": line.uses, "refused": line.refused} for e, line in report.entries.items()},
        "minutes": {
            "to_claim": report.to_claim[1],
            "to_answer": report.to_answer[1],
            "to_answer_wall": report.to_answer_wall[1],
        },
    }

"""`helpbot report`: who needed help with what, and who answered. Never a person."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from helpbot.core.records import Totals
    from helpbot.settings import Settings


@click.command()
@click.option(
    "-c", "--config", type=click.Path(path_type=Path), default=Path("config.yaml"), show_default=True,
    metavar="FICHIER", help="Fichier de configuration.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Un objet JSON sur la sortie standard.")
def report(config: Path, as_json: bool) -> None:
    """Compte les questions : comment elles ont fini, par thème, en combien de temps.

    Se lance à côté du bot, sans l'arrêter. Aucune personne n'y figure. Les clés de --json : « ended »
    (issue → nombre), « open », « states », « themes », « feedback », « months », « minutes ».
    """
    from helpbot.settings import load_settings

    settings = load_settings(config, os.environ)
    totals = asyncio.run(read_totals(settings))
    data = as_data(totals)
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False))
        return
    from helpbot.flow.report import report_lines
    from helpbot.texts import load_catalogue

    catalogue = load_catalogue(settings.language)
    for key, value in report_lines(totals):
        click.echo(f"{catalogue.word('_report_' + key)} : {value}")


async def read_totals(settings: Settings) -> Totals:
    """Return the counts, read beside a running bot."""
    from helpbot import bootstrap

    store = bootstrap.open_database(settings)
    try:
        return await store.run(lambda tx: tx.totals(since=0, timezone=settings.timezone))
    finally:
        await store.close()


def as_data(totals: Totals) -> dict[str, Any]:
    """Return the report as it is printed with `--json`."""
    open_states = ("open", "asked", "claimed", "answered")
    return {
        "ended": totals.ended,
        "open": sum(totals.states.get(s, 0) for s in open_states),
        "states": totals.states,
        "themes": totals.themes,
        "feedback": totals.feedback,
        "months": totals.months,
        "minutes": {"to_claim": _median(totals.to_claim_ms), "to_answer": _median(totals.to_answer_ms)},
    }


def _median(values: tuple[int, ...]) -> float | None:
    if not values:
        return None
    ranked = sorted(values)
    middle = len(ranked) // 2
    mid = ranked[middle] if len(ranked) % 2 else (ranked[middle - 1] + ranked[middle]) / 2
    return round(mid / 60_000, 1)

"""`helpbot simulate`: made-up questions and people, and several ways of finding a helper."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helpbot.cli._french import Verb
from helpbot.core.problems import Problem, Problems

if TYPE_CHECKING:
    from helpbot.simulate.measure import Result
    from helpbot.simulate.world import World

SCENARIOS = ("normal", "three-quarters", "full", "overload", "holidays", "academie")


@click.command(cls=Verb)
@click.option(
    "--scenario", "name", type=click.Choice(SCENARIOS),
    help="Un scénario publié ; les options qui suivent le changent.",
)  # fmt: skip
@click.option(
    "--seed", default=1, show_default=True, help="Graine du tirage : la même donne les mêmes chiffres."
)
@click.option(
    "--weeks", type=click.IntRange(1, 43), help="Durée, en semaines, à partir de septembre 2026 (6).",
)  # fmt: skip
@click.option(
    "--volunteers", type=click.IntRange(10, 2000), help="Volontaires (120).",
)  # fmt: skip
@click.option(
    "--load", type=click.FloatRange(0.05, 5),
    help="Questions d'une semaine × 3, rapportées à ce que les volontaires acceptent (0,5).",
)  # fmt: skip
@click.option("--no-fatigue", is_flag=True, help="Personne ne se lasse.")
@click.option("--json", "as_json", is_flag=True, help="Un objet JSON, avec toutes les hypothèses.")
@click.option(
    "--html", "folder", type=click.Path(path_type=Path, file_okay=False),
    help="Écrit aussi une page avec des images dans ce dossier (extra « report »).",
)  # fmt: skip
def simulate(
    name: str | None,
    seed: int,
    weeks: int | None,
    volunteers: int | None,
    load: float | None,
    no_fatigue: bool,
    as_json: bool,
    folder: Path | None,
) -> None:
    """Joue des semaines de questions inventées contre plusieurs façons de solliciter, dont celle du bot.

    Les comportements sont des hypothèses, pas des mesures ; ils sont les mêmes pour toutes. Code de retour 1
    si celle du bot a sollicité quelqu'un qu'elle ne devait pas.
    """
    from helpbot.adapters.calendars import load_calendar
    from helpbot.simulate.behaviour import Behaviour
    from helpbot.simulate.measure import measure
    from helpbot.simulate.play import play
    from helpbot.simulate.policies import POLICIES
    from helpbot.simulate.scenarios import SCENARIOS as PUBLISHED
    from helpbot.simulate.world import Scenario, make_world

    scenario = PUBLISHED[name] if name else Scenario("chosen", load=0.5, weeks=6)
    scenario = replace(
        scenario,
        weeks=weeks or scenario.weeks,
        volunteers=volunteers or scenario.volunteers,
        load=load or scenario.load,
    )
    world = make_world(scenario, Behaviour(), load_calendar("A", "Europe/Paris"), seed)
    results = [measure(play(world, policy, fatigue=not no_fatigue)) for policy in POLICIES]
    if as_json:
        said = {"seed": seed, "scenario": asdict(scenario), "behaviour": asdict(world.behaviour)}
        policies = {r.policy: asdict(r) | {"violated": r.violated} for r in results}
        click.echo(json.dumps(said | {"policies": policies}, default=str, ensure_ascii=False))
    else:
        click.echo(f"{'':20} sous 1 jour  juste  1re prise  demandes  Gini  violations")
        for r in results:
            claim = "-" if r.claim_median is None else f"{r.claim_median:.0f} min"
            click.echo(
                f"{r.policy:20} {r.answered_day:11.0%} {r.solved:6.0%} {claim:>10} {r.contacts:9.1f} "
                f"{r.gini:5.2f} {r.violated:11}"
            )
    if folder is not None:
        click.echo(f"Page écrite : {_write_page(folder, world, results)}", err=True)
    if results[-1].violated:
        raise SystemExit(1)


def _write_page(folder: Path, world: World, results: list[Result]) -> Path:
    """Write the page and return its file. Raise Problems with what to do."""
    try:
        from helpbot.adapters.reportpage import write_page
        from helpbot.adapters.reportpage.simulation import Compared, simulation_page
    except ModuleNotFoundError as error:
        if error.name not in {"jinja2", "markupsafe", "matplotlib"}:
            raise
        hint = "installez l'extra : pip install 'helpbot[report]'"
        raise Problems([Problem("helpbot simulate --html", f"il manque {error.name}", hint)]) from None
    compared = [
        Compared(
            r.policy, r.answered_day, r.solved, r.claim_median, r.contacts, r.gini, r.stopped, r.violated
        )
        for r in results
    ]
    scenario = asdict(world.scenario) | {"seed": world.seed, "fatigue": results[0].fatigue}
    played = [(name, value) for name, value in scenario.items() if name != "name"]
    return write_page(folder, simulation_page(compared, played, world.behaviour.explained()))

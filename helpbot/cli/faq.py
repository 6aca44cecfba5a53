"""`helpbot faq check`, `eval` and `site`: keep the FAQ true, measure what it answers, and publish it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from helpbot.cli._faq_site import site
from helpbot.cli._french import Family
from helpbot.cli.ask import load_index

if TYPE_CHECKING:
    from helpbot.core.matching.evaluate import Labelled, Report


@click.group(cls=Family, short_help="Vérifier et mesurer la FAQ.")
def faq() -> None:
    """Vérifie et mesure les fichiers de la FAQ."""


faq.add_command(site)


@faq.command(short_help="Vérifier les fichiers.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--strict", is_flag=True, help="Les avertissements aussi font échouer.")
def check(folder: Path, strict: bool) -> None:
    """Vérifie les fichiers de DIR : fichier:ligne: problème; conseil. Code 1 s'il y a une erreur."""
    from helpbot.adapters.clock import SystemClock
    from helpbot.adapters.faqfiles.lint import lint_faq
    from helpbot.adapters.faqfiles.load import missing_values, read_folder

    read, placed, errors = read_folder(folder)
    errors = errors or list(missing_values(read.entries, placed.entries))
    for problem in errors:
        click.echo(str(problem))
    warnings = (
        [] if errors else lint_faq(folder, datetime.fromtimestamp(SystemClock().now() / 1000, UTC).date())
    )
    for problem in warnings:
        click.echo(f"{problem} (avertissement)")
    told = f"{len(read.entries)} fiches, {len(placed.phrasings)} formulations"
    click.echo(f"{told}, {len(errors)} erreur(s), {len(warnings)} avertissement(s)", err=True)
    sys.exit(1 if errors or (strict and warnings) else 0)


@faq.command("eval", short_help="Mesurer les réponses sur des questions étiquetées.")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.argument("questions", type=click.Path(path_type=Path), metavar="FILE.jsonl")
@click.option("--json", "as_json", is_flag=True, help="Les mesures en JSON.")
def evaluate(folder: Path, questions: Path, as_json: bool) -> None:
    """Mesure les réponses de DIR aux questions de FILE.jsonl ({"text": …, "entry": id ou null} par ligne)."""
    from helpbot.core.matching.evaluate import ask, measure

    labelled = _labelled(questions)
    index = load_index(folder)
    report = measure(ask(index, labelled))
    if as_json:
        shown = {**asdict(report), "answer_at": index.answer_at, "clarify_at": index.clarify_at}
        shown["decisions"] = dict(report.decisions)
        click.echo(json.dumps(shown, ensure_ascii=False))
    else:
        click.echo(_table(report))


def _labelled(path: Path) -> list[Labelled]:
    from helpbot.core.matching.evaluate import Labelled

    found: list[Labelled] = []
    wrong: list[str] = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        click.echo(f"{path}: fichier illisible ({error}); donnez un fichier JSONL en UTF-8", err=True)
        sys.exit(2)
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            found.append(Labelled(str(row["text"]), None if row["entry"] is None else str(row["entry"])))
        except (ValueError, KeyError, TypeError):
            wrong.append(f'{path}:{number}: ligne illisible; écrivez {{"text": "…", "entry": "id" ou null}}')
    if wrong or not found:
        click.echo("\n".join(wrong or [f"{path}: aucune question"]), err=True)
        sys.exit(2)
    return found


def _table(report: Report) -> str:
    rows = [
        ("questions", f"{report.questions} ({report.in_scope} avec fiche, {report.out_of_scope} sans)"),
        ("bonne fiche en tête", _percent(report.accuracy_at_1)),
        ("bonne fiche parmi trois", _percent(report.accuracy_at_3)),
        ("rang réciproque moyen", "-" if report.mrr is None else f"{report.mrr:.3f}"),
        ("précision des réponses", _percent(report.precision)),
        ("couverture", _percent(report.coverage)),
        ("réponse ou bonne option", _percent(report.answer_or_option)),
        ("réponses à tort hors FAQ", _percent(report.false_answers)),
        ("décisions", ", ".join(f"{name} {count}" for name, count in report.decisions)),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {value}" for name, value in rows]
    lines += ["", "seuil  couverture  risque"]
    step = max(1, len(report.curve) // 12)
    lines += [f"{p.threshold:5.2f}  {p.coverage:10.1%}  {p.risk:6.1%}" for p in report.curve[::step]]
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"

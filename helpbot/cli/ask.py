"""`helpbot ask`: answer offline, one question or one per line of stdin."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from helpbot.cli._french import Verb

if TYPE_CHECKING:
    from helpbot.core.matching import FaqIndex, Match, Verdict
    from helpbot.settings import Settings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small systems: threads would only wait for each other


@click.command(cls=Verb, short_help="Répondre à une question, hors ligne.")
@click.option(
    "--faq", "folder", type=click.Path(path_type=Path), metavar="DIR",
    help="Dossier des fichiers FAQ.  [default: faq, ou celui de la configuration]",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Une ligne JSON par question.")
@click.option(
    "--explain", is_flag=True,
    help="Montrer les fiches envisagées et les mots qui ont décidé ; avec --config, aussi qui serait"
    " sollicité·e maintenant, dans quel ordre, et pourquoi pas les autres.",
)  # fmt: skip
@click.option(
    "-c", "--config", type=click.Path(path_type=Path), metavar="FICHIER",
    help="Configuration, pour --explain : sa base est lue, rien n'y est écrit.",
)  # fmt: skip
@click.option("--room", default="", metavar="SALON", help="Identifiant du salon où la question serait posée.")
@click.argument("question", required=False, nargs=-1)
def ask(
    folder: Path | None,
    as_json: bool,
    explain: bool,
    config: Path | None,
    room: str,
    question: tuple[str, ...],
) -> None:
    """Répond à QUESTION, ou à chaque ligne de l'entrée standard, sans rien envoyer."""
    settings = _settings(config) if config else None
    index = load_index(folder or (settings.faq if settings else Path("faq")))
    asked = [" ".join(question)] if question else _lines()
    for text in asked:
        started = time.perf_counter()
        verdict = index.verdict(text)
        spent = (time.perf_counter() - started) * 1000
        record = as_record(index, text, verdict, spent)
        if as_json:
            line = json.dumps(record, ensure_ascii=False)
        else:
            line = _told(index, verdict) if question else _one_line(record)
        click.echo(line)
        if explain:
            click.echo(explained(index, verdict), err=as_json)
        if explain and settings and record["decision"] != "redirect":
            click.echo(_whom(settings, record["theme"], room), err=as_json)
        sys.stdout.flush()


def _settings(config: Path) -> Settings:
    from helpbot.settings import load_settings

    return load_settings(config, os.environ)


def _whom(settings: Settings, theme: str | None, room: str) -> str:
    """Tell who would be asked at this moment, and why the others would not."""
    from helpbot.adapters.clock import SystemClock
    from helpbot.core.ids import RoomId
    from helpbot.whom import whom_to_ask

    kept, refused = whom_to_ask(settings, theme, RoomId(room), SystemClock())
    if not kept and not refused:
        return "aucun·e volontaire n'est connu·e (le bot lit la configuration quand il démarre)"
    about = f" sur le thème {theme}" if theme else ""
    lines = [f"volontaires{about}, dans l'ordre\u00a0:" if kept else f"personne ne serait sollicité·e{about}"]
    lines += [f"  {n}. {v.user}\u00a0: {_NEAR[why.nearness.name]}" for n, (v, why) in enumerate(kept, 1)]
    lines += [f"  –  {v.user}\u00a0: {_REFUSED[why.value]}" for v, why in refused]
    return "\n".join(lines)


_NEAR = {
    "SCHOOL": "même établissement",
    "LEVEL": "même académie et même niveau",
    "ANY": "sans lien particulier avec le salon",
}
_REFUSED = {
    "is_asker": "pose la question",
    "other_theme": "aide sur d'autres thèmes",
    "already_offered": "déjà sollicité·e pour cette question",
    "paused": "en pause",
    "closed_hours": "en dehors de ses heures",
    "in_class": "ne réagit jamais à cette heure de la semaine",
    "at_capacity": "a déjà reçu ce qu'elle ou il accepte",
    "no_place": "sans message direct, et il n'y a pas de salon des volontaires",
    "may_not_see": "ne peut pas recevoir ce qui vient de ce salon (confidentialité)",
}


def load_index(folder: Path) -> FaqIndex:
    """Read and learn a folder of FAQ files, or end with every problem and exit code 2."""
    from helpbot.adapters.faqfiles.load import load_faq
    from helpbot.core.matching import FaqIndex
    from helpbot.core.problems import Problems

    try:
        return FaqIndex.build(load_faq(folder))
    except Problems as problems:
        for problem in problems.found:
            click.echo(str(problem), err=True)
        raise SystemExit(2) from None


def _lines() -> Iterator[str]:
    for raw in sys.stdin.buffer:
        yield raw.decode("utf-8", "replace").rstrip("\r\n")


def as_record(index: FaqIndex, question: str, verdict: Verdict, spent: float) -> dict[str, Any]:
    """Give a verdict in the JSON shape that contract.md promises."""
    from helpbot.core.matching import Answer, Clarify, Redirect, Route

    entry: str | None = None
    confidence = verdict.candidates[0].score if verdict.candidates else 0.0
    options: list[str] = []
    match verdict:
        case Answer(match=match):
            decision, entry, theme = "answer", match.entry, _theme(index, match)
        case Clarify(options=offered):
            decision, theme = "clarify", _theme(index, offered[0])
            options = [m.entry for m in offered]
        case Redirect(id=entry, score=confidence):
            decision, theme = "redirect", None
        case Route(theme=theme):
            decision = "route"
    return {
        "question": question,
        "decision": decision,
        "entry": entry,
        "confidence": round(confidence, 4),
        "candidates": [{"entry": m.entry, "confidence": m.score} for m in verdict.candidates],
        "options": options,
        "theme": theme,
        "ms": round(spent, 3),
    }


def _theme(index: FaqIndex, match: Match) -> str | None:
    known = index.faq.entry(match.entry)
    return known.theme if known else None


def _told(index: FaqIndex, verdict: Verdict) -> str:
    """Give what a person would read."""
    from helpbot.core.matching import Answer, Clarify, Redirect

    match verdict:
        case Answer(match=match):
            entry = index.faq.entry(match.entry)
            assert entry  # noqa: S101  (an answer is always an entry of this FAQ)
            sources = [f"Source\u00a0: {s.title}{f' ({s.url})' if s.url else ''}" for s in entry.sources]
            return "\n".join(
                [entry.question, "", entry.answer_here.strip(), *([""] if sources else []), *sources]
            )
        case Clarify(options=options):
            lines = [f"  {n}. {_question(index, m.entry)}" for n, m in enumerate(options, 1)]
            return "\n".join(["Vouliez-vous dire\u00a0:", *lines, "  0. aucune"])
        case Redirect(id=known):
            return index.redirect(known).answer.strip()
        case _:
            theme = f" (thème\u00a0: {verdict.theme})" if verdict.theme else ""
            return f"Je ne sais pas\u00a0: la FAQ n'en dit rien{theme}. Il faut demander à un·e collègue."


def _one_line(record: dict[str, Any]) -> str:
    shown = record["entry"] or " | ".join(record["options"]) or record["theme"] or "-"
    return f"{record['decision']}\t{record['confidence']:.2f}\t{shown}"


def _question(index: FaqIndex, entry_id: str) -> str:
    known = index.faq.entry(entry_id)
    return known.question if known else entry_id


def explained(index: FaqIndex, verdict: Verdict) -> str:
    """Give the entries that were considered, with their confidence and the words that decided."""
    rows = [f"  {m.score:.2f}  {m.entry}  [{', '.join(m.why)}]" for m in verdict.candidates]
    limits = f"seuils\u00a0: répondre {index.answer_at:.2f}, proposer {index.clarify_at:.2f}"
    return "\n".join([f"{type(verdict).__name__.lower()} ({limits})", *rows])

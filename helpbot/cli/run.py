"""`helpbot run`: the bot."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from helpbot.cli._french import Verb
from helpbot.cli._options import config_file

if TYPE_CHECKING:
    from logging import Logger

    from helpbot.adapters.matrix import Trust
    from helpbot.settings import Settings

T = TypeVar("T")


@click.command(cls=Verb)
@config_file
@click.option(
    "--log", "log_format", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="Forme du journal, sur la sortie d'erreur : lisible, ou une ligne JSON par événement.",
)  # fmt: skip
@click.option("-v", "--verbose", is_flag=True, help="Journal détaillé, toujours sans noms ni contenu.")
def run(config: Path, log_format: str, verbose: bool) -> None:
    """Lance le bot et le laisse tourner.

    Journalise « ready » une fois la première synchronisation faite. SIGTERM et SIGINT : termine ce qui est
    en cours, puis s'arrête avec le code 0. Code 1 si le compte ou le dossier des données ne peut plus
    servir (dit pourquoi et que faire), 2 si la configuration est fausse (tous les problèmes d'un coup).
    """
    from helpbot.settings import SettingsApart

    coming = SettingsApart(config, os.environ)
    from helpbot.adapters.logs import set_up_logs
    from helpbot.adapters.memory import use_one_arena

    use_one_arena()
    import helpbot.bootstrap  # noqa: F401  (takes as long as the settings: side by side)

    settings = coming.get()
    set_up_logs(json=log_format == "json", verbose=verbose)
    sys.exit(asyncio.run(serve(settings)))


async def serve(settings: Settings) -> int:
    """Run the bot until a signal; returns the exit code."""
    import gc
    import logging
    import sqlite3

    gc.disable()  # for now: a hundred thousand objects come to stay
    from helpbot import bootstrap
    from helpbot.adapters.clock import SystemClock
    from helpbot.adapters.db import NewerSchema, OldSchema
    from helpbot.adapters.memory import give_back
    from helpbot.ports import LoggedOut, RateLimited, Refused, Unreachable

    log = logging.getLogger("helpbot.run")
    clock, stopping = SystemClock(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    try:
        index = bootstrap.load_index(settings)
        understanding = bootstrap.load_understanding(settings)
    finally:
        gc.enable()
    homeserver = bot = page = terminal = None
    watch = bootstrap.Watch(clock)
    try:
        try:
            page = await bootstrap.serve_health(settings, watch)
        except OSError as trouble:
            log.error(
                "nothing can listen on metrics.listen",
                extra={"listen": settings.metrics.listen, "why": trouble.strerror or str(trouble)},
            )
            return 1
        wait = 1_000
        while homeserver is None and not stopping.is_set():
            try:
                homeserver = await _unless(stopping, bootstrap.connect_matrix(settings, clock))
            except RateLimited as limited:
                wait = limited.retry_after_ms
                log.warning("the homeserver limits logins; waiting as told", extra={"wait_ms": wait})
                await _pause(stopping, wait)
            except Unreachable as trouble:
                watch.counters.unreachable(clock.now())
                log.warning(
                    "the homeserver cannot be reached", extra={"why": str(trouble), "retry_in_ms": wait}
                )
                await _pause(stopping, wait)
                wait = min(60_000, wait * 2)
        if homeserver is None:
            return 0
        watch.homeserver = homeserver
        terminal = await bootstrap.serve_terminal(settings, homeserver)
        _tell_recovery(log, settings, homeserver.trust)

        def ready() -> None:
            # What start-up left behind goes now; what stays is not looked at again.
            give_back()
            gc.freeze()
            log.info("ready", extra={"user": str(homeserver.user_id), "entries": entries})

        entries = len(index.faq.entries)
        bot = await bootstrap.make_bot(
            settings,
            index,
            homeserver,
            understanding=understanding,
            on_ready=ready,
            counters=watch.counters,
        )
        watch.bot = bot
        del index  # a reload puts another one in its place
        stopper = asyncio.create_task(_stop_when(stopping, bot.stop))
        try:
            await bot.run()
        finally:
            stopper.cancel()
    except LoggedOut as out:
        log.error("the account cannot be used", extra={"code": out.code, "why": str(out), "hint": out.hint})
        return 1
    except (OldSchema, NewerSchema, Refused) as trouble:
        log.error("the bot cannot run", extra={"why": str(trouble)})
        return 1
    except (OSError, sqlite3.Error) as trouble:
        why = getattr(trouble, "strerror", None) or str(trouble)
        hint = (
            "see its free space, its rights and its disk; nothing is lost, the next start goes on from there"
        )
        log.error(
            "the data folder cannot be used",
            extra={"folder": str(settings.data_dir), "why": why, "hint": hint},
        )
        return 1
    except Exception:
        # Python would print what the error quotes, which may be somebody's words; the log tells where it was.
        log.exception("a mistake in the program ended it; please report these lines")
        return 1
    else:
        log.info("stopped")
        return 0
    finally:
        if page is not None:
            await page.close()
        if homeserver is not None:
            await homeserver.close()  # which cancels a verification that is under way
        if terminal is not None:
            await terminal.close()
        if bot is not None:
            await bot.store.close()


def _tell_recovery(log: Logger, settings: Settings, trust: Trust) -> None:
    """Say in the log whether the identity would outlive the loss of the disk."""
    from helpbot.adapters.matrix import Recovery

    if trust.recovery is Recovery.MADE:
        path = str(settings.matrix.recovery_key_file)
        log.info("a recovery key was written; keep a copy elsewhere", extra={"file": path})
    elif trust.recovery is not Recovery.READY:
        hint = "give matrix.recovery_key_file, or see helpbot check"
        log.warning("the identity would be lost with the disk", extra={"hint": hint})


async def _unless(stopping: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Return what the work gives; None, with the work given up, when it is time to stop."""
    task, stop = asyncio.create_task(work), asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait([task, stop], return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        task.cancel()
        stop.cancel()
        await asyncio.gather(task, stop, return_exceptions=True)


async def _pause(stopping: asyncio.Event, wait_ms: int) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), wait_ms / 1000)
    except TimeoutError:
        return


async def _stop_when(stopping: asyncio.Event, stop: Callable[[], None]) -> None:
    await stopping.wait()
    stop()

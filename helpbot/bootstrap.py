"""Settings to a running bot: the only module that names concrete adapters."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from helpbot import __version__
from helpbot.adapters.badges import badge_signer
from helpbot.adapters.calendars import load_calendar
from helpbot.adapters.clock import SystemClock
from helpbot.adapters.db import open_store
from helpbot.adapters.erasures import journal_beside
from helpbot.adapters.faqfiles.learn import load_index as load_kept_index
from helpbot.adapters.faqfiles.watch import Signature, signature
from helpbot.adapters.faqfiles.write import FaqFolder
from helpbot.adapters.matrix import Account, MatrixHomeserver, Trust, connect, renew_identity
from helpbot.adapters.memory import give_back
from helpbot.adapters.pseudonyms import load_pseudonyms
from helpbot.core.addressing import Me
from helpbot.core.badges import Issuer
from helpbot.core.effects import Kind
from helpbot.core.erasure import Erasure
from helpbot.core.gaps import GapReport, Unanswered
from helpbot.core.hours import TIMEZONES, Break, OpenHours
from helpbot.core.ids import RoomId, UserId
from helpbot.core.matching import FaqIndex
from helpbot.core.moves import MoveState
from helpbot.core.problems import Problem, Problems
from helpbot.core.records import Seed
from helpbot.core.routing import Caps
from helpbot.core.tickets import Plan
from helpbot.flow.counters import Condition, Counters
from helpbot.flow.publish import Publisher
from helpbot.flow.reload import reload_faq
from helpbot.flow.runner import Bot
from helpbot.flow.setting import Badges, Policy, RoomPolicy, Setting
from helpbot.flow.survey import Surveyor
from helpbot.flow.understanding import Understanding
from helpbot.flow.write import Written
from helpbot.ports import Clock, ErasureJournal, Homeserver, Store
from helpbot.texts import load_catalogue

if TYPE_CHECKING:
    from helpbot.adapters.health import Health, HealthServer, Metric
    from helpbot.adapters.terminal import TerminalServer
    from helpbot.settings import Settings

log = logging.getLogger("helpbot.bootstrap")

FAQ_POLL_MS = 5_000
FAQ_QUIET_MS = 500
FIRST_REPLIES = (Kind.ANSWER, Kind.CLARIFY, Kind.REDIRECT, Kind.ROUTE, Kind.LATE)


def given_holidays(settings: Settings) -> dict[str, tuple[Break, ...]]:
    """Return the school holidays that the operator gave, by zone."""
    return {
        zone: tuple(Break(b.name, b.first, b.back) for b in breaks)
        for zone, breaks in settings.school_holidays.items()
    }


def make_policy(settings: Settings) -> Policy:
    """Return the operator's choices in the forms that decisions use."""
    routing, privacy = settings.routing, settings.privacy
    holidays = given_holidays(settings)
    calendar = load_calendar(settings.school_zone, settings.timezone, holidays)

    @lru_cache(maxsize=1000)  # a directory of thousands has few different hours
    def hours_of(hours: str, zone: str) -> OpenHours:
        own = calendar
        if zone and zone != settings.school_zone:
            own = load_calendar(zone, TIMEZONES.get(zone, settings.timezone), holidays)
        return OpenHours.parse(hours or routing.open_hours, own)

    return Policy(
        plan=Plan(
            waves=tuple(routing.waves),
            wait_first=routing.wait_minutes.first,
            wait_min=routing.wait_minutes.min,
            wait_max=routing.wait_minutes.max,
            claim_silence=routing.claim_silence_minutes,
            expire_days=routing.expire_school_days,
            caps=Caps(routing.caps.day, routing.caps.week, routing.caps.open),
        ),
        hours=OpenHours.parse(routing.open_hours, calendar),
        calendar=calendar,
        trusted_servers=tuple(settings.matrix.trusted_servers),
        ignored_users=tuple(settings.matrix.ignored_users),
        rooms={
            RoomId(room): RoomPolicy(
                listen=chosen.listen,
                threads=chosen.threads == "on",
                route_always=chosen.route == "toujours",
                school=chosen.school or "",
                academie=chosen.academie or "",
                level=chosen.level or "",
            )
            for room, chosen in settings.rooms.settings.items()
        },
        review_room=RoomId(settings.rooms.review) if settings.rooms.review else None,
        volunteers_room=RoomId(settings.rooms.volunteers) if settings.rooms.volunteers else None,
        referents=frozenset(UserId(u) for u in settings.referents),
        operators=frozenset(UserId(u) for u in settings.operators),
        controller=privacy.controller or "",
        dpo=privacy.dpo or "",
        unsolved_days=privacy.unsolved_days,
        solved_days=privacy.solved_days,
        help_log_months=privacy.help_log_months,
        alone_may_approve=settings.publishing.alone,
        site=settings.publishing.site or "",
        hours_of=hours_of,
    )


def load_index(settings: Settings) -> FaqIndex:
    """Return the index of the configured FAQ. Raises `Problems` with every problem at once."""
    chosen = settings.answering
    index = load_kept_index(
        settings.faq, settings.data_dir, answer_at=chosen.answer_at, clarify_at=chosen.clarify_at
    )
    index.verdict("")  # reads the rules of danger now rather than at the first question
    return index


def load_understanding(settings: Settings) -> Understanding | None:
    """Return the semantic extra that was chosen, None when there is none. Raises `Problems` of its folder."""
    chosen = settings.semantic
    if chosen.folder is not None:
        from helpbot.adapters.meaning.folder import StaticModel

        return Understanding(StaticModel.read(chosen.folder))
    if chosen.endpoint is not None:
        from helpbot.adapters.meaning.endpoint import Endpoint

        key = chosen.key.get_secret_value() if chosen.key else None
        return Understanding(Endpoint(chosen.endpoint, chosen.model or "", key))
    return None


def account_of(settings: Settings) -> Account:
    """Return the account to use, secrets read."""
    matrix = settings.matrix
    return Account(
        homeserver=matrix.homeserver,
        user_id=matrix.user_id,
        password=matrix.password.get_secret_value() if matrix.password else None,
        access_token=matrix.access_token.get_secret_value() if matrix.access_token else None,
        device_id=matrix.device_id,
    )


def open_database(settings: Settings) -> Store:
    """Return the store of the configuration. Raises `OldSchema`, `NewerSchema`, `OSError`."""
    url = settings.store.url.get_secret_value() if settings.store.url else None
    return open_store(url, settings.data_dir)


async def seed(store: Store, settings: Settings, forgotten: Callable[[str], bool]) -> None:
    """Write the volunteers of the configuration into the directory, but those who asked to be forgotten."""
    seeds = [
        Seed(
            user=UserId(v.user),
            themes=tuple(v.themes),
            hours=v.hours or "",
            zone=v.zone or "",
            school=v.school or "",
            academie=v.academie or "",
            level=v.level or "",
        )
        for v in settings.volunteers
        if not forgotten(v.user)
    ]
    if len(seeds) < len(settings.volunteers):
        left_out = len(settings.volunteers) - len(seeds)
        log.warning("volunteers of the configuration asked to be forgotten", extra={"left_out": left_out})
    await store.run(lambda tx: tx.seed_volunteers(seeds))


def read_journal(journal: ErasureJournal) -> list[Erasure]:
    """Return who was forgotten. Raises `Problems` when the journal cannot be read."""
    try:
        return journal.read()
    except OSError as error:
        what, hint = f"unreadable: {error.strerror}", "make it readable by the bot's user"
    except ValueError as error:
        what, hint = f"damaged: {error}", "give it back from your backup of keys, or mend the line"
    raise Problems([Problem("the journal of erasures", what, hint)])


async def connect_matrix(settings: Settings, clock: Clock) -> MatrixHomeserver:
    """Log in or take up the session. Raises the errors of `ports.Homeserver`."""
    return await connect(
        account_of(settings), settings.data_dir, clock, recovery_file=settings.matrix.recovery_key_file
    )


async def renew_matrix_identity(
    settings: Settings, clock: Clock, approve: Callable[[str], Awaitable[None]]
) -> Trust:
    """Give the account a new identity, with a new recovery key. Raises the errors of `ports.Homeserver`."""
    recovery_file = settings.matrix.recovery_key_file
    return await renew_identity(
        account_of(settings), settings.data_dir, clock, approve, recovery_file=recovery_file
    )


def make_badges(settings: Settings) -> Badges | None:
    """Return what badges are made with; None where the operator issues none."""
    badge = settings.badge
    if badge.issuer is None or badge.name is None:
        return None
    return Badges(Issuer(badge.issuer, badge.name), badge_signer(badge.key_file))


async def make_bot(
    settings: Settings,
    index: FaqIndex,
    homeserver: Homeserver,
    *,
    understanding: Understanding | None = None,
    on_ready: Callable[[], None] = lambda: None,
    clock: Clock | None = None,
    counters: Counters | None = None,
) -> Bot:
    """Put a bot together from settings and a connected account."""
    clock = clock or SystemClock()
    store = open_database(settings)
    alias = load_pseudonyms(settings.privacy.pseudonym_key_file)
    journal = journal_beside(settings.privacy.pseudonym_key_file)
    gone = {erasure.person for erasure in read_journal(journal)}
    await seed(store, settings, lambda user: alias(user) in gone)
    setting = Setting(
        me=Me(homeserver.user_id, homeserver.display_name),
        policy=make_policy(settings),
        catalogue=load_catalogue(settings.language),
        index=index,
        alias=alias,
        badges=make_badges(settings),
        understanding=understanding,
    )
    bot = Bot(
        store=store,
        homeserver=homeserver,
        clock=clock,
        setting=setting,
        journal=journal,
        sends_per_second=settings.matrix.max_sends_per_second,
        on_ready=on_ready,
        counters=counters or Counters(),
    )
    seen = [signature(settings.faq)]
    bot.faq_changes = partial(_next_faq_change, settings, store, clock, setting, seen)
    git = settings.publishing.git
    files = FaqFolder(settings.faq, commits=git != "off")
    reload_now = partial(_reload_now, settings, store, clock, setting, seen)
    bot.publisher = Publisher(files, reload_now, shares=git == "push")
    bot.surveyor = Surveyor(
        partial(_find_gaps, settings), _dead_links if settings.publishing.check_sources else None
    )
    return bot


async def _find_gaps(settings: Settings, asked: Sequence[Unanswered]) -> GapReport | None:
    from helpbot.adapters.faqfiles.missing import NotInstalled, find_missing

    chosen = settings.answering
    thresholds = (chosen.answer_at, chosen.clarify_at)
    try:
        return await find_missing(settings.faq, settings.data_dir, thresholds, asked)
    except NotInstalled:
        return None


async def _dead_links(urls: Iterable[str]) -> frozenset[str]:
    from helpbot.adapters.links import dead_links

    return await dead_links(urls)


def watch_faq(
    settings: Settings, store: Store, clock: Clock, setting: Setting
) -> Callable[[], Awaitable[Written]]:
    """Return what waits for the next change of the FAQ's files and reloads them."""
    return partial(_next_faq_change, settings, store, clock, setting, [signature(settings.faq)])


async def _reload_now(
    settings: Settings, store: Store, clock: Clock, setting: Setting, seen: list[Signature]
) -> Written:
    """Put a change of our own in use, of which the watcher need not learn once more."""
    now = await asyncio.to_thread(signature, settings.faq)
    written = await reload_faq(store, clock, setting, lambda: asyncio.to_thread(load_index, settings))
    seen[0] = now
    give_back()
    return written


async def _next_faq_change(
    settings: Settings, store: Store, clock: Clock, setting: Setting, seen: list[Signature]
) -> Written:
    while True:
        await clock.sleep_until(clock.now() + FAQ_POLL_MS)
        now = await asyncio.to_thread(signature, settings.faq)
        if now == seen[0]:
            continue
        # Half a file, or half of the files of a pull, would be told as broken: wait until it is quiet.
        before = None
        while before != now:
            await clock.sleep_until(clock.now() + FAQ_QUIET_MS)
            before, now = now, await asyncio.to_thread(signature, settings.faq)
        seen[0] = now
        # It takes a moment, on a thread (and to learn, in a process): questions go on being answered.
        written = await reload_faq(store, clock, setting, lambda: asyncio.to_thread(load_index, settings))
        give_back()  # the index that was
        return written


@dataclass(slots=True)
class Watch:
    """What is shown of the bot while it runs, from before it is connected."""

    clock: Clock
    counters: Counters = field(default_factory=Counters)
    homeserver: MatrixHomeserver | None = None
    bot: Bot | None = None

    def health(self) -> Health:
        """Return whether the bot serves, and why not."""
        from helpbot.adapters.health import Health

        now, counters = self.clock.now(), self.counters
        condition = counters.condition(now)
        told: dict[str, object] = {"status": condition.value, "version": __version__}
        if condition is not Condition.OK:
            told["reason"] = self._reason(condition)
        if counters.synced_at is not None:
            told["last_sync"] = _utc(counters.synced_at)
        if counters.unreachable_since is not None:
            told["homeserver_unreachable_since"] = _utc(counters.unreachable_since)
        if self.bot is not None:
            setting = self.bot.setting
            faq = setting.index.faq
            told["faq"] = {
                "revision": faq.revision,
                "entries": len(faq.entries),
                "broken": setting.faq_broken,
            }
        return Health(condition is Condition.OK, told)

    def _reason(self, condition: Condition) -> str:
        counters = self.counters
        if condition is Condition.LOGGED_OUT:
            return f"the account cannot be used: {counters.logged_out}"
        if condition is Condition.UNREACHABLE:
            return f"the homeserver has not answered since {_utc(counters.unreachable_since or 0)}"
        if condition is Condition.SILENT:
            return f"no sync has come since {_utc(counters.synced_at or 0)}"
        return "the first sync has not come yet"

    async def metrics(self) -> list[Metric]:
        """Return every figure."""
        from helpbot.adapters.health import Metric, counter, gauge

        counters = self.counters
        healthy = counters.condition(self.clock.now()) is Condition.OK
        found = [
            Metric("helpbot_info", "What runs.", {__version__: 1}, label="version"),
            gauge("helpbot_healthy", "1 when /health answers 200.", healthy),
            gauge(
                "helpbot_last_sync_timestamp_seconds",
                "When the last sync was taken in; 0 before the first.",
                (counters.synced_at or 0) / 1000,
            ),
            Metric(
                "helpbot_questions_total",
                "Questions by the kind of their first reply.",
                {kind.value: counters.questions.get(kind.value, 0) for kind in FIRST_REPLIES},
                label="first_reply",
                counter=True,
            ),
            counter("helpbot_timers_done_total", "Timers carried out.", counters.timers),
        ]
        if self.homeserver is not None:
            left_out = self.homeserver.health
            meaning = "Encrypted events that were opened when their key came late."
            found.append(counter("helpbot_late_keys_total", meaning, left_out.late))
            found.append(
                Metric(
                    "helpbot_left_out_total",
                    "Events and keys that came and could not be used.",
                    {
                        "malformed": left_out.malformed,
                        "undecryptable": left_out.undecryptable,
                        "withheld": left_out.withheld,
                    },
                    label="why",
                    counter=True,
                )
            )
        return found if self.bot is None else [*found, *await _bot_metrics(self.bot)]


async def _bot_metrics(bot: Bot) -> list[Metric]:
    from helpbot.adapters.health import Metric, counter, gauge

    backlog = await bot.store.run(lambda tx: tx.backlog())
    moves = await bot.store.run(lambda tx: tx.moves())
    faq = bot.setting.index.faq
    return [
        counter("helpbot_sends_total", "Events sent to rooms.", bot.deliverer.sent),
        Metric(
            "helpbot_outbox",
            "Messages that wait to be sent, or were set aside for a person to look at.",
            {"waiting": backlog.outbox_waiting, "parked": backlog.outbox_parked},
            label="state",
        ),
        Metric(
            "helpbot_inbox",
            "Events that wait for a decision, or were set aside for a person to look at.",
            {"waiting": backlog.inbox_waiting, "parked": backlog.inbox_parked},
            label="state",
        ),
        counter(
            "helpbot_unreadable_told_total",
            "Authors told that the key to their message has not come.",
            bot.unreadable.told,
        ),
        gauge("helpbot_sealed", "Encrypted events whose key has not come yet.", backlog.sealed),
        gauge("helpbot_timers", "Timers that are set.", backlog.timers),
        gauge(
            "helpbot_rooms_not_followed",
            "Rooms that were replaced by others into which the bot has not followed.",
            sum(move.state is not MoveState.DONE for move in moves),
        ),
        gauge("helpbot_faq_entries", "Entries in use.", len(faq.entries)),
        Metric("helpbot_faq_info", "The FAQ in use.", {faq.revision: 1}, label="revision"),
        gauge("helpbot_faq_broken", "1 when the files do not load as they are.", bot.setting.faq_broken),
    ]


async def serve_health(settings: Settings, watch: Watch) -> HealthServer | None:
    """Serve `/health` and `/metrics` where the configuration says so. Raises `OSError`."""
    if settings.metrics.listen is None:
        return None
    from helpbot.adapters.health import HealthServer

    server = HealthServer(watch.health, watch.metrics)
    try:
        await server.start(settings.metrics.listen)
    except OSError:
        await server.close()
        raise
    return server


async def serve_terminal(settings: Settings, homeserver: MatrixHomeserver) -> TerminalServer | None:
    """Let `helpbot verify` reach the bot; None where nobody may verify it or the folder takes no socket."""
    users = frozenset((*settings.referents, *settings.operators))
    if not users:
        return None
    from helpbot.adapters.terminal import TerminalServer

    server = TerminalServer(settings.data_dir, homeserver.verifier, homeserver.user_id, users)
    try:
        await server.start()
    except OSError as trouble:
        log.warning("no terminal can reach the bot", extra={"why": trouble.strerror or str(trouble)})
        return None
    return server


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

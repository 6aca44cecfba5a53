"""Settings to a running bot: the only module that names concrete adapters."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from helpbot.adapters.calendars import load_calendar
from helpbot.adapters.clock import SystemClock
from helpbot.adapters.db import open_store
from helpbot.adapters.faqfiles.learn import load_index as load_kept_index
from helpbot.adapters.faqfiles.watch import signature
from helpbot.adapters.matrix import Account, MatrixHomeserver, connect
from helpbot.adapters.memory import give_back
from helpbot.adapters.pseudonyms import load_pseudonyms
from helpbot.core.addressing import Me
from helpbot.core.hours import Break, OpenHours
from helpbot.core.ids import RoomId, UserId
from helpbot.core.matching import FaqIndex
from helpbot.core.records import Seed
from helpbot.core.routing import Caps
from helpbot.core.tickets import Plan
from helpbot.flow.reload import reload_faq
from helpbot.flow.runner import Bot
from helpbot.flow.setting import Policy, RoomPolicy, Setting
from helpbot.flow.write import Written
from helpbot.ports import Clock, Homeserver, Store
from helpbot.settings import Settings
from helpbot.texts import load_catalogue

FAQ_POLL_MS = 2_000


def make_policy(settings: Settings) -> Policy:
    """Return the operator's choices in the forms that decisions use."""
    routing, privacy = settings.routing, settings.privacy
    holidays = _given_holidays(settings)
    calendar = load_calendar(settings.school_zone, settings.timezone, holidays)

    def hours_of(hours: str, zone: str) -> OpenHours:
        own = load_calendar(zone, settings.timezone, holidays) if zone else calendar
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
        controller=privacy.controller or "",
        dpo=privacy.dpo or "",
        unsolved_days=privacy.unsolved_days,
        solved_days=privacy.solved_days,
        help_log_months=privacy.help_log_months,
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


async def seed(store: Store, settings: Settings) -> None:
    """Write the volunteers of the configuration into the directory."""
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
    ]
    await store.run(lambda tx: tx.seed_volunteers(seeds))


async def connect_matrix(settings: Settings, clock: Clock) -> MatrixHomeserver:
    """Log in or take up the session. Raises the errors of `ports.Homeserver`."""
    return await connect(account_of(settings), settings.data_dir, clock)


async def make_bot(
    settings: Settings,
    index: FaqIndex,
    homeserver: Homeserver,
    *,
    on_ready: Callable[[], None] = lambda: None,
    clock: Clock | None = None,
) -> Bot:
    """Put a bot together from settings and a connected account."""
    clock = clock or SystemClock()
    store = open_database(settings)
    await seed(store, settings)
    setting = Setting(
        me=Me(homeserver.user_id, homeserver.display_name),
        policy=make_policy(settings),
        catalogue=load_catalogue(settings.language),
        index=index,
        alias=load_pseudonyms(settings.privacy.pseudonym_key_file),
    )
    bot = Bot(
        store=store,
        homeserver=homeserver,
        clock=clock,
        setting=setting,
        sends_per_second=settings.matrix.max_sends_per_second,
        on_ready=on_ready,
    )
    bot.faq_changes = partial(_next_faq_change, settings, store, clock, setting, [signature(settings.faq)])
    return bot


async def _next_faq_change(
    settings: Settings, store: Store, clock: Clock, setting: Setting, seen: list[object]
) -> Written:
    while True:
        await clock.sleep_until(clock.now() + FAQ_POLL_MS)
        now = await asyncio.to_thread(signature, settings.faq)
        if now == seen[0]:
            continue
        seen[0] = now
        # It takes a moment, on a thread (and to learn, in a process): questions go on being answered.
        written = await reload_faq(store, clock, setting, lambda: asyncio.to_thread(load_index, settings))
        give_back()  # the index that was
        return written


def _given_holidays(settings: Settings) -> dict[str, tuple[Break, ...]]:
    return {
        zone: tuple(Break(b.name, b.first, b.back) for b in breaks)
        for zone, breaks in settings.school_holidays.items()
    }

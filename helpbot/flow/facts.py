"""What a decision needs, loaded at the head of its transaction and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from helpbot.core import notices as say
from helpbot.core.confidentiality import may_show
from helpbot.core.effects import JobKind, Kind
from helpbot.core.hours import OpenHours
from helpbot.core.ids import RoomId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.core.matching import Answer, Clarify, Redirect, Route
from helpbot.core.moves import where_now
from helpbot.core.records import Listed, Load, Seed
from helpbot.core.routing import WEEKS, Origin, Volunteer
from helpbot.core.spans import WEEK
from helpbot.core.tickets import Facts, Reply, Shown, Ticket
from helpbot.core.volunteering import caps_of, next_heard
from helpbot.flow.setting import Policy, Setting
from helpbot.ports import Tx

ALTERNATIVE_AT = 0.2
"""An entry less likely than this is not offered after a ❌."""


def load_facts(
    tx: Tx, setting: Setting, ticket: Ticket, now: int, *, people: bool, here: RoomId | None = None
) -> Facts:
    """Return the facts for a decision on a ticket; volunteers only when `people` may be asked.

    `here`: the room of the message that is decided on.
    """
    policy = setting.policy
    chosen = policy.room(ticket.room)
    room = room_facts(tx, ticket.room)
    stays = policy.volunteers_room == ticket.room
    volunteers_room = tx.room(policy.volunteers_room) if people and policy.volunteers_room else None
    return Facts(
        now=now,
        origin=Origin(room, chosen.school, chosen.academie, chosen.level),
        hours=policy.hours,
        calendar=policy.calendar,
        plan=policy.plan,
        consent_given=chosen.route_always and stays,
        threads=chosen.threads,
        volunteers=load_volunteers(tx, policy, now) if people else (),
        volunteers_room=volunteers_room.facts if volunteers_room else None,
        here=room_facts(tx, here) if here is not None else None,
        asker_direct=tx.direct_room(ticket.asker) if ticket.told is not None else None,
        review_room=policy.review_room,
        referents=bool(policy.referents),
        credit_of=lambda user: credit(tx, setting, user),
        name_of=setting.names.first_name,
        ends_at=lambda of: ends_at(tx, of),
        heard_at=lambda user, at: heard_at(tx, policy, user, at),
        title_of=setting.index.faq.theme_title,
    )


def credit(tx: Tx, setting: Setting, helper: UserId) -> str:
    """Return the name under which somebody answers: the first name, or the whole one where they chose so."""
    row = tx.listed(helper)
    whole = row is not None and not row.stopped and row.chosen.full_name
    return setting.names.full_name(helper) if whole else setting.names.first_name(helper)


def room_facts(tx: Tx, room: RoomId) -> RoomFacts:
    """Return what is known of a room; the defaults for one that the store does not know."""
    row = tx.room(room)
    return row.facts if row else RoomFacts(room)


def goes_on_in(tx: Tx, policy: Policy, room: RoomId) -> RoomId:
    """Return where what belongs into a room is said now: in what replaced it, if no more people read there.

    What was agreed for a room is no agreement for a more open one (rule 7).
    """
    now = where_now(room, policy.moved)
    return now if may_show(room_facts(tx, room), room_facts(tx, now)) else room


def load_volunteers(tx: Tx, policy: Policy, now: int) -> tuple[Volunteer, ...]:
    """Return the directory with everybody's load; a day begins at local midnight."""
    midnight = policy.calendar.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    loads = tx.loads(
        day_since=int(midnight.timestamp() * 1000),
        week_since=now - WEEK,
        month_since=now - WEEKS * WEEK,
    )
    return tuple(
        _volunteer(tx, policy, row, load=loads.get(row.user, Load()), now=now) for row in tx.volunteers()
    )


def own_hours(policy: Policy, seed: Seed) -> OpenHours:
    """Return when a volunteer may be asked, by their own word or the operator's."""
    if policy.hours_of is not None and (seed.hours or seed.zone):
        return policy.hours_of(seed.hours, seed.zone)
    return policy.hours


def ends_at(tx: Tx, ticket: Ticket) -> int | None:
    """Return when a question ends without an answer; None where no timer says so."""
    timer = tx.timer(ticket.id, JobKind.EXPIRE)
    return timer.due if timer is not None else None


def heard_at(tx: Tx, policy: Policy, user: UserId, at: int) -> int | None:
    """Return the first moment from `at` on at which somebody who helps may be pinged; None: never.

    `at` itself where their hours never meet the shared ones, and they help all the same.
    """
    row = tx.listed(user)
    if row is None or row.stopped:
        return policy.hours.next_open(at) if user in policy.referents else None
    away = (row.away_from, row.away_until)
    found = next_heard(own_hours(policy, row.volunteer), policy.hours, away, at)
    return at if found is None else found


def _volunteer(tx: Tx, policy: Policy, row: Listed, *, load: Load, now: int) -> Volunteer:
    seed = row.volunteer
    return Volunteer(
        user=row.user,
        themes=frozenset(seed.themes),
        hours=own_hours(policy, seed),
        school=seed.school,
        academie=seed.academie,
        level=seed.level,
        direct=tx.direct_room(row.user),
        noticed=row.noticed,
        asked_day=load.day,
        asked_week=load.week,
        asked_month=load.month,
        open_asks=load.open,
        caps=caps_of(row.chosen.load),
        learning=frozenset(row.chosen.learning),
        away_until=row.away_until if row.away_from <= now else 0,
        usual_minutes=row.usual_minutes,
        habits=row.habits,
    )


def first_reply(setting: Setting, text: str, before: str | None, now: int) -> Reply:
    """Return what the FAQ makes of a question."""
    verdict = setting.verdict_of(text, before)
    revision = setting.index.faq.revision
    match verdict:
        case Redirect(redirect_id, urgent):
            return redirection(setting, redirect_id, urgent=urgent)
        case Answer(match, candidates):
            shown = show(setting, match.entry, now)
            if shown is not None:
                others = (c.entry for c in candidates if c.entry != match.entry and c.score >= ALTERNATIVE_AT)
                return Reply(
                    Kind.ANSWER,
                    shown.notice,
                    entry=match.entry,
                    theme=_theme(setting, match.entry),
                    alternatives=tuple(others)[:3],
                    revision=revision,
                )
        case Clarify(options):
            ids = tuple(o.entry for o in options)
            titles = tuple(title_of(setting)(i) or i for i in ids)
            theme = _theme(setting, ids[0])
            return Reply(Kind.CLARIFY, say.Clarify(titles), theme=theme, options=ids, revision=revision)
        case Route():
            pass
    theme = verdict.theme if isinstance(verdict, Route) else None
    return Reply(Kind.ROUTE, say.RouteOffer(after_no=False), theme=theme, revision=revision)


def redirection(setting: Setting, redirect_id: str, *, urgent: bool) -> Reply:
    """Return the fixed answer of a redirection."""
    known = setting.index.redirect(redirect_id)
    notice = say.Redirected(say.Markdown(known.answer), urgent, known.small_talk)
    return Reply(Kind.REDIRECT, notice, entry=redirect_id, sensitive=urgent)


def late_reply(asked_at: int, policy: Policy) -> Reply:
    """Return the word on a question that is first seen too late."""
    day = policy.calendar.local(asked_at).date().isoformat()
    return Reply(Kind.LATE, say.Late(day))


def show(setting: Setting, entry_id: str, now: int) -> Shown | None:
    """Return an entry as it is shown; None when the FAQ has it no more."""
    entry = setting.index.faq.entry(entry_id)
    if entry is None:
        return None
    today = datetime.fromtimestamp(now / 1000, UTC).date()
    return Shown(
        entry.id,
        say.FaqAnswer(
            answer=say.Markdown(entry.answer_here),
            sources=tuple((s.title, s.url) for s in entry.sources),
            reviewed=entry.reviewed.isoformat() if entry.reviewed else "",
            stale=entry.review_by is not None and entry.review_by < today,
            credit=entry.credit,
            link=f"{setting.policy.site}fiches/{quote(quote(entry.id, safe=''))}.html"
            if setting.policy.site
            else "",
        ),
    )


def title_of(setting: Setting) -> Callable[[str], str | None]:
    """Return the function from an entry's id to its question."""
    faq = setting.index.faq

    def title(entry_id: str) -> str | None:
        entry = faq.entry(entry_id)
        return entry.question if entry else None

    return title


def _theme(setting: Setting, entry_id: str) -> str | None:
    entry = setting.index.faq.entry(entry_id)
    return entry.theme if entry else None

"""One policy played through one world: a queue of moments over the bot's own tickets."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from helpbot.core import tickets
from helpbot.core.effects import FENCED, JobKind, Kind, Reacted, Schedule, Send
from helpbot.core.hours import Calendar, OpenHours
from helpbot.core.ids import EventId, RoomId, TicketId, UserId
from helpbot.core.incoming import RoomFacts
from helpbot.core.routing import Origin
from helpbot.core.spans import DAY, MINUTE
from helpbot.core.tickets import Decision, Facts, OfferState, State, Ticket
from helpbot.simulate.policies import Policy, Turn
from helpbot.simulate.roster import ACADEMIE, Roster
from helpbot.simulate.world import Person, Question, World

VOLUNTEERS_ROOM = RoomFacts(RoomId("!volunteers:example.org"))
_AT_WORK = (State.ASKED, State.CLAIMED)
_LIVE = (OfferState.OPEN, OfferState.CLAIMED)


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody was asked."""

    at: int
    person: int
    question: int
    held: int
    """How many asks they held already."""


@dataclass(slots=True)
class Story:
    """What became of one question. Moments are Unix ms."""

    question: Question
    contacts: int = 0
    claimed_at: int | None = None
    answered_at: int | None = None
    solved: bool = False
    state: State = State.OPEN


@dataclass(frozen=True, slots=True)
class Played:
    """A play that is over."""

    world: World
    policy: str
    fatigue: bool
    stories: tuple[Story, ...]
    asks: tuple[Ask, ...]
    left_at: tuple[int, ...]
    """When each person stopped, for whatever reason."""


@dataclass(slots=True)
class _Reaction:
    """What somebody makes of an offer, drawn from the seed, the question and the person alone."""

    at: int | None
    takes: bool
    passes: bool
    forgets: bool
    wakes: bool
    answer_minutes: float
    good: bool


@dataclass(slots=True)
class Play:
    """The state of a play."""

    world: World
    policy: Policy
    roster: Roster
    queue: list[tuple[int, int, Callable[[int], None]]] = field(default_factory=list)
    counter: int = 0
    tickets: dict[int, Ticket] = field(default_factory=dict)
    timers: dict[tuple[int, JobKind], tuple[int, int]] = field(default_factory=dict)
    """When each timer of a question is due and the epoch it was set in: one of a kind, as in the store."""
    stories: list[Story] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)
    reactions: dict[tuple[int, int], _Reaction] = field(default_factory=dict)
    hours: OpenHours = field(init=False)

    def __post_init__(self) -> None:
        known = self.world.open_hours
        always = OpenHours.parse("toujours", Calendar(self.world.calendar.timezone))
        self.hours = known if self.policy.minds_hours else always

    def run(self) -> Played:
        """Play every question to its end."""
        self.stories = [Story(question) for question in self.world.questions]
        for question in self.world.questions:
            self.later(question.at, partial(self.begin, question))
        end = self.world.days.midnights[-1]
        while self.queue and self.queue[0][0] < end:
            now, _, act = heapq.heappop(self.queue)
            act(now)
        for k, ticket in self.tickets.items():
            self.stories[k].state = ticket.state
        return Played(
            self.world,
            self.policy.name,
            self.roster.fatigue,
            tuple(self.stories),
            tuple(self.asks),
            tuple(self.roster.left_at),
        )

    def later(self, at: int | None, act: Callable[[int], None]) -> None:
        """Do something at a moment; of two at the same one, what was said first."""
        if at is not None:
            self.counter += 1
            heapq.heappush(self.queue, (at, self.counter, act))

    # --- what happens

    def begin(self, question: Question, now: int) -> None:
        """Let the asker agree to being helped: the search begins."""
        room = RoomId(f"!{question.school}:example.org")
        ticket = Ticket(
            TicketId(question.index),
            f"Q{question.index}",
            room,
            question.asker,
            EventId(f"$q{question.index}"),
            None,
            "",
            now,
            theme=question.theme if question.known else None,
        )
        self.tickets[question.index] = ticket
        self.apply(question.index, tickets.wants_human(ticket, self.facts(question.index, now)), now)

    def timer(self, k: int, job: JobKind, epoch: int, now: int) -> None:
        """Let a timer be due as the flow does: unless it was set anew, or its step is over."""
        if self.timers.get((k, job)) != (now, epoch):
            return
        del self.timers[k, job]
        step = job in FENCED
        if not step or self.tickets[k].epoch == epoch:
            self.apply(k, tickets.due(self.tickets[k], job, self.facts(k, now, people=step)), now)

    def react(self, k: int, n: int, now: int) -> None:
        """Let somebody look at an offer: they take it, pass it, or leave it."""
        ticket, user = self.tickets[k], self.world.people[n].user
        offer = next((o for o in ticket.offers if o.user == user), None)
        if offer is None or offer.state is not OfferState.OPEN or self.roster.left_at[n] <= now:
            return
        reaction = self.reactions[k, n]
        if reaction.takes:
            facts = self.facts(k, now, people=False)
            self.claim(k, n, tickets.claimed(ticket, user, offer.slot, offer.room, facts, private=True), now)
        elif reaction.passes:
            self.apply(k, tickets.passed(ticket, user, self.facts(k, now)), now)

    def find_post(self, k: int, n: int, now: int) -> None:
        """Let somebody come across the post without a ping, and take the question."""
        ticket, user = self.tickets[k], self.world.people[n].user
        if not ticket.posted or self.roster.left_at[n] <= now or not self.reaction(k, n, 1, now, 0.0).takes:
            return
        facts = self.facts(k, now, people=False)
        decision = tickets.claimed(ticket, user, tickets.POST, VOLUNTEERS_ROOM.room, facts, private=False)
        self.claim(k, n, decision, now)

    def claim(self, k: int, n: int, decision: Decision, now: int) -> None:
        """Carry a claim out; an answer follows, mostly."""
        mine = decision.ticket.helper == self.world.people[n].user
        self.apply(k, decision, now)
        if not mine:
            return
        story = self.stories[k]
        story.claimed_at = story.claimed_at or now
        reaction = self.reactions[k, n]
        if not reaction.forgets:
            self.answer_later(k, n, now)

    def answer_later(self, k: int, n: int, now: int) -> None:
        """Let somebody write their answer when they have had the time."""
        person, reaction = self.world.people[n], self.reactions[k, n]
        at = self.world.days.after(now, reaction.answer_minutes, person.free)
        self.later(at, partial(self.answer, k, n))

    def answer(self, k: int, n: int, now: int) -> None:
        """Relay an answer; the asker marks it, mostly."""
        ticket, user = self.tickets[k], self.world.people[n].user
        if ticket.helper != user or ticket.state is not State.CLAIMED:
            return
        room = next(o.room for o in ticket.offers if o.user == user)
        event, slot, facts = EventId(f"$a{k}/{n}"), ticket.helper_slot, self.facts(k, now, people=False)
        self.apply(k, tickets.helper_says(ticket, user, event, "", slot, room, facts, private=True), now)
        story, good = self.stories[k], self.reactions[k, n].good
        story.answered_at = story.answered_at or now
        story.solved = story.solved or good
        if random.Random(f"{self.world.seed}/{k}/{n}/mark").random() < self.world.behaviour.marks:
            self.later(self.hours.add_open_minutes(now, 30), partial(self.mark, k, good=good))

    def mark(self, k: int, now: int, *, good: bool) -> None:
        """Let the asker tap ✅, or ❌ for another helper."""
        ticket = self.tickets[k]
        if ticket.state is State.ANSWERED:
            facts = self.facts(k, now)
            decision = (
                tickets.said_yes(ticket, facts) if good else tickets.said_no(ticket, lambda _: None, facts)
            )
            self.apply(k, decision, now)

    # --- what it is decided from, and what follows

    def facts(self, k: int, now: int, *, people: bool = True) -> Facts:
        """Return what a decision looks at; volunteers where somebody may be asked."""
        question = self.world.questions[k]
        ticket = self.tickets[k]
        turn = Turn(self.world, self.roster, question, frozenset(o.user for o in ticket.offers), now)
        return Facts(
            now=now,
            origin=Origin(RoomFacts(ticket.room), question.school, ACADEMIE, question.level),
            hours=self.hours,
            calendar=self.world.calendar,
            plan=self.policy.plan,
            volunteers=self.policy.volunteers(turn) if people else (),
            volunteers_room=VOLUNTEERS_ROOM,
        )

    def apply(self, k: int, decision: Decision, now: int) -> None:
        """Carry a decision out as the flow does."""
        before, ticket = self.tickets[k], decision.ticket
        offers = [e for e in decision.effects if isinstance(e, Send) and e.kind is Kind.OFFER]
        crowd = sum(e.slot.startswith("offer/") and bool(e.mentions) for e in offers)
        for offer in offers:
            if not offer.mentions:
                self.post(k, now)
            elif offer.slot.startswith("offer/"):
                self.ask(k, offer.mentions[0], crowd, now)
            else:
                self.remind(k, offer.mentions[0], now)
        self.tickets[k] = ticket
        for effect in decision.effects:
            if isinstance(effect, Schedule):
                self.timers[k, effect.job] = (effect.due, ticket.epoch)
                self.later(effect.due, partial(self.timer, k, effect.job, ticket.epoch))
            elif isinstance(effect, Reacted):
                self.roster.note_reaction(self.roster.index[effect.user], effect, now)
        held, holds = _holders(before), _holders(ticket)
        for user in held ^ holds:
            self.roster.note_open(user, 1 if user in holds else -1)

    def ask(self, k: int, user: UserId, crowd: int, now: int) -> None:
        """Send somebody an offer."""
        n = self.roster.index[user]
        person = self.world.people[n]
        self.stories[k].contacts += 1
        self.asks.append(Ask(now, n, k, self.roster.open[n]))
        welcome = self.roster.is_open(person.hours, now) and not self.roster.away_until(n, now)
        tired = self.roster.note_asked(n, now, welcome=welcome)
        reaction = self.reaction(k, n, crowd, now, tired)
        self.later(reaction.at, partial(self.react, k, n))
        fed_up = random.Random(f"{self.world.seed}/{k}/{n}/quits").random() if tired else 1.0
        if fed_up < self.world.behaviour.quits * tired:
            self.roster.note_left(n, now)

    def remind(self, k: int, user: UserId, now: int) -> None:
        """Remind somebody of a claim."""
        n = self.roster.index[user]
        if self.reactions[k, n].wakes:
            self.answer_later(k, n, now)

    def post(self, k: int, now: int) -> None:
        """Post without a ping, then in the digests of the mornings that follow."""
        self.shown(k, self.world.behaviour.post_seen, now)
        morning = self.world.open_hours.add_school_days(now, 1)
        self.later(morning - morning % DAY + 7 * 60 * MINUTE, partial(self.digest, k))

    def digest(self, k: int, now: int) -> None:
        """Name a question in the morning's digest, as long as nobody took it."""
        if self.tickets[k].state in (State.OPEN, State.ASKED):
            self.shown(k, self.world.behaviour.digest_seen, now)
            self.later(self.world.open_hours.add_school_days(now, 1), partial(self.digest, k))

    def shown(self, k: int, chance: float, now: int) -> None:
        """Show a question to whoever comes by, with a chance each, within half a day."""
        rng = random.Random(f"{self.world.seed}/{k}/{now}/post")
        question = self.world.questions[k]
        for n in self.roster.pool(question.theme, now):
            if rng.random() < chance:
                person = self.world.people[n]
                at = self.world.days.after(now, rng.uniform(0, 200), person.free)
                if person.user != question.asker:
                    self.later(at, partial(self.find_post, k, n))

    def reaction(self, k: int, n: int, crowd: int, now: int, tired: float) -> _Reaction:
        """Draw what somebody makes of a question: the same draw under every policy."""
        made = _reaction(self.world, self.world.questions[k], n, crowd, now, tired)
        self.reactions[k, n] = made
        return made


def _reaction(world: World, question: Question, n: int, crowd: int, now: int, tired: float) -> _Reaction:
    person, b = world.people[n], world.behaviour
    rng = random.Random(f"{world.seed}/{question.index}/{n}")
    sees, wants, says, wakes, good, at_once = (rng.random() for _ in range(6))
    pace, length = rng.gauss(0, b.reaction_asks), rng.gauss(0, b.answer_spread)
    near = person.school == question.school
    attention = person.attention * math.exp(-b.tiring * tired) * crowd**-b.crowd
    knows, level = question.theme in person.skill, person.level == question.level
    willing = (person.willing if knows else b.off_theme_willing) * (1 if level else b.other_level_willing)
    willing = min(0.98, willing * (b.school_willing if near else 1))
    solves = person.skill.get(question.theme, b.off_theme_solves) * (1 if level else b.other_level_solves)
    minutes = person.pace * math.exp(pace) * (b.school_pace if near else 1)
    return _Reaction(
        at=_seen_at(world, person, now, minutes, eager=at_once < b.off_reacts) if sees < attention else None,
        takes=wants < willing,
        passes=says < b.passes,
        forgets=rng.random() < b.forgets,
        wakes=wakes < b.reminded,
        answer_minutes=b.answer_minutes * math.exp(length),
        good=good < solves,
    )


def _seen_at(world: World, person: Person, now: int, minutes: float, *, eager: bool) -> int | None:
    day, minute = world.days.where(now)
    reachable = world.days.school[day] and 465 <= minute < 1110
    if eager and not reachable and 7 * 60 <= minute < 23 * 60:
        return now + int(minutes * 60_000)
    return world.days.after(now, minutes, person.free)


def _holders(ticket: Ticket) -> set[UserId]:
    """Return who holds an ask of this ticket, as the store counts it."""
    if ticket.state not in _AT_WORK:
        return set()
    return {o.user for o in ticket.offers if o.state in _LIVE}


def play(world: World, policy: Policy, *, fatigue: bool) -> Played:
    """Play a policy through a world."""
    return Play(world, policy, Roster(world, fatigue=fatigue)).run()

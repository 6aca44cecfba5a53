"""FAQ files changed: a new index swapped in whole, or the problems told to the review room."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from helpbot.core import notices as say
from helpbot.core.effects import Kind
from helpbot.core.matching import FaqIndex
from helpbot.core.problems import Problems
from helpbot.flow.setting import Setting
from helpbot.flow.write import Writer, Written
from helpbot.ports import Clock, Store, Tx

log = logging.getLogger("helpbot.reload")

MAX_SHOWN = 10


async def reload_faq(
    store: Store, clock: Clock, setting: Setting, load: Callable[[], Awaitable[FaqIndex]]
) -> Written:
    """Load aside and swap. On any problem the last good index stays and the review room is told once."""
    try:
        index = await load()
    except Problems as broken:
        log.error("the FAQ does not load; the last good one stays", extra={"problems": len(broken.found)})
        lines = tuple(p.in_a_chat for p in broken.found[:MAX_SHOWN])
        if setting.faq_problems == lines:  # saved again, and nothing of it mended
            return Written()
        setting.faq_problems = lines
        return await store.run(partial(_tell, setting=setting, notice=say.FaqBroken(lines), now=clock.now()))
    was_broken, setting.faq_problems = setting.faq_broken, ()
    setting.index = index
    setting.judged.clear()
    log.info("FAQ loaded", extra={"entries": len(index.faq.entries), "revision": index.faq.revision})
    if not was_broken:
        return Written()
    notice = say.FaqLoaded(len(index.faq.entries))
    return await store.run(partial(_tell, setting=setting, notice=notice, now=clock.now()))


def _tell(tx: Tx, setting: Setting, notice: say.Notice, now: int) -> Written:
    room = setting.policy.review_room
    digest = hashlib.sha256(repr(notice).encode()).hexdigest()[:16]
    writer = Writer(tx, setting, f"faq/{digest}/{now}", now)
    if room is not None:
        referents = tuple(sorted(setting.policy.referents)) if isinstance(notice, say.FaqBroken) else ()
        writer.say(room, notice, Kind.STATUS, purpose="faq", mentions=referents)
    return writer.written

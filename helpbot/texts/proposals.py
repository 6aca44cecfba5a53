"""The made-up fields of the notices about proposals (helpbot/core/notices/proposals.py)."""

from __future__ import annotations

from collections.abc import Callable

from helpbot.core.notices import Notice
from helpbot.core.notices import proposals as say
from helpbot.texts.markup import escape

Word = Callable[..., str]
NBSP = "\u00a0"


def derived(notice: Notice, word: Word, day: Callable[[str], str]) -> dict[str, str]:
    """Return the fields that the words of these notices use beside their own; empty for any other."""
    match notice:
        case say.PinNoted(what):
            return {"what_words": word(f"_pin_{what}")}
        case say.CreditAsked(ref, own):
            return {"opening_words": word("_credit_own" if own else "_credit_other", ref=ref)}
        case say.CreditNoted(what):
            return {"what_words": word(f"_credit_{what}")}
        case say.ProposalCard():
            return _card(notice, word)
        case say.VariantsCard(_, groups, twins):
            told = [_group(n, *g, word) for n, g in enumerate(groups, 1)]
            return {"groups_list": "\n\n".join(told + [_twin(*twin, word) for twin in twins])}
        case say.CardObjection(what):
            return {"what_words": word(f"_objection_{what}")}
        case say.CardRefused(told):
            return {"told_words": word("_refused_told") if told else ""}
        case say.NotAmended(problems, themes):
            there = ", ".join(escape(t) for t in themes)
            listed = (word(f"_amend_{what}", of=escape(of), themes=there) for what, of in problems)
            return {"problems_list": "\n".join(f"- {line}" for line in listed)}
        case say.EntryWritten(_, _, what):
            return {"what_words": word(f"_written_{what}")}
        case say.EntryNotWritten(_, why, details):
            named = ", ".join(_field(d, word) for d in details) if why == "changed" else ""
            why = "changed_bare" if why == "changed" and not named else why
            lines = "" if named or not details else "\n" + "\n".join(f"- {escape(d)}" for d in details)
            return {"why_words": word(f"_not_written_{why}", fields=named) + lines}
        case say.HistoryNotShared(what, problem):
            return {"what_words": word(f"_unshared_{what}", problem=escape(problem))}
        case say.AnswerKept(what, said):
            words = word(f"_kept_{what}", word=escape(said)) if said else word(f"_kept_{what}_bare")
            return {"what_words": words}
        case say.FaqHelp(verbs):
            return {"verbs_list": "\n".join(f"- `!faq {verb}` {word(f'_faq_{verb}')}" for verb in verbs)}
        case say.EntryShown():
            return _entry(notice, word, day)
        case say.EntriesFound(what, of, entries, more):
            items = (f"- `{i}` {escape(q)}" for i, q in entries)
            rest = word("_found_more", more=str(more)) if more else ""
            return {
                "opening_words": word(f"_found_{what}", of=escape(of)),
                "entries_list": "\n".join(items),
                "more_line": rest,
            }
        case say.History(changes):
            return {"changes_list": "\n".join(_changed(c, word, day) for c in changes) or word("_no_history")}
        case say.SayWhat(verb):
            return {"usage_words": word(f"_usage_{verb}")}
        case say.Missing(gaps, what):
            lines = "\n".join(_lacking(g, word) for g in gaps)
            return {"opening_words": word(f"_gaps_{what}"), "gaps_list": lines}
        case say.FaqWeek(gaps, waiting, old):
            parts = [word("_week_gaps") + "\n" + "\n".join(_lacking(g, word) for g in gaps)] if gaps else []
            parts += [word("_week_waiting", count=str(waiting))] if waiting else []
            parts += [word("_week_old", count=str(old))] if old else []
            return {"parts_list": "\n\n".join(parts)}
        case say.RereadCard(_, entry, why):
            known = {"due": word("_old_due"), "refused": word("_old_refused")}
            reasons = [known.get(w) or word("_old_link", link=escape(w)) for w in why]
            return {**_entry(entry, word, day), "reasons_list": "\n".join(f"- {r}" for r in reasons)}
        case say.NotUndone(what):
            return {"what_words": word(f"_not_undone_{what}")}
        case _:
            return {}


def _group(number: int, question: str, variants: tuple[str, ...], never: tuple[str, ...], word: Word) -> str:
    refused = [word("_never", text=escape(v)) for v in never]
    return "\n".join([f"**{number}** {escape(question)}", *(f"- {escape(v)}" for v in variants), *refused])


def _twin(name: str, theirs: str, mine: str, word: Word) -> str:
    return word("_card_twin", id=escape(name), theirs=escape(theirs), mine=escape(mine))


def _card(card: say.ProposalCard, word: Word) -> dict[str, str]:
    parts = [_body(card, word)]
    parts += [_twin(*twin, word) for twin in card.twins]
    parts += [word("_card_near", near=_named(card.near))] if card.near else []
    parts += [word("_card_contradicts", id=escape(i), said=escape(s)) for i, s in card.contradicts]
    lacks = ", ".join(word(f"_missing_{name}") for name in card.missing)
    themes = f" ({', '.join(escape(t) for t in card.themes)})" if card.themes else ""
    parts += [word("_card_missing", what=lacks + themes)] if lacks else []
    parts += [word("_card_waits")] if card.waits else []
    opening = word(f"_card_{card.origin}", number=str(card.number))
    return {"opening_words": opening, "body_words": "\n\n".join(parts)}


def _body(card: say.ProposalCard, word: Word) -> str:
    if card.changes:
        shown = [word("_card_entry", question=escape(card.question))]
        for change in card.changes:
            name = _field(change.field, word)
            shown.append(word("_card_before", field=name, text=_lines(change.before) or "> –"))
            shown.append(word("_card_after", field=name, text=_lines(change.after) or "> –"))
        return "\n\n".join(shown)
    lines = [word("_card_question", question=escape(card.question) or "…", theme=escape(card.theme) or "?")]
    lines.append(_lines(str(card.answer)) or "> …")
    extra = []
    if card.variants:
        extra.append(word("_card_variants", variants=" · ".join(escape(v) for v in card.variants)))
    if card.sources:
        named = ", ".join(f"[{escape(t)}]({u})" if u else escape(t) for t, u in card.sources)
        extra.append(word("_card_sources", sources=named))
    if card.credit:
        extra.append(word("_card_credit", credit=escape(card.credit)))
    return "\n\n".join([*lines, "\n".join(extra)]).strip()


def _lacking(gap: say.Lacking, word: Word) -> str:
    count = word("_gap_count", count=str(gap.count)) if gap.count else ""
    theme = f" · {escape(gap.theme)}" if gap.theme else ""
    name = "_gap" if gap.question else "_gap_of_words"
    return word(name, label=escape(gap.label), question=escape(gap.question), count=count, theme=theme)


def _entry(entry: say.EntryShown, word: Word, day: Callable[[str], str]) -> dict[str, str]:
    asked = " · ".join(escape(v) for v in entry.variants)
    told = [word("_card_variants", variants=asked)] if asked else []
    if entry.never:
        told.append(f"{_field('never', word)}{NBSP}: {' · '.join(escape(v) for v in entry.never)}")
    if entry.sources:
        named = ", ".join(f"[{escape(t)}]({u})" if u else escape(t) for t, u in entry.sources)
        told.append(word("_card_sources", sources=named))
    told += [word("_card_credit", credit=escape(entry.credit))] if entry.credit else []
    for name in ("owner", "reviewed", "review_by", "archived"):
        value = getattr(entry, name)
        if value:
            shown = escape(value) if name == "owner" else day(value)
            told.append(f"{_field(name, word)}{NBSP}: {shown}")
    return {
        "title_words": word("_card_question", question=escape(entry.question), theme=escape(entry.theme)),
        "answer_lines": _lines(str(entry.answer)),
        "about_lines": "\n".join(f"- {line}" for line in told),
    }


def _changed(change: say.Changed, word: Word, day: Callable[[str], str]) -> str:
    undone = word("_history_taken_back") if change.undone else ""
    what = word(f"_history_{change.what}")
    return f"- {day(change.day)}{NBSP}: {what} `{change.entry}` {escape(change.question)}{undone}"


def _lines(markdown: str) -> str:
    return "\n".join(f"> {line}" for line in markdown.strip().splitlines())


def _named(near: tuple[tuple[str, str], ...]) -> str:
    return " ; ".join(f"«{NBSP}{escape(q)}{NBSP}» (`{i}`)" for i, q in near)


def _field(name: str, word: Word) -> str:
    return word(f"_field_{name}")

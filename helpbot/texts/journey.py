"""The made-up fields of what somebody is told of what they gave (helpbot/core/notices/journey.py)."""

from __future__ import annotations

import html

from helpbot.core.badges import BadgeWords
from helpbot.core.journey import Journey
from helpbot.core.notices import Notice
from helpbot.core.notices import journey as say
from helpbot.texts.markup import escape, to_html, to_plain
from helpbot.texts.words import Words

_PAGE = """\
<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ max-width: 40rem; margin: 2rem auto; padding: 0 1rem; font: 1.1rem/1.6 system-ui, sans-serif }}
body {{ color: #1b1b1f; background: #fff }}
h1 {{ font-size: 1.7rem }}
li {{ margin: .4rem 0 }}
@media print {{ body {{ margin: 0; font-size: 12pt }} }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def derived(notice: Notice, words: Words) -> dict[str, str]:
    """Return the fields that the words of these notices use beside their own; empty for any other."""
    match notice:
        case say.MyJourney(found, months, badges):
            kept = "_journey_kept" if found.kept else "_journey_passing"
            return {
                "journey_list": lines(found, words),
                "kept_words": words.word(kept, months=str(months)),
                "files_words": words.word("_journey_files_badge" if badges else "_journey_files"),
            }
        case say.NoJourney(kept):
            return {"kept_words": words.word("_journey_will_keep") if kept else ""}
        case _:
            return {}


def document(words: Words, found: Journey, *, name: str, today: str) -> tuple[str, str]:
    """Return what somebody gave as a Markdown text and as an HTML page to print; `today` is an ISO day."""
    word = words.word
    who = word("_journey_of", name=escape(name)) if name else ""
    title, day = word("_journey_title"), word("_journey_made", day=words.day(today))
    text = "\n\n".join(p for p in (who, lines(found, words), word("_journey_about"), day) if p)
    page = _PAGE.format(title=html.escape(title), body=to_html(text))
    return f"# {title}\n\n{text}\n", page


def badge_words(words: Words, found: Journey) -> BadgeWords:
    """Return what a badge says of somebody's journey."""
    word = words.word
    narrative = to_plain(lines(found, words))
    return BadgeWords(word("_badge_name"), word("_badge_description"), word("_badge_criteria"), narrative)


def lines(found: Journey, words: Words) -> str:
    """Return what somebody gave as a Markdown list."""
    word = words.word
    told = [word("_journey_answers" if found.answers > 1 else "_journey_answer", count=str(found.answers))]
    if found.thanks:
        told.append(word("_journey_thanks", count=str(found.thanks)))
    if found.themes:
        named = ", ".join(f"{escape(title)} ({count})" for title, count in found.themes)
        told.append(word("_journey_themes", themes=named))
    if found.levels:
        named = ", ".join(escape(words.level(level)) for level in found.levels)
        told.append(word("_journey_levels", levels=named))
    if found.competences:
        told.append(word("_journey_competences", codes=", ".join(map(escape, found.competences))))
    if found.months:
        told.append(_months(found.months, words))
    return "\n".join(f"- {line}" for line in told)


def _months(months: tuple[str, ...], words: Words) -> str:
    first, last = words.month(months[0]), words.month(months[-1])
    if len(months) == 1:
        return words.word("_journey_month", month=first)
    return words.word("_journey_months", first=first, last=last, count=str(len(months)))

"""One entry's own lines in a FAQ file: found, changed, added, taken out. Every other line stays as it is.

The lines of an entry are read and written by ruamel.yaml, which keeps comments, order and style; around
them nothing passes through YAML at all. Imported only when something is to be written: 5 MB.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString, ScalarString
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from helpbot.core.editing import FIELDS
from helpbot.core.faq import FaqEntry, Source

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ITEM = re.compile(r"^( *)-(?: +|$)", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


class Unchangeable(Exception):
    """The entry is written in a way whose lines cannot be told from those of others."""


@dataclass(frozen=True, slots=True)
class Block:
    """The lines `[start, end)` of an entry, its dash standing `indent` columns in."""

    id: str
    start: int
    end: int
    indent: int


def blocks(text: str) -> list[Block]:
    """Return the entries' places in the text of a file that is known to load, in order."""
    root = yaml.compose(text, Loader=_LOADER)
    entries = _value(root, "entries")
    if not isinstance(entries, SequenceNode) or entries.flow_style:
        return []
    lines = text.splitlines(keepends=True)
    starts = [_dash(lines, node.start_mark.line) for node in entries.value]
    ends = [*starts[1:], min(entries.end_mark.line, len(lines))]
    found = []
    for node, start, end in zip(entries.value, starts, ends, strict=True):
        indent = len(lines[start]) - len(lines[start].lstrip(" "))
        if entries.value[-1] is node and end <= start:
            end = len(lines)
        found.append(Block(_id(node), start, _without_tail(lines, start, end, indent), indent))
    return found


def block_of(text: str, entry_id: str) -> Block | None:
    """Return an entry's place; None when the file has it not."""
    return next((b for b in blocks(text) if b.id == entry_id), None)


def lines_of(text: str, block: Block) -> str:
    """Return an entry's own lines."""
    return "".join(text.splitlines(keepends=True)[block.start : block.end])


def put(text: str, block: Block, new: str) -> str:
    """Return the text with other lines in place of an entry's; none to take it out, with one blank line."""
    lines = text.splitlines(keepends=True)
    start, end = block.start, block.end
    if not new and end < len(lines) and not lines[end].strip():
        end += 1
    elif not new and end >= len(lines) and not lines[start - 1].strip():
        start -= 1
    tail = lines[end:]
    if new and not new.endswith("\n") and tail:
        new += "\n"
    return "".join([*lines[:start], new, *tail])


def add(text: str, new: str) -> str:
    """Return the text with an entry's lines after the last one; `new` has its dash at column 0."""
    known = blocks(text)
    lines = text.splitlines(keepends=True)
    if known:
        last = known[-1]
        if lines[last.end - 1][-1:] != "\n":
            lines[last.end - 1] += "\n"
        apart = len(known) == 1 or any(not lines[b.start - 1].strip() for b in known[1:])
        at, indent, before = last.end, last.indent, "\n" if apart else ""
    else:
        at, indent, before = _room_for_first(lines, text), 2, ""
    return "".join([*lines[:at], before, _indented(new, indent), *lines[at:]])


def written(entry: FaqEntry) -> str:
    """Return the lines of a new entry, its dash at column 0."""
    values = CommentedMap({"id": entry.id})
    for name in FIELDS:
        if value := getattr(entry, name):
            values[name] = _plain(name, value)
    return _dumped(values, offset=2)


def rewritten(lines: str, old: FaqEntry, new: FaqEntry, indent: int) -> str:
    """Return an entry's lines with the fields changed in which two versions differ."""
    dash = _ITEM.match(lines)
    if dash is None or dash[0].endswith("\n"):
        raise Unchangeable
    width = len(dash[0])
    first, *rest = lines.splitlines(keepends=True)
    # Without its dash it is a mapping at the margin, where comments keep the columns that they had.
    source = "".join([first[width:], *(_less(line, width) for line in rest)])
    values = _yaml(_offset_of(source)).load(source)
    if not isinstance(values, CommentedMap):
        raise Unchangeable
    for name in FIELDS:
        value = getattr(new, name)
        if value == getattr(old, name):
            continue
        if name in ("variants", "never") and value and isinstance(values.get(name), CommentedSeq):
            _change_list(values[name], value)
        elif value:
            _set(values, name, _plain(name, value))
        else:
            values.pop(name, None)
    return _indented(_dumped(values, _offset_of(source), width - indent), indent)


def _set(values: CommentedMap, name: str, value: Any) -> None:
    if name not in values:
        after = [n for n in ("id", *FIELDS[: FIELDS.index(name)]) if n in values]
        values.insert(list(values).index(after[-1]) + 1, name, value)
        return
    old = values[name]
    if isinstance(old, ScalarString) and not isinstance(old, LiteralScalarString) and "\n" not in str(value):
        value = type(old)(value)
    values[name] = value


def _change_list(seq: CommentedSeq, wanted: tuple[str, ...]) -> None:
    for at in reversed(range(len(seq))):
        if str(seq[at]).strip() not in wanted:
            del seq[at]
    here = [str(v).strip() for v in seq]
    last = len(seq) - 1
    for value in wanted:
        if value not in here:
            seq.append(_text(value))
    # A blank line after the list belongs to its last item: it goes along.
    if last >= 0 and len(seq) - 1 > last and last in seq.ca.items and _is_blank(seq.ca.items[last]):
        seq.ca.items[len(seq) - 1] = seq.ca.items.pop(last)


def _is_blank(comment: Any) -> bool:
    return all(token is None or not str(getattr(token, "value", "x")).strip() for token in comment)


def _plain(name: str, value: Any) -> Any:
    """Return a field's value as YAML is to show it."""
    if name == "answer":
        return LiteralScalarString(_text(value) + "\n")
    if name in ("variants", "never", "keywords"):
        return CommentedSeq(_text(v) for v in value)
    if name == "sources":
        return CommentedSeq(_source(s) for s in value)
    if name == "local":
        return CommentedMap((k, _text(v)) for k, v in value)
    return value if isinstance(value, date) else _text(value)


def _source(source: Source) -> CommentedMap:
    shown = CommentedMap({"title": _text(source.title)})
    if source.url:
        shown["url"] = source.url
    return shown


def _text(value: str) -> str:
    """Return a text without what YAML cannot hold, and without spaces at the end of its lines."""
    clean = _CONTROL.sub(" ", value.replace("\r\n", "\n").replace("\t", "    "))
    return "\n".join(line.rstrip() for line in clean.strip().split("\n"))


def _yaml(offset: int) -> YAML:
    rt = YAML()
    rt.preserve_quotes = True
    rt.width = 1_000_000
    rt.allow_unicode = True
    rt.indent(mapping=2, sequence=offset + 2, offset=offset)
    return rt


def _less(line: str, width: int) -> str:
    """Return a line without its margin."""
    return line[min(width, len(line) - len(line.lstrip(" "))) :]


def _dumped(values: CommentedMap, offset: int, width: int = 2) -> str:
    """Return a mapping as one item of a list: its dash at column 0, its keys at `width`."""
    out = io.StringIO()
    _yaml(offset).dump(values, out)
    body = out.getvalue().removesuffix("...\n")
    first, *rest = body.splitlines(keepends=True)
    dash, pad = "-".ljust(width), " " * width
    return "".join([dash + first, *(pad + line if line.strip() else line for line in rest)])


def _offset_of(source: str) -> int:
    """Return how far the dashes of inner lists stand in from their key, as this entry is written."""
    before = None
    for line in source.splitlines():
        item = _ITEM.match(line)
        if item and before is not None:
            return max(0, len(item[1]) - before)
        if line.strip():
            before = len(line) - len(line.lstrip()) if line.rstrip().endswith(":") else None
    return 2


def _indented(text: str, columns: int) -> str:
    pad = " " * columns
    return "".join(pad + line if line.strip() else line for line in text.splitlines(keepends=True))


def _room_for_first(lines: list[str], text: str) -> int:
    """Make `entries:` ready for its first item; return the line after it."""
    root = yaml.compose(text, Loader=_LOADER)
    node = _value(root, "entries")
    if node is None or (isinstance(node, SequenceNode) and node.value):
        raise Unchangeable
    at = next((n for n, line in enumerate(lines) if line.startswith("entries:")), None)
    if at is None:
        raise Unchangeable
    lines[at] = "entries:\n"
    return at + 1


def _dash(lines: list[str], line: int) -> int:
    """Return the line of an item's dash: that of its first key, or one above."""
    for at in range(line, max(-1, line - 20), -1):
        if _ITEM.match(lines[at]):
            return at
    raise Unchangeable


def _without_tail(lines: list[str], start: int, end: int, indent: int) -> int:
    """Leave the blank lines and comments at the end of an item to what comes next."""
    while end > start + 1:
        line = lines[end - 1]
        outside = line.lstrip().startswith("#") and len(line) - len(line.lstrip(" ")) <= indent
        if line.strip() and not outside:
            break
        end -= 1
    return end


def _value(root: Node | None, key: str) -> Node | None:
    if not isinstance(root, MappingNode):
        return None
    return next((v for k, v in root.value if isinstance(k, ScalarNode) and k.value == key), None)


def _id(node: Node) -> str:
    value = _value(node, "id")
    return str(value.value).strip() if isinstance(value, ScalarNode) else ""

"""FAQ files as values, or everything that is wrong with them at once, with file and line.

The problems are read by referents who write the files, so they are in French. `load_faq` refuses what the bot
could not use; `lint_faq` finds what it could use but should not stay.
"""

from __future__ import annotations

import gc
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from itertools import accumulate
from pathlib import Path

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from helpbot.core import french
from helpbot.core.faq import Faq, FaqEntry, Redirect, Source
from helpbot.core.problems import Problem, Problems

REDIRECTS = "redirects.yaml"
MAX_BYTES = 64_000_000
"""A file larger than this is no FAQ."""
PLACEHOLDER = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]{0,40})\}")
MAX_DEPTH = 50

_BRACKETS = re.compile(r"[\[\]{}]")
_STAIRS = re.compile(rf"^(?: {{{MAX_DEPTH},}}|(?:[-?:] +){{{MAX_DEPTH // 2},}})", re.MULTILINE)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FILE_KEYS = ("theme", "title", "crcn_edu", "entries")
_ENTRY_KEYS = (
    "id", "question", "variants", "never", "keywords", "answer", "sources", "credit", "owner", "reviewed",
    "review_by", "local", "archived",
)  # fmt: skip
_REDIRECT_KEYS = ("id", "when", "answer", "urgent", "small_talk")
_NULL = "tag:yaml.org,2002:null"
_YES, _NO = {"true", "yes", "on", "oui"}, {"false", "no", "off", "non"}


@dataclass(frozen=True, slots=True)
class Placed:
    """Where things stand in the files: for warnings that need a line."""

    entries: dict[str, str]
    """Entry or redirection id -> `file:line`."""
    phrasings: tuple[tuple[str, str, str], ...]
    """(id, phrasing, `file:line`) for each question, variant and `when`."""
    themes: dict[str, str] = field(default_factory=dict)
    """Theme -> the first file about it."""


def load_faq(folder: Path) -> Faq:
    """Read every FAQ file of a folder. Raise Problems with all that is wrong."""
    faq, _, found = read_folder(folder)
    if found:
        raise Problems(found)
    return faq


def read_folder(
    folder: Path, instead: Mapping[str, bytes] | None = None
) -> tuple[Faq, Placed, list[Problem]]:
    """Read a folder as far as it can be read: what it says, where, and what is wrong.

    `instead` gives files, by name, as they would be: to check a change before it is made.
    """
    reader = _Reader(instead or {})
    was_collecting = gc.isenabled()
    gc.disable()  # a hundred thousand small nodes, none of them in a cycle
    try:
        digest = reader.folder(folder)
    finally:
        if was_collecting:
            gc.enable()
    reader.check_placeholders()
    archived = tuple(reader.archived)
    faq = Faq(tuple(reader.entries), tuple(reader.redirects), tuple(reader.titles), digest, archived)
    return faq, Placed(reader.places, tuple(reader.phrasings), reader.themes), reader.found


@dataclass(slots=True)
class _Reader:
    instead: Mapping[str, bytes]
    entries: list[FaqEntry] = field(default_factory=list)
    archived: list[FaqEntry] = field(default_factory=list)
    redirects: list[Redirect] = field(default_factory=list)
    titles: list[tuple[str, str]] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)
    themes: dict[str, str] = field(default_factory=dict)
    phrasings: list[tuple[str, str, str]] = field(default_factory=list)
    found: list[Problem] = field(default_factory=list)
    file: str = ""
    _seen: set[int] = field(default_factory=set)
    _kept: list[Node] = field(default_factory=list)

    # What is wrong, and where

    def problem(self, at: Node | int, what: str, hint: str = "") -> None:
        line = at if isinstance(at, int) else at.start_mark.line + 1
        self.found.append(Problem(f"{self.file}:{line}", what, hint))

    # From folder to files

    def folder(self, folder: Path) -> str:
        digest = hashlib.sha256()
        try:
            found = {p for p in folder.iterdir() if is_faq_file(p)}
            paths = sorted(found | {folder / name for name in self.instead})
        except OSError as error:
            what = (
                "ce dossier n'existe pas" if not folder.exists() else f"dossier illisible ({error.strerror})"
            )
            self.found.append(
                Problem(str(folder), what, "indiquez le dossier qui contient vos fichiers .yaml")
            )
            return ""
        if not paths:
            hint = "ajoutez au moins un fichier de thème, par exemple pix.yaml"
            self.found.append(Problem(str(folder), "aucun fichier .yaml dans ce dossier", hint))
        for path in paths:
            self.file = str(path)
            raw = self.content(path)
            digest.update(path.name.encode() + b"\0" + raw + b"\0")
            if (root := self.root(raw)) is not None:
                self.redirect_file(root) if path.name == REDIRECTS else self.theme_file(root)
        return digest.hexdigest()[:12]

    def content(self, path: Path) -> bytes:
        if path.name in self.instead:
            return self.instead[path.name]
        try:
            if path.stat().st_size > MAX_BYTES:
                self.problem(1, "fichier trop gros pour une FAQ", "partagez-le en plusieurs fichiers")
                return b""
            return path.read_bytes()
        except OSError as error:
            self.problem(1, f"fichier illisible ({error.strerror})", "vérifiez ses droits d'accès")
            return b""

    def root(self, raw: bytes) -> MappingNode | None:
        if self.found and self.found[-1].where == f"{self.file}:1" and not raw:
            return None
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
            self.problem(
                line, "ce texte n'est pas en UTF-8", "réenregistrez le fichier avec l'encodage UTF-8"
            )
            return None
        if not text.strip():
            self.problem(1, "fichier vide", "donnez-lui « theme » et « entries », ou supprimez-le")
            return None
        try:
            if _too_deep(text):
                self.problem(1, "YAML imbriqué trop profondément", "suivez le modèle d'une autre fiche")
                return None
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as error:
            self.bad_yaml(error, text)
            return None
        if not isinstance(node, MappingNode):
            self.problem(node or 1, "le fichier doit commencer par des clés", "par exemple « theme: pix »")
            return None
        return node

    def bad_yaml(self, error: yaml.YAMLError, text: str) -> None:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 1
        lines = text.splitlines()
        at = lines[line - 1] if 0 < line <= len(lines) else ""
        if (position := getattr(error, "position", None)) is not None and not mark:
            line = text[:position].count("\n") + 1
            self.problem(line, "caractère invisible interdit en YAML", "effacez-le et retapez le mot")
        elif "\t" in at[: len(at) - len(at.lstrip())] or "\\t" in str(getattr(error, "problem", "")):
            self.problem(
                line, "tabulation dans la marge", "YAML veut des espaces : remplacez chaque tabulation"
            )
        elif "mapping values are not allowed" in str(error):
            self.problem(line, "« : » au milieu d'un texte", "mettez ce texte entre guillemets droits")
        else:
            what = getattr(error, "problem", None) or str(error).split("\n", 1)[0]
            hint = "vérifiez la marge, les guillemets et les crochets de cette ligne et de la précédente"
            self.problem(line, f"YAML mal formé ({what})", hint)

    # From nodes to values

    def mapping(self, node: Node, known: tuple[str, ...], what: str) -> dict[str, Node]:
        if not isinstance(node, MappingNode):
            self.problem(node, f"{what} doit être une suite de clés", f"par exemple « {known[0]}: … »")
            return {}
        if not self.first_time(node):
            return {}
        out: dict[str, Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, ScalarNode) else ""
            if known and name not in known:
                self.problem(key, f"clé inconnue « {name} »", _did_you_mean(name, known))
            elif name in out:
                self.problem(key, f"clé « {name} » donnée deux fois", "gardez-en une")
            else:
                out[name] = value
        return out

    def first_time(self, node: Node) -> bool:
        """Refuse aliases: they would let a small file stand for an enormous one."""
        if id(node) in self._seen:
            self.problem(node, "alias YAML (*nom) non pris en charge", "recopiez le texte en toutes lettres")
            return False
        self._seen.add(id(node))
        self._kept.append(node)  # its id stays its own
        return True

    def items(self, node: Node | None, what: str) -> list[Node]:
        if node is None or _is_null(node):
            return []
        if not isinstance(node, SequenceNode):
            self.problem(node, f"« {what} » doit être une liste", "une ligne par élément, avec un tiret")
            return []
        return list(node.value) if self.first_time(node) else []

    def text(self, node: Node | None, what: str) -> str | None:
        if node is None or _is_null(node):
            return None
        if not isinstance(node, ScalarNode):
            hint = "mettez entre guillemets un texte qui contient « : », « [ » ou « { »"
            self.problem(node, f"« {what} » doit être un texte", hint)
            return None
        return str(node.value)

    def required(self, given: dict[str, Node], key: str, owner: Node) -> str:
        value = self.text(given.get(key), key)
        if value is None or not value.strip():
            if key not in given or _is_null(given[key]) or value is not None:
                self.problem(given.get(key, owner), f"« {key} » manque", f"ajoutez « {key}: … »")
            return ""
        return value.strip()

    def texts(self, node: Node | None, what: str) -> Iterator[tuple[str, Node]]:
        for item in self.items(node, what):
            value = self.text(item, what)
            if value and value.strip():
                yield value.strip(), item

    def day(self, node: Node | None, what: str) -> date | None:
        value = self.text(node, what)
        if value is None or node is None:
            return None
        try:
            return date.fromisoformat(value.strip())
        except ValueError:
            self.problem(
                node, f"« {what} » n'est pas une date : {value[:30]}", "écrivez par exemple 2027-09-01"
            )
            return None

    def flag(self, node: Node | None, what: str) -> bool:
        value = self.text(node, what)
        if node is None or value is None or value.lower() in _NO:
            return False
        if value.lower() not in _YES:
            self.problem(node, f"« {what} » doit être true ou false", "")
        return True

    def new_id(self, given: dict[str, Node], owner: Node) -> str:
        value = self.required(given, "id", owner)
        if not value:
            return ""
        if value in self.places:
            where = self.places[value]
            self.problem(
                given["id"], f"identifiant « {value} » déjà pris", f"renommez celui-ci ou celui de {where}"
            )
        else:
            self.places[value] = f"{self.file}:{given['id'].start_mark.line + 1}"
        return value

    # The two kinds of files

    def theme_file(self, root: MappingNode) -> None:
        given = self.mapping(root, _FILE_KEYS, "le fichier")
        theme = self.required(given, "theme", root)
        self.themes.setdefault(theme, self.file)
        self.titles.append((theme, (self.text(given.get("title"), "title") or theme).strip()))
        crcn = tuple(value for value, _ in self.texts(given.get("crcn_edu"), "crcn_edu"))
        if "entries" not in given:
            self.problem(root, "« entries » manque", "ajoutez « entries: » puis vos fiches")
        for node in self.items(given.get("entries"), "entries"):
            self.entry(node, theme, crcn)

    def entry(self, node: Node, theme: str, crcn: tuple[str, ...]) -> None:
        given = self.mapping(node, _ENTRY_KEYS, "une fiche")
        if not given:
            return
        entry_id = self.new_id(given, node)
        question = self.required(given, "question", node)
        answer = self.required(given, "answer", node)
        archived = self.day(given.get("archived"), "archived")
        placed = self.phrasing if archived is None else lambda _id, text, _node: text
        variants = tuple(placed(entry_id, v, n) for v, n in self.texts(given.get("variants"), "variants"))
        if "question" in given:
            placed(entry_id, question, given["question"])
        entry = FaqEntry(
            id=entry_id,
            theme=theme,
            question=question,
            answer=answer,
            variants=variants,
            keywords=tuple(v for v, _ in self.texts(given.get("keywords"), "keywords")),
            sources=tuple(self.sources(given.get("sources"))),
            owner=self.text(given.get("owner"), "owner"),
            reviewed=self.day(given.get("reviewed"), "reviewed"),
            review_by=self.day(given.get("review_by"), "review_by"),
            local=self.pairs(given.get("local")),
            crcn_edu=crcn,
            credit=(self.text(given.get("credit"), "credit") or "").strip(),
            archived=archived,
            never=tuple(self.refused((question, *variants), given.get("never"))),
        )
        (self.entries if archived is None else self.archived).append(entry)

    def refused(self, phrasings: tuple[str, ...], node: Node | None) -> Iterator[str]:
        """Give the questions that an entry does not answer. One that is a phrasing of it is a problem."""
        known = {french.fold(p) for p in phrasings}
        for text, at in self.texts(node, "never"):
            if french.fold(text) in known:
                what = f"« {text[:60]} » est à la fois une formulation et dans « never »"
                self.problem(at, what, "gardez l'une des deux")
            yield text

    def phrasing(self, entry_id: str, text: str, node: Node) -> str:
        self.phrasings.append((entry_id, text, f"{self.file}:{node.start_mark.line + 1}"))
        return text

    def sources(self, node: Node | None) -> Iterator[Source]:
        for item in self.items(node, "sources"):
            given = self.mapping(item, ("title", "url"), "une source")
            if given:
                url = (self.text(given.get("url"), "url") or "").strip()
                yield Source(self.required(given, "title", item), url)

    def pairs(self, node: Node | None) -> tuple[tuple[str, str], ...]:
        if node is None or _is_null(node):
            return ()
        given = self.mapping(node, (), "local")
        return tuple((name, self.text(value, name) or "") for name, value in given.items())

    def redirect_file(self, root: MappingNode) -> None:
        given = self.mapping(root, ("redirects",), "le fichier")
        for node in self.items(given.get("redirects"), "redirects"):
            told = self.mapping(node, _REDIRECT_KEYS, "une redirection")
            if told:
                name = self.new_id(told, node)
                when = tuple(self.phrasing(name, v, n) for v, n in self.texts(told.get("when"), "when"))
                answer = self.required(told, "answer", node)
                urgent = self.flag(told.get("urgent"), "urgent")
                small_talk = self.flag(told.get("small_talk"), "small_talk")
                self.redirects.append(Redirect(name, when, answer, urgent, small_talk))

    def check_placeholders(self) -> None:
        """Refuse `{name}` without a value, once a FAQ uses local values at all."""
        if any(e.local for e in self.entries):
            self.found.extend(missing_values(self.entries, self.places))


def missing_values(
    entries: list[FaqEntry] | tuple[FaqEntry, ...], places: dict[str, str]
) -> Iterator[Problem]:
    """Give a problem for each `{name}` of an answer that has no local value."""
    for entry in entries:
        known = dict(entry.local)
        for name in dict.fromkeys(PLACEHOLDER.findall(entry.answer)):
            if name not in known:
                hint = (
                    _did_you_mean(name, tuple(known))
                    if known
                    else f"ajoutez « local: {{{name}: …}} » à la fiche"
                )
                yield Problem(
                    places.get(entry.id, entry.id), f"« {{{name}}} » n'a pas de valeur locale", hint
                )


def is_faq_file(path: Path) -> bool:
    """Tell whether a file of the folder belongs to the FAQ."""
    return path.suffix in {".yaml", ".yml"} and not path.name.startswith((".", "#")) and path.is_file()


def _too_deep(text: str) -> bool:
    """Tell whether a text nests so deeply that composing it would exhaust the stack of libyaml's binding."""
    steps = accumulate(1 if c in "[{" else -1 for c in _BRACKETS.findall(text))
    if max(steps, default=0) <= MAX_DEPTH and not _STAIRS.search(text):
        return False
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            return True
    return False


def _is_null(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.tag == _NULL and not node.style


def _did_you_mean(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name.lower(), known, n=1, cutoff=0.6)
    return f"vouliez-vous dire « {close[0]} » ?" if close else f"clés possibles : {', '.join(known)}"

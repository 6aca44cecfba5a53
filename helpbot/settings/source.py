"""Where settings come from: a YAML file, the environment, files of secrets. Values and their places."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, SecretStr

from helpbot.core.problems import Problem

PREFIX = "HELPBOT__"
SECRETS = (("matrix", "password"), ("matrix", "access_token"), ("store", "url"), ("semantic", "key"))
_DEEPEST = 6
_QUOTES = "mettez la valeur entre guillemets"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

At = tuple[str | int, ...]


@dataclass(slots=True)
class Source:
    """Values, where each one stands, and what is wrong with them so far."""

    path: Path
    tree: dict[str, Any] = field(default_factory=dict)
    places: dict[At, int | str] = field(default_factory=dict)
    """A line of the file, or the name of an environment variable."""
    found: list[tuple[int | str, Problem]] = field(default_factory=list)
    unreadable: set[At] = field(default_factory=set)

    def problem(self, at: At, what: str, hint: str = "") -> None:
        """Note a problem with what stands at that path, else below it, else with the nearest thing around."""
        below = [place for path, place in self.places.items() if path[: len(at)] == at]
        around = [self.places[at[:n]] for n in range(len(at), -1, -1) if at[:n] in self.places]
        self.problem_on(self.places.get(at) or next(iter((*below, *around)), 1), what, hint)

    def problem_on(self, place: int | str, what: str, hint: str = "") -> None:
        """Note a problem on a line of the file or in an environment variable."""
        where = f"{self.path}:{place}" if isinstance(place, int) else f"environment {place}"
        self.found.append((place, Problem(where, what, hint)))

    def problems(self) -> list[Problem]:
        """Every problem once: those of the file by line, then those of the environment by name."""
        ordered = sorted(self.found, key=lambda f: (isinstance(f[0], str), f[0]))
        return list(dict.fromkeys(problem for _, problem in ordered))

    def from_environment(self, at: At) -> bool:
        """Tell whether the value at that path was given in the environment."""
        return isinstance(self.places.get(at), str)


def inner(kind: Any) -> Any:
    """Take Annotated and « or None » off a type."""
    origin = typing.get_origin(kind)
    if origin is Annotated:
        return inner(typing.get_args(kind)[0])
    if origin in (typing.Union, types.UnionType):
        return inner(next(k for k in typing.get_args(kind) if k is not types.NoneType))
    return kind


def kind_at(model: type[BaseModel], at: At) -> Any:
    """Return the type that stands at a path of the tree, None where nothing does."""
    kind: Any = model
    for step in at:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields = {f.alias or name: f for name, f in kind.model_fields.items()}
            kind = inner(fields[str(step)].annotation) if step in fields else None
        elif typing.get_origin(kind) in (Mapping, tuple):
            # The last but one of Mapping[K, V] is not wanted; tuple[V, ...] ends with an ellipsis.
            arguments = [a for a in typing.get_args(kind) if a is not Ellipsis]
            kind = inner(arguments[-1])
        else:
            return None
    return kind


def read(path: Path, env: Mapping[str, str], model: type[BaseModel]) -> Source:
    """Read the file, then what the environment overrides, then the files that hold secrets."""
    source = Source(path)
    _read_file(source)
    _read_environment(source, env, model)
    _drop_empty_sections(source.tree, model, ())
    _read_secrets(source)
    return source


def _read_file(source: Source) -> None:
    try:
        data = source.path.read_bytes()
        loader = _Loader(data.decode("utf-8-sig"))
        node = loader.get_single_node()
    except FileNotFoundError:
        hint = "lancez « helpbot init », ou copiez config.yaml.example"
        source.problem_on(1, "ce fichier n'existe pas", hint)
    except OSError as error:
        source.problem_on(1, f"lecture impossible ({error.strerror})", "vérifiez le chemin et les droits")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        source.problem_on(line, "ce fichier n'est pas en UTF-8", "enregistrez-le en UTF-8")
    except yaml.MarkedYAMLError as error:
        _bad_yaml(source, error, data.decode("utf-8-sig"))
    except yaml.YAMLError:
        source.problem_on(1, "caractère invisible ou interdit dans le fichier", "retapez la ligne en cause")
    else:
        if isinstance(node, yaml.MappingNode):
            source.tree = _value(source, loader, node, ())
        elif node is not None:
            source.problem_on(1, "attendu : des lignes « clé: valeur »", "voyez config.yaml.example")


def _bad_yaml(source: Source, error: yaml.MarkedYAMLError, text: str) -> None:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    written = (text.splitlines() or [""])[min(line, len(text.splitlines())) - 1]
    hint = "vérifiez l'alignement, les deux-points et les guillemets"
    if "\t" in written:
        hint = "remplacez la tabulation par des espaces"
    elif any(sign in written for sign in "@*!%`"):
        hint = "une valeur qui contient « @ », « ! » ou « * » s'écrit entre guillemets"
    source.problem_on(line, f"YAML illisible ({error.problem})", hint)


def _value(source: Source, loader: Any, node: yaml.Node, at: At) -> Any:
    """Turn a YAML node into a plain value, and note the line of each key and item."""
    source.places.setdefault(at, node.start_mark.line + 1)
    if len(at) > _DEEPEST:
        source.problem(at, "trop de niveaux", "voyez config.yaml.example")
        return None
    if not node.tag.startswith("tag:yaml.org,2002:"):
        line = node.start_mark.line + 1
        source.problem_on(line, "ce qui commence par « ! » est pris pour une étiquette YAML", _QUOTES)
        source.unreadable.add(at)
        return None
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(source, loader, node, at))
    if isinstance(node, yaml.SequenceNode):
        return [_value(source, loader, item, (*at, n)) for n, item in enumerate(node.value)]
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError):
        source.problem(at, f"« {node.value} » n'est pas une valeur possible", _QUOTES)
        source.unreadable.add(at)
        return None


def _pairs(source: Source, loader: Any, node: yaml.MappingNode, at: At) -> Iterator[tuple[str, Any]]:
    seen: dict[str, int] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            source.problem_on(line, "une clé doit être un mot", "voyez config.yaml.example")
        elif not key_node.tag.startswith("tag:yaml.org,2002:"):
            source.problem_on(line, "une clé qui commence par « ! » s'écrit entre guillemets", _QUOTES)
        elif key_node.value in seen:
            hint = f"elle est déjà donnée ligne {seen[key_node.value]}, gardez l'une des deux"
            source.problem_on(line, f"clé « {key_node.value} » en double", hint)
        else:
            seen[key_node.value] = line
            source.places[(*at, key_node.value)] = line
            yield key_node.value, _value(source, loader, value_node, (*at, key_node.value))


def _read_environment(source: Source, env: Mapping[str, str], model: type[BaseModel]) -> None:
    for name in sorted(n for n in env if n.startswith(PREFIX)):
        at: At = tuple(name.removeprefix(PREFIX).lower().split("__"))
        above: Any = source.tree
        for step in at[:-1]:
            if above.get(step) is None:
                above[step] = {}
            above = above[step]
            if not isinstance(above, dict):
                break
        if not (isinstance(above, dict) and all(at)):
            source.problem_on(name, "cette clé n'existe pas", "HELPBOT__SECTION__CLÉ, comme dans config.yaml")
            continue
        for below in [p for p in source.places if p[: len(at)] == at]:
            del source.places[below]
        source.places[at] = name
        try:
            above[str(at[-1])] = _environment_value(env[name], kind_at(model, at))
        except yaml.YAMLError:
            source.problem_on(name, "valeur illisible", "écrivez-la en JSON ou en YAML")
            source.unreadable.add(at)


def _environment_value(text: str, kind: Any) -> Any:
    """Text stays as it is (a password may look like anything); the rest is YAML, hence JSON."""
    if kind is SecretStr:
        return text or None
    if kind in (str, Path) and text not in ("", "null"):
        return text
    return yaml.safe_load(text)


def _drop_empty_sections(tree: dict[str, Any], model: type[BaseModel], at: At) -> None:
    """A section with nothing below it is one with its defaults."""
    for key, value in list(tree.items()):
        kind = kind_at(model, (*at, key))
        if isinstance(value, dict):
            _drop_empty_sections(value, model, (*at, key))
        elif value is None and _holds_others(kind):
            del tree[key]


def _holds_others(kind: Any) -> bool:
    return typing.get_origin(kind) is not None or (isinstance(kind, type) and issubclass(kind, BaseModel))


def _read_secrets(source: Source) -> None:
    for section, key in SECRETS:
        values = source.tree.get(section)
        name = values.get(f"{key}_file") if isinstance(values, dict) else None
        if not (isinstance(values, dict) and isinstance(name, str) and name):
            continue
        at: At = (section, f"{key}_file")
        if values.get(key) is not None and source.from_environment(at) == source.from_environment(
            (section, key)
        ):
            source.problem(at, f"{key} et {key}_file disent la même chose", "gardez l'un des deux")
        elif values.get(key) is None or source.from_environment(at):
            values[key] = _secret(source, at, name)
            source.places[(section, key)] = source.places[at]


def _secret(source: Source, at: At, name: str) -> str:
    file = source.path.parent / Path(name).expanduser()
    try:
        text = file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError, ValueError):
        source.problem(at, f"le fichier « {name} » ne se lit pas", "vérifiez le chemin et les droits")
        source.unreadable.add((at[0], str(at[1]).removesuffix("_file")))
        return "-"
    if not text:
        source.problem(at, f"le fichier « {name} » est vide", "il doit contenir le secret, sur une ligne")
        source.unreadable.add((at[0], str(at[1]).removesuffix("_file")))
    return text or "-"

"""The documents say what there is: verbs, options, targets, dependencies; nothing of a machine."""

from __future__ import annotations

import re
import runpy
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
PROSE = "\n".join(p.read_text("utf-8") for p in DOCS)
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_every_command_and_option_is_documented_as_it_is() -> None:
    tool = runpy.run_path(str(ROOT / "tools" / "command_docs.py"))
    assert tool["TARGET"].read_text("utf-8") == tool["render"](), "run `make docs`"


def test_tests_that_the_documents_name_exist() -> None:
    named = set(re.findall(r"`(test_\w+)`", PROSE))
    source = "\n".join(p.read_text("utf-8") for p in (ROOT / "tests").rglob("*.py"))
    assert len(named) > 20
    assert {name for name in named if f"def {name}(" not in source} == set()


def test_make_targets_in_the_documents_exist() -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z-]+)(?=`|$)", PROSE, re.MULTILINE))
    assert named <= TARGETS, f"no such target: {named - TARGETS}"
    assert {"demo", "test", "check-fast", "bench", "clean"} <= TARGETS


def test_ci_calls_make_test() -> None:
    text = (ROOT / ".ci" / "run").read_text()
    assert "make test" in text
    assert "set -euo pipefail" in text
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_links_between_documents_lead_somewhere() -> None:
    for document in DOCS:
        for target in re.findall(r"\]\(([^)#\s]+)\)", document.read_text("utf-8")):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_dependency_is_explained_and_has_its_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(r for e in project["optional-dependencies"].values() for r in e)]
    names = {re.split(r"[\[<>=]", requirement)[0].strip() for requirement in asked} - {"helpbot"}
    explained = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    versions = (ROOT / "constraints.txt").read_text()
    for name in names:
        assert name in explained, f"{name} has no line in docs/dependencies.md"
        assert re.search(rf"(?m)^{name.lower()}==\S+$", versions), f"{name} has no version in constraints.txt"


def test_constraints_are_names_and_versions_only() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line) for line in lines)
    assert lines == sorted(lines, key=lambda line: line.partition("==")[0])


def test_the_image() -> None:
    text = (ROOT / "Dockerfile").read_text()
    steps = re.findall(r"^([A-Z]+) (.*)$", text, re.MULTILINE)
    bases = [rest.split()[0] for step, rest in steps if step == "FROM"]
    assert len(bases) == 2, "what builds does not ship"
    assert all(re.fullmatch(r"python:3\.1[1-4]-slim", base) for base in bases)
    assert ("USER", "10001:10001") in steps, "not root, by number"
    assert ("VOLUME", '["/data", "/keys"]') in steps
    assert "pip install --no-cache-dir -c constraints.txt" in text
    assert steps[-1] == ("CMD", '["run", "-c", "/config/config.yaml", "--log", "json"]')
    copied = [
        name for step, rest in steps if step == "COPY" and "--from" not in rest for name in rest.split()[:-1]
    ]
    let_in = (ROOT / ".dockerignore").read_text()
    for name in copied:
        assert f"!{name}\n" in let_in, f"{name} is copied but kept out by .dockerignore"


def test_nothing_of_a_machine_is_committed() -> None:
    # Put together here, so that this file does not hold what it looks for.
    hosts = "|".join(["pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs", "deb" + r"\.debian"])
    paths = "|".join(["/" + "work/", "/" + "tmp/w/", "/" + "farm/", "/" + "home/[a-z]+/"])
    key = "BEGIN [A-Z ]*PRIVATE" + " KEY"
    found = subprocess.run(
        ["git", "grep", "-nIE", f"{hosts}|{paths}|{key}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode > 1:
        pytest.skip("not a git checkout")
    assert found.stdout == ""

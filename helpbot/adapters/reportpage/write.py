"""The page to a folder: `index.html`, never in the place of a page that is not a report of ours."""

from __future__ import annotations

from pathlib import Path

from helpbot.core.problems import Problem, Problems

MARK = '<meta name="generator" content="helpbot report">'


def write_page(folder: Path, html: str) -> Path:
    """Write the page and return where. Raise Problems where another page stands or it cannot be written."""
    file = folder / "index.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if file.exists() and MARK not in file.read_text("utf-8", errors="replace"):
            hint = "donnez un autre dossier : rien n'y est écrit sinon"
            raise Problems([Problem(str(file), "cette page n'est pas un bilan de helpbot", hint)])
        file.write_text(html, "utf-8", newline="\n")
    except OSError as error:
        hint = "vérifiez la place et les droits d'accès"
        raise Problems([Problem(str(folder), f"écriture impossible ({error.strerror})", hint)]) from error
    return file

"""Static embeddings from a local folder: a vector a piece of a word, averaged. Nothing is downloaded.

The folder holds what model2vec and sentence-transformers' static models write: `tokenizer.json` and
`model.safetensors` with one tensor, `embeddings`, of pieces × dimensions (and `weights`, one a piece, where
the model has them). Needs the `semantic` extra.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from helpbot.core.problems import Problem, Problems

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER, MODEL = "tokenizer.json", "model.safetensors"
TENSORS = ("embeddings", "embedding.weight")
MOST_PIECES = 512


class StaticModel:
    """Texts to the mean of their pieces' vectors. Fulfils `ports.encoder.Encoder`; never fails on a text."""

    def __init__(
        self, tokenizer: Tokenizer, rows: NDArray[np.floating], weights: NDArray[np.float32] | None
    ) -> None:
        self._tokenizer = tokenizer
        self._rows = rows
        self._weights = weights
        unknown = getattr(tokenizer.model, "unk_token", None)
        self._unknown = None if unknown is None else tokenizer.token_to_id(unknown)

    @classmethod
    def read(cls, folder: Path) -> StaticModel:
        """Read a model. Raises `Problems` that say what is missing, all at once."""
        problems = [
            Problem(str(folder / name), "fichier absent", "donnez le dossier d'un modèle statique")
            for name in (TOKENIZER, MODEL)
            if not (folder / name).is_file()
        ]
        if problems:
            raise Problems(problems)
        try:
            from safetensors import SafetensorError
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            hint = "installez l'extra : pip install 'helpbot[semantic]'"
            raise Problems([Problem(str(folder), f"{error.name} n'est pas installé", hint)]) from None
        try:
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Exception as error:  # noqa: BLE001  (tokenizers raises bare exceptions)
            raise _unreadable(folder / TOKENIZER, error) from None
        try:
            tensors = load_file(folder / MODEL)
        except (OSError, SafetensorError) as error:
            raise _unreadable(folder / MODEL, error) from None
        return cls(tokenizer, *_tensors(folder / MODEL, tensors, tokenizer.get_vocab_size()))

    async def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text; zeros where no piece of it is known."""
        found = []
        for text in texts:
            ids = self._tokenizer.encode(text, add_special_tokens=False).ids[:MOST_PIECES]
            ids = [at for at in ids if at != self._unknown]
            if not ids:
                found.append([0.0] * self._rows.shape[1])
                continue
            rows = self._rows[ids].astype(np.float32)
            if self._weights is not None:
                rows *= self._weights[ids][:, None]
            found.append([float(x) for x in rows.mean(axis=0)])
        return found


def _unreadable(path: Path, error: Exception) -> Problems:
    return Problems([Problem(str(path), f"illisible : {error}", "copiez-le à nouveau")])


def _tensors(
    path: Path, tensors: dict[str, NDArray[np.floating]], pieces: int
) -> tuple[NDArray[np.floating], NDArray[np.float32] | None]:
    """Give the vectors of the pieces, and their weights. Raises `Problems` when the tokenizer has others."""
    rows = next((tensors[name] for name in TENSORS if name in tensors), None)
    if rows is None or rows.ndim != 2:
        known = ", ".join(sorted(tensors)) or "aucun"
        what = f"pas de tenseur « {TENSORS[0]} » à deux dimensions (trouvé : {known})"
        hint = "seuls les modèles statiques se lisent ici ; pour les autres, endpoint"
        raise Problems([Problem(str(path), what, hint)])
    if len(rows) < pieces:
        what = f"{len(rows)} vecteurs pour {pieces} fragments de {TOKENIZER}"
        raise Problems([Problem(str(path), what, "les deux fichiers ne sont pas du même modèle")])
    weights = tensors.get("weights")
    if weights is not None and weights.shape != (len(rows),):
        what = f"« weights » a la forme {weights.shape}, il faut ({len(rows)},)"
        raise Problems([Problem(str(path), what, "copiez le modèle à nouveau")])
    return rows, None if weights is None else weights.astype(np.float32)

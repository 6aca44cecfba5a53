"""The semantic extra's sources, on a model made here and on a server that runs here."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from aiohttp import web

from helpbot.adapters.meaning.endpoint import BATCH, Endpoint
from helpbot.adapters.meaning.folder import StaticModel
from helpbot.core.problems import Problems
from helpbot.ports.encoder import EncoderError

PIECES = ["[UNK]", "badge", "carte", "perdu", "egare", "menu", "can", "##tine"]
ROWS = np.array(
    [[0, 0, 0], [1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0, 1, 0.1], [0, 0, 1], [0.1, 0, 1], [0, 0.1, 1]],
    np.float32,
)


def write_model(folder: Path, rows: np.ndarray = ROWS, **more: np.ndarray) -> Path:
    safetensors = pytest.importorskip("safetensors.numpy")
    tokenizers = pytest.importorskip("tokenizers")
    vocabulary = {piece: at for at, piece in enumerate(PIECES)}
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = tokenizers.normalizers.BertNormalizer(strip_accents=True)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    tokenizer.save(str(folder / "tokenizer.json"))
    safetensors.save_file({"embeddings": rows, **more}, folder / "model.safetensors")
    return folder


def cosine(a: list[float], b: list[float]) -> float:
    return float(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)))


async def test_a_model_of_a_folder_tells_what_means_the_same(tmp_path: Path) -> None:
    model = StaticModel.read(write_model(tmp_path))
    lost, mislaid, menu, nothing = await model.vectors(["Badge perdu", "carte égaré", "menu cantine", ""])
    assert cosine(lost, mislaid) > 0.95
    assert cosine(lost, menu) < 0.2
    assert nothing == [0.0, 0.0, 0.0]


async def test_half_precision_and_weights_are_read(tmp_path: Path) -> None:
    weights = np.array([0, 1, 1, 3, 1, 1, 1, 1], np.float64)
    model = StaticModel.read(write_model(tmp_path, ROWS.astype(np.float16), weights=weights))
    (lost,) = await model.vectors(["badge perdu"])
    assert lost == pytest.approx([0.5, 1.5, 0.0])


def test_a_folder_without_a_model_says_all_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Problems) as broken:
        StaticModel.read(tmp_path)
    assert [Path(p.where).name for p in broken.value.found] == ["tokenizer.json", "model.safetensors"]


@pytest.mark.parametrize(
    ("rows", "more", "said"),
    [
        (ROWS[:4], {}, "4 vecteurs pour 8 fragments"),
        (ROWS, {"weights": np.ones(3, np.float32)}, "« weights »"),
        (ROWS[0], {}, "deux dimensions"),
    ],
)
def test_files_that_do_not_fit_are_refused(
    tmp_path: Path, rows: np.ndarray, more: dict[str, np.ndarray], said: str
) -> None:
    write_model(tmp_path, rows, **more)
    with pytest.raises(Problems, match=said):
        StaticModel.read(tmp_path)


@pytest.mark.parametrize("name", ["tokenizer.json", "model.safetensors"])
def test_a_torn_file_is_named(tmp_path: Path, name: str) -> None:
    write_model(tmp_path)
    (tmp_path / name).write_bytes(b"\x08\x00\x00")
    with pytest.raises(Problems, match=f"{name}: illisible"):
        StaticModel.read(tmp_path)


class Server:
    """A server of embeddings: the length of a text, and what it was asked with."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.status = 200
        self.body: object = None
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append((request.headers.get("Authorization", ""), asked))
        rows = [{"index": at, "embedding": [float(len(t)), 1.0]} for at, t in enumerate(asked["input"])]
        body = {"data": rows[::-1]} if self.body is None else self.body
        return web.Response(status=self.status, text=json.dumps(body), content_type="application/json")


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    served = Server()
    app = web.Application()
    app.router.add_post("/v1/embeddings", served.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    served.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield served
    finally:
        await runner.cleanup()


async def test_a_server_is_asked_in_batches_and_put_in_order() -> None:
    texts = ["x" * n for n in range(BATCH + 3)]
    async with serving() as server:
        found = await Endpoint(server.url, "petit", "cle").vectors(texts)
    assert found == [[float(n), 1.0] for n in range(BATCH + 3)]
    assert [len(asked["input"]) for _, asked in server.asked] == [BATCH, 3]  # type: ignore[arg-type]
    assert {who for who, _ in server.asked} == {"Bearer cle"}
    assert server.asked[0][1]["model"] == "petit"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, {}, "answered 503"),
        (200, {"error": "no"}, "something else"),
        (200, {"data": [{"index": 0, "embedding": "x"}]}, "something else"),
        (200, {"data": []}, "0 vectors for 1"),
    ],
)
async def test_a_server_that_fails_is_an_error_without_the_text(status: int, body: object, said: str) -> None:
    async with serving() as server:
        server.status, server.body = status, body
        with pytest.raises(EncoderError, match=said) as failed:
            await Endpoint(server.url, "petit").vectors(["mot de passe"])
    assert "mot" not in str(failed.value)


async def test_a_server_that_is_not_there_is_an_error() -> None:
    with pytest.raises(EncoderError):
        await Endpoint("http://127.0.0.1:9/v1", "petit").vectors(["a"])

"""HTTP/1.1 as servers and proxies really speak it, over real sockets on loopback."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from helpbot.adapters.matrix.connections import Answer, Broken, Connections

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Says what a test gives it, one answer a request, and remembers what it was asked and on which line."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        """None: the line is ended instead."""
        self.asked: list[tuple[int, bytes]] = []
        self.lines = 0
        self.news = asyncio.Condition()
        self.hold = asyncio.Event()
        self.hold.set()

    async def line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        number = self.lines
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = [
                    int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.startswith(b"Content-Length")
                ]
                body = await reader.readexactly(length[0]) if length else b""
                async with self.news:
                    self.asked.append((number, head + body))
                    self.news.notify_all()
                answer = self.answers.pop(0)
                await self.hold.wait()
                if answer is None:
                    break
                writer.write(answer)
                if b"Connection: close" in answer:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def has_heard(self, requests: int) -> None:
        async with self.news:
            await self.news.wait_for(lambda: len(self.asked) >= requests)


@asynccontextmanager
async def talking(
    server: Server, base: str = "http://127.0.0.1:{port}", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Connections]:
    async with await asyncio.start_server(server.line, "127.0.0.1", 0, ssl=tls) as listening:
        connections = Connections(base.format(port=listening.sockets[0].getsockname()[1]))
        yield connections
        await connections.close()


async def get(connections: Connections, target: str = "x", method: str = "GET") -> Answer:
    return await connections.exchange(method, target, {}, None, timeout_s=20)


async def test_one_line_serves_one_request_after_another() -> None:
    server = Server(OK, OK)
    async with talking(server, "http://127.0.0.1:{port}/base/") as connections:
        headers = {"Authorization": "Bearer exemple"}
        first = await connections.exchange("PUT", "a?b=c", headers, "é".encode(), timeout_s=20)
        await get(connections)
    assert (first.status, first.body) == (200, b"ok")
    (one, put), (two, _) = server.asked
    assert one == two == 1
    head, _, body = put.partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /base/a?b=c HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nAuthorization: Bearer exemple" in head
    assert body == "é".encode()


async def test_side_by_side_each_has_a_line_of_its_own() -> None:
    server = Server(OK, OK)
    server.hold.clear()
    async with talking(server) as connections:
        both = [asyncio.create_task(get(connections)) for _ in range(2)]
        await server.has_heard(2)
        server.hold.set()
        await asyncio.gather(*both)
    assert {line for line, _ in server.asked} == {1, 2}


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall until the end", b"all until the end"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold", b"old"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    ],
)
async def test_an_answer_is_read_to_its_end(said: bytes, body: bytes) -> None:
    async with talking(Server(said, OK)) as connections:
        assert (await get(connections)).body == body
        assert (await get(connections)).body == b"ok"


async def test_gzip_is_undone() -> None:
    packed = gzip.compress(b"beaucoup" * 100)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    broken = head.encode() + b"\0" * len(packed)
    async with talking(Server(head.encode() + packed, broken)) as connections:
        assert (await get(connections)).body == b"beaucoup" * 100
        with pytest.raises(Broken, match="gzip"):
            await get(connections)


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_kept_line_that_was_ended_meanwhile_costs_nothing(method: str) -> None:
    server = Server(OK, None, OK)
    async with talking(server) as connections:
        await get(connections)
        assert (await get(connections, method=method)).body == b"ok"
    assert [line for line, _ in server.asked] == [1, 1, 2]


async def test_what_must_not_be_done_twice_is_not_asked_again() -> None:
    server = Server(OK, None, OK)
    async with talking(server) as connections:
        await get(connections)
        with pytest.raises(Broken):
            await get(connections, method="POST")
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "said",
    [
        None,
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ],
)
async def test_no_whole_answer_is_said_to_be_broken(said: bytes | None) -> None:
    server = Server(said, OK)
    async with talking(server) as connections:
        with pytest.raises(Broken):
            await get(connections)
        assert (await get(connections)).body == b"ok"
    assert [line for line, _ in server.asked] == [1, 2]


@pytest.mark.parametrize("how", ["timeout", "cancelled"])
async def test_an_answer_that_comes_too_late_is_nobodys(how: str) -> None:
    server = Server(OK.replace(b"ok", b"no"), OK)
    server.hold.clear()
    async with talking(server) as connections:
        task = asyncio.create_task(get(connections))
        await server.has_heard(1)
        if how == "timeout":
            with pytest.raises(TimeoutError):
                await connections.exchange("GET", "y", {}, None, timeout_s=0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.hold.set()
        assert (await get(connections)).body == b"ok"
    assert server.asked[-1][0] > 1


async def test_a_second_answer_to_one_request_ends_the_line() -> None:
    server = Server(OK + OK.replace(b"ok", b"no"), OK)
    async with talking(server) as connections:
        assert (await get(connections)).body == b"ok"
        assert (await get(connections)).body == b"ok"
    assert [line for line, _ in server.asked] == [1, 2]


async def test_a_line_break_is_not_sent() -> None:
    async with talking(Server()) as connections:
        for headers in ({"A": "b\r\nC: d"}, {"A\n": "b"}):
            with pytest.raises(ValueError, match="line break"):
                await connections.exchange("GET", "x", headers, None, timeout_s=20)


@pytest.mark.parametrize("base", ["exemple.fr", "ftp://exemple.fr", "https://", "https://exemple.fr:port"])
def test_an_address_that_is_none(base: str) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        Connections(base)


@pytest.mark.parametrize("trusted", [True, False])
async def test_certificates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, trusted: bool) -> None:
    chain, authority = certificate(tmp_path / "server.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with talking(Server(OK, OK), "https://127.0.0.1:{port}", context) as connections:
        if trusted:
            assert [(await get(connections)).body for _ in range(2)] == [b"ok", b"ok"]
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                await get(connections)


def certificate(file: Path) -> tuple[Path, Path]:
    """Write a key with its certificate for 127.0.0.1, and the certificate alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "exemple")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(secret + public)
    authority = file.with_suffix(".crt")
    authority.write_bytes(public)
    return file, authority

"""Parts of packages without the rest. `wsgiref` stands for any package that nothing here imports."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from helpbot.core.alone import absent, passed_over


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    before = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "wsgiref"}
    yield
    for name in [n for n in sys.modules if n.split(".")[0] == "wsgiref"]:
        del sys.modules[name]
    sys.modules.update(before)


def test_a_part_is_imported_and_the_rest_can_still_be() -> None:
    with passed_over("wsgiref"):
        from wsgiref.util import guess_scheme
    assert guess_scheme({"HTTPS": "on"}) == "https"
    assert "wsgiref" not in sys.modules
    assert "wsgiref.util" not in sys.modules
    import wsgiref.util

    assert wsgiref.util.guess_scheme is not guess_scheme


def test_what_somebody_imported_already_is_used() -> None:
    import wsgiref.util

    with passed_over("wsgiref"):
        from wsgiref.util import guess_scheme
    assert guess_scheme is wsgiref.util.guess_scheme
    with absent("wsgiref"):
        assert sys.modules["wsgiref"] is wsgiref


def test_a_stand_in_has_every_name_and_does_nothing() -> None:
    with passed_over("wsgiref", "wsgiref.headers"):
        from wsgiref import headers
    assert not isinstance({}, headers.Headers)
    assert not hasattr(headers, "__all__")
    with pytest.raises(NotImplementedError, match=r"wsgiref\.headers was passed over"):
        headers.Headers([])


def test_what_is_not_there_is_said_as_python_says_it() -> None:
    with pytest.raises(ModuleNotFoundError, match="nowhere_at_all"), passed_over("nowhere_at_all"):
        pass
    with pytest.raises(ModuleNotFoundError), absent("wsgiref"):
        import wsgiref  # noqa: F401
    assert "wsgiref" not in sys.modules

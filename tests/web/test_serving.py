"""Addresses to serve at."""

from __future__ import annotations

import pytest

from trisampler.web.errors import WebError
from trisampler.web.serving import accept, hosts_of, taken


@pytest.mark.parametrize(
    ("host", "allowed", "refused"),
    [
        ("127.0.0.1", "localhost", "evil.example"),
        ("::1", "[::1]", "evil.example"),
        ("box.example", "box.example", "evil.example"),
        ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
    ],
)
def test_only_its_own_names_are_answered(host, allowed, refused):
    assert allowed in hosts_of(host)
    assert refused not in hosts_of(host)
    assert "*" not in hosts_of(host)


def test_who_serves_everywhere_is_called_by_any_name():
    assert hosts_of("::") == ["*"]


def test_an_address_is_taken_once():
    with taken("127.0.0.1", 0) as first:
        url = accept(first, "127.0.0.1")
        port = int(url.rstrip("/").rpartition(":")[2])
        with pytest.raises(WebError, match=f"127.0.0.1:{port} cannot be served at"):
            taken("127.0.0.1", port)


def test_a_host_that_is_no_address_of_this_machine():
    with pytest.raises(WebError, match="cannot be served at"):
        taken("no-such-host.invalid", 0)

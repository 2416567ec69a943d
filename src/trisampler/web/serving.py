"""The application at an address of this machine."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from starlette.applications import Starlette

from trisampler.web.errors import WebError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def hosts_of(host: str) -> list[str]:
    """The names that requests may call a server at `host` by."""
    if host in LOOPBACK:
        return ["127.0.0.1", "localhost", "[::1]"]
    try:
        everywhere = ip_address(host).is_unspecified
    except ValueError:
        everywhere = False
    return ["*"] if everywhere else [host, "127.0.0.1", "localhost"]


def taken(host: str, port: int) -> socket.socket:
    """A socket at that address, which nobody else can take from then on.

    Args:
        host: a name or number of this machine.
        port: 0 takes one that is free.

    Raises:
        WebError: the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise WebError(
            f"{host}:{port} cannot be served at ({error.strerror or error}): name another --port, "
            "or 0 for one that is free."
        ) from error
    return found


def accept(address: socket.socket, host: str) -> str:
    """Let callers in, who wait until `serve` answers; returns the URL for a browser."""
    address.listen()
    return f"http://{f'[{host}]' if ':' in host else host}:{address.getsockname()[1]}/"


def serve(app: Starlette, address: socket.socket) -> None:
    """Answer requests until the process is told to end."""
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[address])

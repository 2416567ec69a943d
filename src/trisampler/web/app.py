"""The page and its JSON: `/`, `/api/search`, `/api/systems`.

The page needs no script: the form is a plain GET, and a script only shows where a document that is
pointed at stands in the other list.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from trisampler.errors import TrisamplerError
from trisampler.web.asking import MOST_HITS, Asked
from trisampler.web.errors import WebError
from trisampler.web.page import render_page

_HITS = 10
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_ASSETS = {"page.css": "text/css", "page.js": "text/javascript"}


def make_app(asked: Asked, hosts: Sequence[str]) -> Starlette:
    """The application.

    Args:
        asked: what is asked.
        hosts: by which names requests may call this server. A page of elsewhere that has its own
            name point at this machine gets no answer.
    """
    pages = _Pages(asked)
    return Starlette(
        routes=[
            Route("/", pages.page),
            Route("/api/search", pages.search),
            Route("/api/systems", pages.systems),
            *(Route(f"/{name}", pages.asset) for name in _ASSETS),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))],
    )


class _Pages:
    """One method a route; Starlette runs them in threads."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked

    def page(self, request: Request) -> Response:
        query = request.query_params.get("q", "")
        names = self._columns(request)
        answers, problem = [], ""
        try:
            k = _whole(request.query_params.get("k", str(_HITS)))
            if query.strip():
                answers = self._asked.ask(query, names, k)
        except TrisamplerError as error:
            k, problem = _HITS, str(error)
        html = render_page(self._asked, query, names, min(max(k, 1), MOST_HITS), answers, problem)
        return HTMLResponse(html, status_code=400 if problem else 200, headers=_HEADERS)

    def search(self, request: Request) -> Response:
        query = request.query_params.get("q", "")
        try:
            k = _whole(request.query_params.get("k", str(_HITS)))
            names = request.query_params.getlist("system") or self._asked.names
            answers = self._asked.ask(query, names, k)
        except TrisamplerError as error:
            return JSONResponse({"error": str(error)}, status_code=400, headers=_HEADERS)
        told = {"query": query, "k": k, "systems": [answer.as_json() for answer in answers]}
        return JSONResponse(told, headers=_HEADERS)

    def systems(self, request: Request) -> Response:  # noqa: ARG002
        told = [
            {"name": name, "documents": len(retriever)}
            for name, retriever in self._asked.retrievers.items()
        ]
        return JSONResponse({"systems": told}, headers=_HEADERS)

    def asset(self, request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        content = (files("trisampler.web") / name).read_text(encoding="utf-8")
        return Response(content, media_type=_ASSETS[name], headers=_HEADERS)

    def _columns(self, request: Request) -> list[str]:
        """The one or two systems that the page shows."""
        names = self._asked.names
        first = request.query_params.get("left", names[0])
        second = request.query_params.get("right", names[1] if len(names) > 1 else "")
        return [first, *([second] if second and second != first else [])]


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise WebError(f"k is {text!r}; it is a whole number.") from None

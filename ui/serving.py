"""What the web server does besides running pages: warm-up, scripts for components, headers."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui import runtime

SCRIPTS = Path(__file__).parent / "live" / "scripts"
_YEAR = "public, max-age=31536000, immutable"


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[dict[str, Any]]:
    """Start loading the engines in the background once the server is up."""
    runtime.limit_threads()
    runtime.warm_up()
    yield {}


@cache
def _compressed(name: str) -> bytes | None:
    """The gzipped bytes of a script the components load, by name; ``None`` for unknown names."""
    if name == "plotly.min.js":
        spec = find_spec("plotly")
        if spec is None or spec.origin is None:
            return None
        path = Path(spec.origin).parent / "package_data" / name
    else:
        path = {file.name: file for file in SCRIPTS.glob("*.js")}.get(name, Path())
    return gzip.compress(path.read_bytes(), 6) if path.is_file() else None


def _script(request: Request) -> Response:
    """``/suite/scripts/VERSION/NAME``: the file is looked up in a list, never opened by path."""
    body = _compressed(request.path_params["name"])
    if body is None:
        return Response("no such script", status_code=404, media_type="text/plain")
    headers = {"Content-Encoding": "gzip", "Cache-Control": _YEAR, "Vary": "Accept-Encoding"}
    return Response(body, media_type="text/javascript", headers=headers)


ROUTES = [Route("/suite/scripts/{version}/{name}", _script, methods=["GET"])]

_Scope = dict[str, Any]
_Send = Callable[[dict[str, Any]], Awaitable[None]]
_Application = Callable[[_Scope, Callable[[], Awaitable[dict[str, Any]]], _Send], Awaitable[None]]


class _Headers:
    """Adds headers that Streamlit leaves out: no type sniffing, no foreign frames, no referrer."""

    FIELDS = (
        (b"x-content-type-options", b"nosniff"),
        (b"x-frame-options", b"SAMEORIGIN"),
        (b"referrer-policy", b"same-origin"),
    )

    def __init__(self, app: _Application) -> None:
        self.app = app

    async def __call__(self, scope: _Scope, receive: Any, send: _Send) -> None:
        async def send_with_headers(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self.FIELDS]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


SecurityHeaders = Middleware(_Headers)

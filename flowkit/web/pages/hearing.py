"""What outside systems tell: signed events, taken as they come. No page, no cookie; the connector's secret is the proof."""

from __future__ import annotations

import logging

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flowkit.connect.secret import MissingSecretError
from flowkit.errors import RefusedError
from flowkit.web.site import Site

log = logging.getLogger("flowkit.web")

LARGEST_EVENT = 256 * 1024

STATUS = {"bad-signature": 401, "stale-event": 401, "unknown-connector": 404, "unknown-event": 404}
"Refusals that have a status of their own; all others are 422, which no sender should try again."


async def hear(site: Site, request: Request) -> Response:
    """POST /events/CONNECTOR/EVENT: the raw body and its headers, believed when signed."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_EVENT:
            return JSONResponse({"code": "too-large"}, 413)
    connector, event = str(request.path_params["connector"]), str(request.path_params["event"])
    try:
        await run_in_threadpool(site.kit.receive, connector, event, bytes(body), dict(request.headers))
    except MissingSecretError as error:
        # Ours to mend: told again later it may be believed.
        log.warning("no event of %s can be believed, see the variable %s: %s", connector, error.variable, error)
        return JSONResponse({"code": "not-configured"}, 503)
    except RefusedError as error:
        return JSONResponse({"code": error.code}, STATUS.get(error.code, 422))
    return JSONResponse({"code": "ok"})

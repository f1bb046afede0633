"""How much a page asks of a weak network."""

from __future__ import annotations

import gzip

from tests.web.browser.conftest import Served, Somebody
from tests.web.browser.test_one_repair import code

MOST = 60_000
"Bytes of the report page with all that it loads."


def test_the_report_page_weighs_little(served: Served, somebody: Somebody) -> None:
    """With style, scripts, icons and mark it is under 60 kB, uncompressed as served; compressed it would be a third."""
    person = somebody(served).get(code(served))
    person.page.wait_for_load_state("networkidle")
    bodies = {each.url: each.body() for each in person.loaded}
    assert len(bodies) >= 8, sorted(bodies)
    raw = sum(len(body) for body in bodies.values())
    sent = sum(each.request.sizes()["responseBodySize"] for each in person.loaded)
    packed = sum(len(gzip.compress(body)) for body in bodies.values())
    print(f"{len(bodies)} files, {raw} bytes, {sent} sent, {packed} compressed")
    assert raw <= MOST
    assert sent <= MOST

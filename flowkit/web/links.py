"""Links that leave: in messages and on codes. A customer's opens his case without signing in; staff sign in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flowkit.kit import FlowKit
from flowkit.web.signing import Signer

FOLLOWED_FOR = timedelta(days=180)
"How long the link holds by which a customer follows his case."


def progress_path(signer: Signer, case: str, customer: str) -> str:
    """Where a customer follows his case, and does what is his to do."""
    return f"/progress/{signer.sign('progress', case, customer, lasts=FOLLOWED_FOR)}"


def report_path(signer: Signer, intake: str, record: str = "") -> str:
    """What a code opens: a form that reports, and nothing of what was before."""
    return f"/report/{signer.sign('intake', intake, record)}"


def message_links(kit: FlowKit, signer: Signer, base: str) -> Callable[[str, str], str]:
    """How a message says where its case is, to whom it is for."""
    root = base.rstrip("/")

    def link(to: str, case: str) -> str:
        outside = to.partition(":")[0] == kit.app.customer_entity
        return root + (progress_path(signer, case, to) if outside else f"/cases/{case}")

    return link

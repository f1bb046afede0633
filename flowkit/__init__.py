"""flowkit: work orders that cannot be forgotten; a business process written in YAML, carried out, timed and recorded."""

from __future__ import annotations

from flowkit.app.load import load_app
from flowkit.clock import VirtualClock
from flowkit.diagnostics import Diagnostic
from flowkit.errors import (
    ClosedError,
    DefinitionError,
    EvaluationError,
    FlowKitError,
    Problem,
    RefusedError,
    StoreError,
    StrandedError,
)
from flowkit.kit import FlowKit
from flowkit.version import VERSION

__version__ = VERSION

__all__ = [
    "ClosedError",
    "DefinitionError",
    "Diagnostic",
    "EvaluationError",
    "FlowKit",
    "FlowKitError",
    "Problem",
    "RefusedError",
    "StoreError",
    "StrandedError",
    "VirtualClock",
    "__version__",
    "load_app",
]

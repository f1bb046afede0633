"""Secrets: they stand in the environment and are named `${env:NAME}` in an app. Knows no file but the author's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flowkit.diagnostics import Findings, Place
from flowkit.errors import FlowKitError
from flowkit.source.keys import found
from flowkit.source.nodes import Node, ScalarNode

_PLACEHOLDER = re.compile(r"\$\{env:(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET_NAME = re.compile(
    r"authorization|cookie|password|passwd|pwd|secret|.*(token|secret|password|api[-_]?key)", re.IGNORECASE
)


class MissingSecretError(FlowKitError):
    """The environment lacks a variable that an app names; the message names the variable, which is no secret."""

    def __init__(self, variable: str, message: str = "") -> None:
        self.variable = variable
        super().__init__(message or f"没有设置环境变量 {variable}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that stands in the environment variable `variable` and nowhere in the app."""

    variable: str
    place: Place = field(compare=False, repr=False)

    def __str__(self) -> str:
        return "***"

    def read(self, environment: Mapping[str, str]) -> str:
        """The secret itself. Raises `MissingSecretError` when the environment lacks it."""
        value = environment.get(self.variable)
        if not value:
            raise MissingSecretError(self.variable)
        return value


def read_text(text: str | Secret, environment: Mapping[str, str]) -> str:
    """A text that may stand in the environment. Raises `MissingSecretError`."""
    return text.read(environment) if isinstance(text, Secret) else text


def text_or_secret(node: ScalarNode, findings: Findings) -> str | Secret | None:
    """The text as typed, or the secret that a placeholder names; None, and a finding, for half a placeholder."""
    placeholder = _PLACEHOLDER.fullmatch(node.typed.strip())
    if placeholder is not None:
        return Secret(placeholder["name"], node.place)
    if "${" in node.typed:
        # The text is not quoted: what stands beside a placeholder may be the other half of a secret.
        findings.error(
            "bad-placeholder",
            node.place,
            "expected a placeholder such as ${env:ERP_TOKEN}, found one with something beside it or misspelt",
            "the whole value is one placeholder: ${env:NAME}",
        )
        return None
    return node.typed


def secret_of(node: Node | None, key: str, findings: Findings) -> Secret | None:
    """A secret, which only a placeholder can be; None, and a finding that does not repeat it, for a literal one."""
    if not isinstance(node, ScalarNode) or node.value is None:
        if node is not None:
            message = f"expected a placeholder such as ${{env:ERP_TOKEN}}, found {found(node)}"
            findings.error("wrong-kind", node.place, message)
        return None
    read = text_or_secret(node, findings)
    if isinstance(read, str):
        findings.error(
            "literal-secret",
            node.place,
            f'"{key}" is a secret and may not stand in a file',
            f"write {key}: ${{env:NAME}} and set NAME where flowkit runs",
        )
        return None
    return read


def names_a_secret(name: str) -> bool:
    """Whether a header, parameter or field of this name usually holds a secret."""
    return _SECRET_NAME.fullmatch(name) is not None


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text with every one of the secrets in it replaced by `***`, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        if secret:
            text = text.replace(secret, "***")
    return text

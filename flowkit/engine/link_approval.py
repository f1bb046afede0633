"""Linking of approvals: who signs, by which rule, and what is to be done where nobody is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from flowkit.diagnostics import Findings
from flowkit.engine.approval.rules import Rule
from flowkit.engine.definition import Approval, Exit, Signer
from flowkit.engine.instructions import Who
from flowkit.engine.keys import ALLOWED, APPROVAL_KEYS, OWN, REPEATED, SIGNER_KEYS, SIGNS, VOTE_KEYS
from flowkit.rules.language.expression import compile_expression
from flowkit.rules.language.scope import Scope
from flowkit.rules.language.types import BOOLEAN
from flowkit.source.keys import found, names_of, read_keys
from flowkit.source.nodes import MappingNode, Node, ScalarNode, SequenceNode
from flowkit.suggest import did_you_mean

Link = Callable[[Node, Scope], Who | None]
"""Links a *who* of rule 10."""

_SHARE = re.compile(r"[+-]?\d{1,9}(\.\d{1,9}|/\d{1,9})?%?", re.ASCII)
"""As people write a share. No powers of ten: a fraction would write out `1e999999999` in full, digit by digit."""


def link_approval(
    node: Node, outcomes: Mapping[str, Exit], scope: Scope, who: Link, findings: Findings
) -> Approval | None:
    """The approval of a node; None when it is not in order, which is reported."""
    entries = read_keys(node, "approval", APPROVAL_KEYS, findings)
    if entries is None or "by" not in entries:
        return None
    by = entries["by"]
    listed = by.items if isinstance(by, SequenceNode) else (by,)
    if not listed:
        findings.error("wrong-kind", by.place, "expected somebody who signs, found none", "such as by: manager")
    signers = [_signer(each, scope, who, findings) for each in listed]
    otherwise = who(entries["otherwise"], scope) if "otherwise" in entries else None
    if "otherwise" not in entries:
        _require_otherwise(signers, listed, findings)
    rule = _rule(entries.get("sign"), findings)
    own = _word(entries.get("self"), OWN, "self", findings)
    carry = _word(entries.get("repeated"), REPEATED, "repeated", findings) == "carry"
    allow = _allowed(entries.get("allow"), findings)
    if rule is None or None in signers:
        return None
    return Approval(tuple(s for s in signers if s is not None), rule, otherwise, own, carry, allow, outcomes)


def _signer(node: Node, scope: Scope, who: Link, findings: Findings) -> Signer | None:
    """One entry of `by`: a *who*, or a map that also says `when`, or of each of whom."""
    if not isinstance(node, MappingNode):
        people = who(node, scope)
        return Signer(people) if people is not None else None
    entries = read_keys(node, "signer", SIGNER_KEYS, findings)
    if entries is None:
        return None
    said = [name for name in ("who", "everyone", "role", "dispatch") if name in entries]
    if len(said) != 1:
        message = "expected one of `who`, `everyone`, `role` and `dispatch`"
        findings.error("missing-key", node.place, message, "such as {everyone: ROLE}")
        return None
    when = entries.get("when")
    condition = compile_expression(when, scope, findings, BOOLEAN) if when is not None else None
    people = _people(node, entries, said[0], scope, who)
    return (
        None
        if people is None or (when is not None and condition is None)
        else Signer(people, said[0] == "everyone", condition)
    )


def _people(node: MappingNode, entries: Mapping[str, Node], said: str, scope: Scope, who: Link) -> Who | None:
    """Whom an entry means: what stands under `who`, those whom an expression gives, else what it says without its `when`."""
    named = entries[said]
    given = said == "everyone" and not (isinstance(named, ScalarNode) and not named.typed.startswith("="))
    if said != "who" and not given:
        rest = {name: entry for name, entry in node.entries.items() if name != "when"}
        return who(replace(node, entries=rest, keys={name: node.keys[name] for name in rest}), scope)
    people = who(named, scope)
    if people is None or "not" not in entries:
        return people
    return replace(people, without=who(entries["not"], scope))


def _require_otherwise(signers: Sequence[Signer | None], nodes: Sequence[Node], findings: Findings) -> None:
    """Where nobody may be found, somebody must be named; a role without people is the catcher's in any case."""
    for signer, node in zip(signers, nodes, strict=True):
        if signer is not None and _may_be_nobody(signer):
            message = "nobody may be found here, and nobody is named who signs then"
            findings.error("missing-key", node.place, message, "write otherwise: ROLE beside `by`")
            return
    if signers and all(s is not None and s.when is not None for s in signers):
        message = "none of these may hold, and nobody is named who signs then"
        findings.error("missing-key", nodes[0].place, message, "write otherwise: ROLE, or let one have no `when`")


def _may_be_nobody(signer: Signer) -> bool:
    who = signer.who
    if who.kind == "manager" or signer.each:
        return True
    if who.kind == "dispatch":
        return who.otherwise is None
    return who.kind in ("owner", "applicant") or (who.expression is not None and not who.expression.constant)


def _rule(node: Node | None, findings: Findings) -> Rule | None:
    if node is None:
        return Rule()
    if isinstance(node, MappingNode):
        entries = read_keys(node, "sign", VOTE_KEYS, findings)
        vote = entries.get("vote") if entries else None
        return _vote(vote, findings) if isinstance(vote, ScalarNode) else None
    typed = node.typed if isinstance(node, ScalarNode) else ""
    if typed in ("all", "any", "in_turn"):
        return Rule(typed)  # type: ignore[arg-type]
    if typed == "vote":
        findings.error("missing-key", node.place, "a vote needs its share", "write sign: {vote: 0.6}")
    else:
        help = did_you_mean(typed, (*SIGNS, "vote")) or "write all, any, in_turn or {vote: 0.6}"
        findings.error("unknown-name", node.place, f"unknown sign rule {found(node)}", help)
    return None


def _vote(node: ScalarNode, findings: Findings) -> Rule | None:
    typed = node.typed.strip()
    try:
        share = Fraction(typed.removesuffix("%") if _SHARE.fullmatch(typed) else "") / (100 if typed[-1:] == "%" else 1)
    except (ValueError, ZeroDivisionError):
        message = f"expected a share such as 0.6 or 2/3, found {found(node)}"
        findings.error("type-mismatch", node.place, message, "a share is over 0 and at most 1")
        return None
    if not 0 < share <= 1:
        message = "nobody needs to approve" if share <= 0 else "more approvals than people who are asked"
        help = f"write {{vote: {float(share) / 100:g}}}" if 10 <= share <= 100 else "a share is over 0 and at most 1"
        findings.error("bad-value", node.place, f"{message}: a vote of {typed}", help)
        return None
    return Rule("vote", share)


def _word(node: Node | None, words: Sequence[str], key: str, findings: Findings) -> str:
    """One of these words; the first where none is written."""
    if not isinstance(node, ScalarNode) or node.typed in words:
        return node.typed if isinstance(node, ScalarNode) else words[0]
    help = did_you_mean(node.typed, words) or f"write {' or '.join(words)}"
    findings.error("unknown-name", node.place, f'unknown word "{node.typed}" for `{key}`', help)
    return words[0]


def _allowed(node: Node | None, findings: Findings) -> frozenset[str]:
    if node is None:
        return frozenset(ALLOWED)
    names = names_of(node, findings)
    for name in names:
        if name.typed not in ALLOWED:
            message, help = f'no operation "{name.typed}" to allow', did_you_mean(name.typed, ALLOWED)
            findings.error("unknown-name", name.place, message, help or f"these there are: {', '.join(ALLOWED)}")
    return frozenset(name.typed for name in names)

"""What `flowkit check` says of approvals: who signs, by which rule, where each outcome leads."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowkit.app.load import load_app
from flowkit.diagnostics import Diagnostic
from flowkit.errors import DefinitionError

APP = """
app: 审批
catcher: 老板
roles: {老板: {}, 经理: {}, 员工组: {manager: 经理}}
staff: {entity: 员工, roles: 角色}
---
entity: 员工
key: 工号
fields: {工号: text, 角色: {type: list, of: role}}
rows: [{工号: boss, 角色: [老板]}]
---
form: 申请
fields: {金额: {type: number, required: true}, 审批人: {type: list, of: person}}
---
workflow: 申请单
from: 申请
nodes:
  起草:
    owner: applicant
    actions: {提交: {edit: [金额], to: 审批}}
    timeouts: [{after: 1d, escalate: 老板}]
  审批:
    approval: {by: [经理, 老板], sign: all, otherwise: 老板}
    approved: {to: 通过}
    rejected: {to: 未通过, form: {理由: text}}
    returned: {to: 起草}
    timeouts: [{after: 1d, escalate: 老板}]
  通过: {end: done}
  未通过: {end: rejected}
"""


def findings(folder: Path, *changes: tuple[str, str]) -> list[Diagnostic]:
    text = APP
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    try:
        return list(load_app(folder).diagnostics)
    except DefinitionError as error:
        return list(error.diagnostics)


BY = "by: [经理, 老板]"


def _stage(action: str) -> str:
    """A stage over the approval with that action, before the nodes."""
    return f"stages:\n  申请中: {{nodes: [审批], actions: {{{action}}}}}\nnodes:\n"


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        (BY, "bye: 经理", "unknown-key", '"bye"'),
        (f"{BY}, ", "", "missing-key", 'needs the key "by"'),
        (BY, "by: []", "wrong-kind", "found none"),
        (BY, "by: [经里]", "unknown-name", '"经里"'),
        (BY, "by: [{who: 经理, everyone: 老板, role: 老板}]", "missing-key", "one of"),
        (BY, "by: [{when: 金额 > 5}]", "missing-key", "one of"),
        (BY, "by: [{who: 经理, when: 金额}]", "type-mismatch", "a condition"),
        (BY, "by: [{who: 经理, wen: 金额 > 5}]", "unknown-key", '"wen"'),
        (BY, "by: =金额", "type-mismatch", "expected somebody"),
        (f"{BY}, sign: all, otherwise: 老板", "by: manager", "missing-key", "nobody is named who signs then"),
        (f"{BY}, sign: all, otherwise: 老板", 'by: "=审批人"', "missing-key", "nobody is named who signs then"),
        (f"{BY}, sign: all, otherwise: 老板", "by: {everyone: 经理}", "missing-key", "nobody is named who signs then"),
        (f"{BY}, sign: all, otherwise: 老板", "by: applicant", "missing-key", "nobody is named who signs then"),
        (
            f"{BY}, sign: all, otherwise: 老板",
            "by: {who: 经理, when: 金额 > 5}",
            "missing-key",
            "none of these may hold",
        ),
        ("sign: all", "sign: al", "unknown-name", "unknown sign rule"),
        ("sign: all", "sign: vote", "missing-key", "needs its share"),
        ("sign: all", "sign: {vote: 1.2}", "bad-value", "more approvals than people"),
        ("sign: all", "sign: {vote: 60}", "bad-value", "more approvals than people"),
        ("sign: all", "sign: {vote: 0}", "bad-value", "nobody needs to approve"),
        ("sign: all", "sign: {vote: -0.5}", "bad-value", "nobody needs to approve"),
        ("sign: all", "sign: {vote: many}", "type-mismatch", "a share such as 0.6"),
        ("sign: all", "sign: {vote: 1/0}", "type-mismatch", "a share such as 0.6"),
        ("sign: all", "sign: {vote: '1e999999999'}", "type-mismatch", "a share such as 0.6"),
        ("sign: all", "self: himself", "unknown-name", '"himself" for `self`'),
        ("sign: all", "repeated: once", "unknown-name", '"once" for `repeated`'),
        ("sign: all", "allow: [handover]", "unknown-name", 'no operation "handover"'),
        ("otherwise: 老板", "otherwise: 老版", "unknown-name", '"老版"'),
        ("    approved: {to: 通过}\n", "", "missing-key", "has no `approved`"),
        ("    rejected: {to: 未通过, form: {理由: text}}\n", "", "missing-key", "has no `rejected`"),
        ("approved: {to: 通过}", "approved: {}", "no-way", '"审批" is approved and leads nowhere'),
        ("rejected: {to: 未通过, form: {理由: text}}", "rejected: {form: {理由: text}}", "no-way", "leads nowhere"),
        ("approved: {to: 通过}", "approved: {to: [{when: 金额 > 5, to: 通过}]}", "no-way", '"approved" has no way'),
        ("approved: {to: 通过}", "approved: {to: 通过, who: 经理}", "wrong-key", "who signs stands under"),
        ("returned: {to: 起草}", "returned: {to: 通过}", "no-way", "which no case has come through"),
        ("returned: {to: 起草}", "returned: {to: 审批}", "no-way", "which no case has come through"),
        ("    timeouts: [{after: 1d, escalate: 老板}]\n  通过", "  通过", "no-deadline", '"审批"'),
        ("nodes:\n", _stage("approve: {to: 未通过}"), "duplicate-name", "takes the place of `approve`"),
        ("nodes:\n", _stage("撤: {title: 退回, to: 未通过}"), "duplicate-name", "takes the place of `退回`"),
        ("returned: {to: 起草}", "returned: {form: {to: text}}", "duplicate-name", "takes the place of the node"),
        ("    returned: {to: 起草}\n", "    actions: {改: {to: 起草}}\n", "node-kind", "it has `approval`"),
        ("roles: {老板: {}", "roles: {老板: {may: [remove_signers]}", "unknown-name", "remove_signers"),
    ],
)
def test_each_mistake_is_told(tmp_path: Path, old: str, new: str, code: str, words: str) -> None:
    """One wrong line gives a diagnostic of its kind that names what is wrong."""
    found = findings(tmp_path, (old, new))
    assert [d for d in found if d.code == code and words in d.message], found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("审批", "审批"),
        ("nodes:\n", _stage("撤回: {who: applicant, to: 未通过}")),
        (BY, "by: manager"),
        (BY, "by: {everyone: 经理, not: applicant}"),
        (BY, "by: {who: [经理, 老板], not: applicant}"),
        (BY, 'by: {everyone: "=审批人", not: applicant}'),
        (BY, 'by: [{everyone: "=审批人"}, {who: [经理, 老板], when: 金额 > 2000}]'),
        (f"{BY}, sign: all, otherwise: 老板", "by: 经理"),
        (f"{BY}, sign: all, otherwise: 老板", "by: [经理, {who: 老板, when: 金额 > 2000}], sign: in_turn"),
        ("sign: all", "sign: {vote: 2/3}"),
        ("sign: all", "sign: {vote: 60%}"),
        ("returned: {to: 起草}", "returned: {}"),
        ("returned: {to: 起草}", "returned: {to: back}"),
        ("    returned: {to: 起草}\n", ""),
        ("roles: {老板: {}", "roles: {老板: {may: [remove_signer]}"),
    ],
)
def test_what_is_right_is_taken(tmp_path: Path, old: str, new: str) -> None:
    """Every spelling that the language knows loads without a word."""
    assert findings(tmp_path, (old, new)) == []


def test_a_first_node_cannot_be_returned(tmp_path: Path) -> None:
    """Where a case begins there is nothing to go back to: that is told before anybody tries."""
    first = (
        "  起草:\n    owner: applicant\n    actions: {提交: {edit: [金额], to: 审批}}\n    timeouts: [{after: 1d, escalate: 老板}]\n",
        "",
    )
    for returned in ("{}", "{to: back}"):
        [found] = findings(tmp_path, first, ("returned: {to: 起草}", f"returned: {returned}"))
        assert found.code == "no-way"
        assert "returned to no node" in found.message


def test_the_names_of_an_approval_have_types(tmp_path: Path) -> None:
    """An expression sees what was answered; a wrong name or outcome is told where it stands."""
    good = "approved: {to: [{when: \"审批.approvals >= 2 and 审批.outcome == 'approved'\", to: 通过}, {to: 未通过}]}"
    assert findings(tmp_path, ("approved: {to: 通过}", good)) == []
    for wrong, words in (("审批.approvals", "审批.approval >= 2"), ("审批.outcome", "审批.outcome == 'approve'")):
        route = f'approved: {{to: [{{when: "{words}", to: 通过}}, {{to: 未通过}}]}}'
        assert findings(tmp_path, ("approved: {to: 通过}", route)), wrong

"""A business of one page, and two ways to type a command: within this process, and as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flowkit.cli.main import perform

APP = """\
app: 修车铺
timezone: Asia/Shanghai
roles: {师傅: {}, 老板: {}}
catcher: 老板
staff: {entity: 员工, roles: 角色}
---
entity: 员工
key: 工号
fields: {工号: text, 姓名: text, 角色: role}
rows:
  - {工号: zhang, 姓名: 张师傅, 角色: 师傅}
  - {工号: wang, 姓名: 老王, 角色: 老板}
---
entity: 车辆
key: 车牌
fields: {车牌: text, 车型: text}
---
form: 报修
fields:
  车牌: {type: text, required: true}
  故障描述: text
---
workflow: 工单
from: 报修
number: "GD{{ sequence(4) }}"
nodes:
  待接单:
    owner: 师傅
    actions: {接单: {to: 处理中}}
    timeouts: [{after: 30m, escalate: 老板}]
  处理中:
    owner: =待接单.owner
    actions: {完工: {form: {收费: {type: money, required: true}}, to: 完成}}
    timeouts: [{after: 1d, escalate: 老板}]
  完成: {end: done}
"""


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app, in a folder below the present one, where its database will lie too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLOWKIT_DATABASE", raising=False)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "app.yaml").write_text(APP, encoding="utf-8")
    return tmp_path / "shop"


@pytest.fixture
def flowkit(app: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Types a command in this process."""

    def type_in(*words: str) -> Said:
        code = perform(words)
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return type_in


ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def start(app: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Types a command as a process of its own, in an environment where nothing says UTF-8."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "PYTHON"))}
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONPATH": str(ROOT)}
    begun = []

    def type_in(*words: str, **how: object) -> subprocess.Popen[bytes]:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
        begun.append(subprocess.Popen([sys.executable, "-m", "flowkit", *words], env=bare | plain, **streams))
        return begun[-1]

    yield type_in
    for process in begun:
        process.kill()
        process.communicate()

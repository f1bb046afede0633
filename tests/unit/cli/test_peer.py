"""`flowkit peer` as it is typed: it says what it is, and refuses what it cannot do."""

from __future__ import annotations

import functools
import json
import signal
import urllib.request

import pytest


def test_it_says_that_it_is_a_stand_in(flowkit) -> None:
    """Whoever reads its help learns that it is no vendor's system, and every fault it can do."""
    said = flowkit("peer", "--help").out
    assert "stand in for an erp" in said.lower()
    assert "no vendor's system" in " ".join(said.split())
    assert all(kind in said for kind in ("slow", "hang", "reset", "error", "throttle", "refuse", "cut", "drip", "junk"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere",), "expected erp or the folder of an app"),
        (("erp", "--fault", "explode"), "expected [/PATH:]KIND"),
        (("erp", "--stock", "P1"), "expected PART=QUANTITY"),
        (("erp", "--events", "out"), "--secret-env"),
        (("dingtalk", "--stock", "P1=2"), "has no stock"),
        (("aliyun", "--ship-after", "2"), "ships nothing"),
        (("slack",), "dingtalk, wecom, feishu, aliyun"),
    ],
)
def test_wrong_use_is_told(flowkit, words, told) -> None:
    """A mistake ends the command with exit 2 and says what was expected."""
    said = flowkit("peer", *words)
    assert said.code == 2
    assert told in said.err


def test_the_records_of_an_app_are_in_stock(app, start) -> None:
    """With an app, each record that has a `stock` can be asked for; Ctrl-C ends it quietly, in the background too."""
    parts = "---\nentity: part\nkey: code\nfields: {code: text, stock: number}\nrows: [{code: MX, stock: 2}]\n"
    (app / "app.yaml").write_text((app / "app.yaml").read_text(encoding="utf-8") + parts, encoding="utf-8")
    # A shell starts what it puts in the background with Ctrl-C ignored.
    ignored = functools.partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    process = start("peer", "shop", "--port", "0", preexec_fn=ignored)
    url = process.stdout.readline().decode().strip().rpartition(" ")[2]
    with urllib.request.urlopen(f"{url}/stock/MX", timeout=30) as answer:
        assert json.loads(answer.read()) == {"code": 0, "part": "MX", "quantity": 2}
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"Traceback" not in err

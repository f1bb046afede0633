"""Signatures are those of the documentation's own examples, so that adapter and stand-in cannot be wrong in the same way."""

from __future__ import annotations

from flowkit.notify import signatures

SECRET = "this is secret"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_dingtalk_signs_time_and_secret() -> None:
    """The secret is the key, and the whole is encoded for a query."""
    assert signatures.dingtalk(SECRET, 1700000000000) == "sSFWELbV2YwjdDQhWZwTcWlX5BWUx5J6TPpsZmuPii0%3D"


def test_feishu_signs_nothing_with_both() -> None:
    """Time and secret are the key, the other way round than elsewhere."""
    assert signatures.feishu(SECRET, 1700000000) == "OfGzRzoUICBOoc8wVra1e4A1hPfbZ9zqXozA8CWVUuY="


def test_aliyun_signs_the_whole_request() -> None:
    """The example that its documentation works out step by step."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"
    made = signatures.aliyun("YourAccessKeyId", "YourAccessKeySecret", query, headers, b"")
    assert made == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )

"""The messengers that `flowkit peer` can stand in for, by the word that is typed."""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.testing.peer_aliyun import Aliyun
from flowkit.testing.peer_dingtalk import DingTalk
from flowkit.testing.peer_feishu import Feishu
from flowkit.testing.peer_vendor import Vendor
from flowkit.testing.peer_wecom import WeCom

VENDORS: Mapping[str, type[Vendor]] = {"dingtalk": DingTalk, "wecom": WeCom, "feishu": Feishu, "aliyun": Aliyun}

"""From a channel as written to one that sends. The one place that knows every way of sending.

Whoever only reads an app has no need of this: it brings in the network.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, tzinfo

from flowkit.notify import dingtalk_robot, feishu_robot, wecom_robot
from flowkit.notify.aliyun_sms import AliyunSms
from flowkit.notify.channel import Channel, ChannelDefinition, Secret
from flowkit.notify.console import Console
from flowkit.notify.dingtalk_todo import DingTalkTodo
from flowkit.notify.email import Email
from flowkit.notify.robot import Robot
from flowkit.notify.webhook import Webhook

Factory = Callable[[ChannelDefinition, Mapping[str, str], tzinfo], Channel]

FACTORIES: Mapping[str, Factory] = {
    "console": lambda definition, environment, zone: Console(sys.stdout, definition.name, zone),
    "email": lambda definition, environment, zone: Email(definition, environment),
    "webhook": lambda definition, environment, zone: Webhook(definition, environment),
    "dingtalk_robot": lambda definition, environment, zone: Robot(dingtalk_robot.KIND, definition, environment),
    "dingtalk_todo": lambda definition, environment, zone: DingTalkTodo(definition, environment),
    "wecom_robot": lambda definition, environment, zone: Robot(wecom_robot.KIND, definition, environment),
    "feishu_robot": lambda definition, environment, zone: Robot(feishu_robot.KIND, definition, environment),
    "aliyun_sms": lambda definition, environment, zone: AliyunSms(definition, environment),
}
"""What opens a channel of each preset of `presets.PRESETS`."""


def open_channel(definition: ChannelDefinition, environment: Mapping[str, str], zone: tzinfo = UTC) -> Channel:
    """The channel that `definition` describes; a channel that people read as a log shows moments in `zone`.

    Nothing is connected to, and secrets are read anew for each message: a variable that `environment` lacks refuses messages,
    not the start; `unset` tells of it beforehand.
    """
    return FACTORIES[definition.preset](definition, environment, zone)


def unset(definition: ChannelDefinition, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that a channel names and `environment` lacks, for a notice at the start."""
    named = (value.variable for value in definition.settings.values() if isinstance(value, Secret))
    return tuple(name for name in dict.fromkeys(named) if not environment.get(name))

"""Text messages through Aliyun: an approved template, what varies in it, one signed request. As of its documentation 2026-11.

Aliyun has no way to tell a repeat. So a message that may have arrived is asked for first: it carries a number of ours.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flowkit.clock import Clock, SystemClock
from flowkit.notify import signatures
from flowkit.notify.channel import ChannelDefinition, DeliveryError, Message, Receipt
from flowkit.notify.hosts import allowed, permits
from flowkit.notify.judging import DAY, HOUR, MINUTE, Meaning, Told, passing, read_reply, refusal
from flowkit.notify.posting import SECONDS, Poster
from flowkit.notify.wording import Wording, read_wording
from flowkit.values.texts import phone
from flowkit.wire.addresses import encoded

BASE, HOSTS, VERSION = "https://dysmsapi.aliyuncs.com", ("dysmsapi.aliyuncs.com",), "2017-05-25"
_MOBILE = re.compile(r"1\d{10}", re.ASCII)
_ITS_DAYS = ZoneInfo("Asia/Shanghai")
_FAILED = 2
"The status of a message that did not arrive."


def _limit(code: str, said: str) -> Meaning | None:
    """How long a limit lasts stands in its words alone: 触发天级流控Permits:10."""
    if code != "isv.BUSINESS_LIMIT_CONTROL":
        return None
    wait = DAY if "天级" in said else HOUR if "小时级" in said else MINUTE if "分钟级" in said else HOUR
    return passing("限流", wait)


TOLD = Told(
    "阿里云短信",
    "Code",
    "Message",
    {
        "isv.DAY_LIMIT_CONTROL": passing("限流", DAY),
        "isp.SYSTEM_ERROR": passing("系统繁忙"),
        "isv.MOBILE_NUMBER_ILLEGAL": Meaning("认为手机号不对"),
        "isv.SMS_TEMPLATE_ILLEGAL": Meaning("没有这个模板,或模板没有过审"),
        "isv.SMS_SIGNATURE_ILLEGAL": Meaning("没有这个签名,或签名没有过审"),
        "isv.SMS_SIGN_ILLEGAL": Meaning("没有这个签名,或签名没有过审"),
        "SIGN_STATE_ILLEGAL": Meaning("的签名状态不可用"),
        "isv.SIGN_STATE_ILLEGAL": Meaning("的签名状态不可用"),
        "isv.OUT_OF_SERVICE": Meaning("停用了这个账号"),
        "OUT_OF_SERVICE": Meaning("停用了这个账号"),
        "SignatureDoesNotMatch": Meaning("不认签名,请核对 AccessKey 的密钥"),
        "InvalidAccessKeyId.NotFound": Meaning("不认这个 AccessKey"),
        "InvalidTimeStamp.Expired": Meaning("认为请求的时间不对,请核对本机时间"),
        "ServiceUnavailable": passing("暂时不可用"),
        "Throttling": passing("限流", MINUTE),
        "Throttling.User": passing("限流", MINUTE),
    },
    _limit,
)


class AliyunSms:
    """Sends with the account that `definition` names. Safe to share between threads.

    `clock` dates the signature; `context` and `seconds` stand for the machine's own authorities and the usual patience.
    """

    def __init__(
        self,
        definition: ChannelDefinition,
        environment: Mapping[str, str],
        clock: Clock | None = None,
        context: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._definition, self._environment = definition, environment
        self._clock, self._poster = clock or SystemClock(), Poster(definition.name, context, seconds)

    @property
    def name(self) -> str:
        return self._definition.name

    def send(self, message: Message) -> Receipt:
        """Send the message in the words of its template. Only `OK` in the body is a yes."""
        number = phone(message.address or "") or ""
        if _MOBILE.fullmatch(number) is None:
            raise DeliveryError(f"{self.name}: 没有可用的手机号", permanent=True)
        template, values = self._template(message)
        if message.in_doubt and self._has_arrived(message, number):
            return Receipt(notice="先前的一次已经送到")
        query = {
            "PhoneNumbers": number,
            "SignName": self._definition.text("sign", self._environment),
            "TemplateCode": template,
            "OutId": out_id(message),
        }
        if values:
            query["TemplateParam"] = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        return Receipt(str(self._asked("SendSms", query).get("BizId") or ""))

    def carries(self, message: Message) -> bool:
        """A message for which there is an approved template."""
        return _called(message) in self._templates

    @property
    def _templates(self) -> Mapping[str, Any]:
        return self._definition.templates or {}

    def _template(self, message: Message) -> tuple[str, Mapping[str, str]]:
        """The code of the template that carries the notification, and what varies. Without one it cannot be sent."""
        called = _called(message)
        written = self._templates.get(called)
        if written is None:
            raise DeliveryError(f"{self.name}: 没有为“{called}”登记短信模板", permanent=True)
        if not isinstance(written, Mapping):
            return str(written), {}
        wording = read_wording(str(written["text"]))
        values = wording.values(message.text) if isinstance(wording, Wording) else None
        if values is None:
            raise DeliveryError(f"{self.name}: “{called}”的文字和短信模板 {written['code']} 对不上", permanent=True)
        return str(written["code"]), values

    def _has_arrived(self, message: Message, number: str) -> bool:
        """Whether Aliyun has sent this message already, on the day it was decided or since yesterday."""
        now = self._clock.now()
        days = {day.astimezone(_ITS_DAYS).strftime("%Y%m%d") for day in (message.at, now - timedelta(days=1), now)}
        for day in sorted(days):
            query = {"PhoneNumber": number, "SendDate": day, "PageSize": "50", "CurrentPage": "1"}
            listed = self._asked("QuerySendDetails", query).get("SmsSendDetailDTOs")
            sent = listed.get("SmsSendDetailDTO") if isinstance(listed, Mapping) else None
            for one in sent if isinstance(sent, list) else ():
                if isinstance(one, Mapping) and one.get("OutId") == out_id(message):
                    return one.get("SendStatus") != _FAILED
        return False

    def _asked(self, action: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        """The reply to an action, where it is a yes. Raises DeliveryError for every no."""
        key, secret = (self._definition.text(name, self._environment) for name in ("key", "secret"))
        target = allowed(self._definition.text("base", self._environment, BASE), HOSTS)
        if target is None:
            raise DeliveryError(f"{self.name}: 接口地址不可用: 应为 {BASE}")
        now = self._clock.now()
        text = canonical_query(query)
        headers = {
            "host": target.authority,
            "x-acs-action": action,
            "x-acs-version": VERSION,
            "x-acs-date": stamp(now),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        }
        authorization = signatures.aliyun(key, secret, text, headers, b"")
        answer = self._poster.ask(
            "POST",
            replace(target, path=f"/?{text}"),
            {**headers, "authorization": authorization, "accept": "application/json"},
            b"",
            lambda address: permits(target, address),
        )
        reply = read_reply(self.name, answer, ("Code",), now)
        if reply["Code"] != "OK":
            raise refusal(self.name, TOLD, reply, (secret, key))
        return reply


def _called(message: Message) -> str:
    """What templates know a message by: the name of its notification; what comes by itself, by its title, such as 待办."""
    return message.notification or message.title


def canonical_query(query: Mapping[str, str]) -> str:
    """Parameters by name, encoded as RFC 3986 has it: as they are signed, and as they are sent."""
    return "&".join(f"{encoded(name)}={encoded(query[name])}" for name in sorted(query))


def out_id(message: Message) -> str:
    """Our number for a message, the same over all tries, which tells nothing about the case."""
    return hashlib.sha256(message.key.encode("utf-8", "replace")).hexdigest()[:32]


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

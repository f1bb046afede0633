"""A stand-in for Aliyun's text messages: SendSms and the receipts of what was sent, signed with ACS3-HMAC-SHA256."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flowkit.testing.peer_asked import Answer, Asked
from flowkit.testing.peer_vendor import DEFAULT, Vendor, same

_AUTHORIZATION = re.compile(r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})")
_DUE = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
_SKEW = timedelta(minutes=15)
_ITS_DAYS = ZoneInfo("Asia/Shanghai")
_LIMIT, _PERMITS = "isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:50"


class Aliyun(Vendor):
    """`token` is the AccessKey ID, `secret` its secret. Every template of the form SMS_123 has been approved."""

    what = "Aliyun SMS"
    paths = ("/?Action (SendSms, QuerySendDetails)",)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.secret = self.secret or DEFAULT
        self._nonces: set[str] = set()

    def answer(self, asked: Asked) -> Answer:
        if (asked.method, asked.path) != ("POST", "/"):
            return 404, {"Code": "InvalidAction.NotFound", "Message": "no such path", "RequestId": "sim"}
        wrong = self._unsigned(asked)
        if wrong is not None:
            return wrong
        match asked.headers["x-acs-action"]:
            case "SendSms":
                return self._sent(asked.parameters)
            case "QuerySendDetails":
                return self._receipts(asked.parameters)
        return 404, {"Code": "InvalidAction.NotFound", "Message": "no such action", "RequestId": "sim"}

    def no(self, code: str, words: str) -> Answer:
        return 200, {"Code": code or "isv.SMS_TEMPLATE_ILLEGAL", "Message": words, "RequestId": "sim"}

    def too_often(self) -> Answer:
        return self.no(_LIMIT, _PERMITS)

    def throttled(self, path: str, value: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        words = f"触发{value}流控Permits:1" if value else _PERMITS
        return 200, {"Code": _LIMIT, "Message": words, "RequestId": "sim"}, {}

    def _unsigned(self, asked: Asked) -> Answer | None:
        """What is wrong with the signature of a request, if anything is."""
        found = _AUTHORIZATION.fullmatch(asked.headers.get("authorization", ""))
        if found is None or not set(found[2].split(";")) >= _DUE or not asked.headers.keys() >= _DUE:
            return _wrong("IncompleteSignature", "The request signature does not conform to Aliyun standards.")
        if not same(found[1], self.token):
            return _wrong("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        try:
            moment = datetime.strptime(asked.headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            return _wrong("InvalidTimeStamp.Format", "Specified time stamp or date value is not well formatted.")
        if abs(self.clock.now() - moment) > _SKEW:
            return _wrong("InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
        if not same(asked.headers["x-acs-content-sha256"], hashlib.sha256(asked.raw).hexdigest()) or not same(
            found[3], self._signature(asked, found[2].split(";"))
        ):
            return _wrong("SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")
        nonce = asked.headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            return _wrong("SignatureNonceUsed", "Specified signature nonce was used already.")
        self._nonces.add(nonce)
        return None

    def _signature(self, asked: Asked, names: list[str]) -> str:
        pairs = sorted(asked.parameters.items())
        lines = [asked.method, asked.path]
        lines.append("&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs))
        lines += [f"{name}:{asked.headers.get(name, '').strip()}" for name in names]
        lines += ["", ";".join(names), hashlib.sha256(asked.raw).hexdigest()]
        hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        return hmac.new(self.secret.encode(), f"ACS3-HMAC-SHA256\n{hashed}".encode(), hashlib.sha256).hexdigest()

    def _sent(self, given: Mapping[str, str]) -> Answer:
        number, sign, template = (given.get(name, "") for name in ("PhoneNumbers", "SignName", "TemplateCode"))
        if re.fullmatch(r"1\d{10}", number, re.ASCII) is None:
            return self.no("isv.MOBILE_NUMBER_ILLEGAL", f"{number}invalid mobile number")
        if not sign:
            return self.no("isv.SMS_SIGNATURE_ILLEGAL", "签名不合法")
        if re.fullmatch(r"SMS_\d+", template, re.ASCII) is None:
            return self.no("isv.SMS_TEMPLATE_ILLEGAL", "模板不合法(不存在或被拉黑)")
        try:
            values = json.loads(given.get("TemplateParam", "{}"))
        except ValueError:
            values = None
        if not isinstance(values, dict):
            return self.no("isv.INVALID_JSON_PARAM", "参数格式错误,请修改为字符串值")
        if not self.takes(f"{sign}/{template}/{number}", 50, timedelta(days=1)):
            return self.too_often()
        out = given.get("OutId", "")
        kept = self.keep("sms", to=number, sign=sign, template=template, values=values, out=out)
        return 200, {"Code": "OK", "Message": "OK", "RequestId": "sim", "BizId": f"{kept}^0"}

    def _receipts(self, given: Mapping[str, str]) -> Answer:
        number, day = given.get("PhoneNumber", ""), given.get("SendDate", "")
        sent = [
            {"PhoneNum": entry["to"], "OutId": entry["out"], "TemplateCode": entry["template"], "SendStatus": 3}
            for entry in self.book.entries()
            if entry["to"] == number and _day(entry["at"]) == day
        ]
        told = {"SmsSendDetailDTO": sent[:50]}
        return 200, {
            "Code": "OK",
            "Message": "OK",
            "RequestId": "sim",
            "TotalCount": len(sent),
            "SmsSendDetailDTOs": told,
        }


def _day(moment: str) -> str:
    return datetime.fromisoformat(moment).astimezone(_ITS_DAYS).strftime("%Y%m%d")


def _wrong(code: str, words: str, status: int = 400) -> Answer:
    return status, {"Code": code, "Message": words, "RequestId": "sim"}

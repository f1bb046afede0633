"""To-dos in DingTalk: one for a message, finished when the case has left the step that it was about.

As public documentation has it (2026-11): a token for the application, a person's union id by his user id, then the to-do.
A number of ours goes along, so that a repeat can be told.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flowkit.clock import Clock, SystemClock
from flowkit.notify.channel import ChannelDefinition, DeliveryError, Message, Receipt
from flowkit.notify.hosts import allowed, permits
from flowkit.notify.judging import MINUTE, Meaning, Told, is_zero, passing, read_reply, refusal
from flowkit.notify.posting import SECONDS, Poster
from flowkit.notify.robot_kind import cut_to, words
from flowkit.wire.addresses import encoded

NEW, OLD = "https://api.dingtalk.com", "https://oapi.dingtalk.com"
HOSTS = ("api.dingtalk.com", "oapi.dingtalk.com")
LONGEST_SUBJECT, LONGEST_DESCRIPTION = 1024, 4096

# A token is not used to its last moment, and not longer than tokens have ever lasted.
_EARLY, _LONGEST = 120, 7200
_WORN_OUT = {"88", "InvalidAuthentication", "40014", "42001"}
_CODES: Mapping[str, Meaning] = {
    "-1": passing("系统繁忙"),
    # Said of a token that is new: what worn-out ones are told is not told to people.
    "88": Meaning("不认访问凭证,或应用没有权限"),
    "InvalidAuthentication": Meaning("不认访问凭证,或应用没有权限"),
    "60121": Meaning("没有这个 userid"),
    "invalidClientIdOrSecret": Meaning("不认应用的 AppKey 或 AppSecret"),
}


def _throttled(code: str, said: str) -> Meaning | None:
    return passing("限流", MINUTE) if "QpsLimit" in code or code.startswith("Throttling") else None


TOLD = Told("钉钉", "code", "message", _CODES, _throttled)
TOLD_OF_OLD = Told("钉钉", "errcode", "errmsg", _CODES)


class DingTalkTodo:
    """To-dos of the application that `definition` names. Safe to share between threads; keeps its token and the ids it asked for.

    `clock` says when the token is worn out; `context` and `seconds` stand for the machine's own authorities and patience.
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
        self._token, self._until = "", self._clock.now()
        self._ids: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._definition.name

    def send(self, message: Message) -> Receipt:
        """Put the to-do before the person. The receipt's reference is what `finish` needs."""
        if not message.address:
            raise DeliveryError(f"{self.name}: 没有登记 userid", permanent=True)
        person = self._union_id(message.address.strip())
        subject, _ = cut_to(": ".join(words(message).split("\n")), LONGEST_SUBJECT)
        description, notice = cut_to(message.text, LONGEST_DESCRIPTION)
        todo = {
            "sourceId": hashlib.sha256(message.key.encode("utf-8", "replace")).hexdigest()[:32],
            "subject": subject,
            "description": description,
            "creatorId": person,
            "executorIds": [person],
            "isOnlyShowExecutor": True,
            "notifyConfigs": {"dingNotify": "1"},
        }
        reply = self._asked(
            "POST", f"/v1.0/todo/users/{encoded(person)}/tasks?operatorId={encoded(person)}", todo, "id"
        )
        return Receipt(f"{person}/{reply['id']}", notice)

    def carries(self, message: Message) -> bool:
        """A task, a reminder, a notification of the app's own. What is only told, such as a comment, is no to-do."""
        return message.passing or bool(message.notification)

    def finish(self, reference: str) -> None:
        """Mark the to-do with that reference as done. Raises DeliveryError where that is not taken."""
        person, _, task = reference.rpartition("/")
        path = f"/v1.0/todo/users/{encoded(person)}/tasks/{encoded(task)}?operatorId={encoded(person)}"
        self._asked("PUT", path, {"done": True}, "result")

    def _union_id(self, user: str) -> str:
        """What DingTalk calls a person in to-dos, by what a company calls him."""
        if self._definition.text("ids", {}) == "unionid":
            return user
        if user not in self._ids:
            result = self._asked("POST", "/topapi/v2/user/get", {"userid": user}, "errcode").get("result")
            found = result.get("unionid") if isinstance(result, Mapping) else None
            if not isinstance(found, str) or not found:
                raise DeliveryError(f"{self.name}: 钉钉没有给出这个人的 unionid", permanent=True)
            self._ids[user] = found
        return self._ids[user]

    def _asked(self, method: str, path: str, content: Mapping[str, Any], decides: str) -> Mapping[str, Any]:
        """The reply, where it is a yes: `decides` is the key that a yes has. A worn-out token is renewed once."""
        token = self._signed_in()
        reply = self._reply(method, path, content, decides, token)
        if _code(reply) in _WORN_OUT:
            self._forget(token)
            token = self._signed_in()
            reply = self._reply(method, path, content, decides, token)
        return self._yes(reply, decides, token)

    def _signed_in(self) -> str:
        """The application's token; of several threads one asks for it, the others wait."""
        with self._lock:
            if not self._token or self._clock.now() >= self._until:
                account, secret = (self._definition.text(key, self._environment) for key in ("account", "secret"))
                content = {"appKey": account, "appSecret": secret}
                reply = self._yes(
                    self._reply("POST", "/v1.0/oauth2/accessToken", content, "accessToken"), "accessToken"
                )
                self._token = str(reply["accessToken"])
                lasts = reply.get("expireIn")
                seconds = lasts if isinstance(lasts, int) and lasts > _EARLY else _EARLY
                self._until = self._clock.now() + timedelta(seconds=min(seconds, _LONGEST) - _EARLY / 2)
            return self._token

    def _forget(self, token: str) -> None:
        with self._lock:
            if self._token == token:
                self._token = ""

    def _reply(
        self, method: str, path: str, content: Mapping[str, Any], decides: str, token: str = ""
    ) -> Mapping[str, Any]:
        old = path.startswith("/topapi/")
        if old:
            path = f"{path}?access_token={encoded(token)}"
        base = self._definition.text("base", self._environment, OLD if old else NEW).rstrip("/")
        target = allowed(f"{base}{path}", HOSTS)
        if target is None:
            raise DeliveryError(f"{self.name}: 接口地址不可用: 应为 {NEW}")
        headers = {"content-type": "application/json; charset=utf-8"}
        if token and not old:
            headers["x-acs-dingtalk-access-token"] = token
        body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        answer = self._poster.ask(method, target, headers, body, lambda address: permits(target, address))
        return read_reply(self.name, answer, (decides, "code", "errcode"), self._clock.now())

    def _yes(self, reply: Mapping[str, Any], decides: str, token: str = "") -> Mapping[str, Any]:
        """The reply itself, unless it is a no."""
        if "errcode" in reply and not is_zero(reply["errcode"]):
            # What is meant stands a level deeper: the code 88 is all of "ding talk error".
            reply = {**reply, "errmsg": reply.get("sub_msg") or reply.get("errmsg")}
            raise refusal(self.name, TOLD_OF_OLD, reply, (token, self._definition.text("secret", self._environment)))
        # 0 is the yes of old interfaces, whose code decides.
        if decides != "errcode" and reply.get(decides) in (None, "", False):
            raise refusal(self.name, TOLD, reply, (token, self._definition.text("secret", self._environment)))
        return reply


def _code(reply: Mapping[str, Any]) -> str:
    return str(reply.get("code", reply.get("errcode")))

"""A browser that knows no script: follows links, fills in the forms that a page shows, keeps cookies. Told by what people read."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

from starlette.testclient import TestClient


class Form:
    """One form of a page: where it goes, and what stands in its controls."""

    def __init__(self) -> None:
        self.action, self.method = "", "get"
        self.values: list[tuple[str, str]] = []
        self.buttons: list[tuple[str, str, str]] = []
        self.choices: dict[str, list[tuple[str, str]]] = {}
        self.names: set[str] = set()


class _Reader(HTMLParser):
    """Forms, links and the words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._pressed: Form | None = None
        self._by_id: dict[str, Form] = {}
        self._link: list[str] | None = None
        self._button: list[str] | None = None
        self._area: list[str] | None = None
        self._select = ""
        self._option: list[str] | None = None
        self._picked = False
        self._hidden = 0
        self._main = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "main":
            self._main = True
        if tag in ("script", "style"):
            self._hidden += 1
        elif tag == "form":
            self._form = self._called(given.get("id", ""))
            self._form.action, self._form.method = given.get("action", ""), given.get("method", "get")
        elif tag == "a":
            self._link = [given.get("href", ""), ""]
        elif tag == "input" and (form := self._of(given)) is not None:
            self._input(form, given)
        elif self._form is not None and tag == "textarea":
            self._area = [given["name"], ""]
        elif self._form is not None and tag == "select":
            self._select, self._picked = given.get("name", ""), False
            self._form.names.add(self._select)
            self._form.choices[self._select] = []
        elif self._form is not None and tag == "option":
            self._option = [given.get("value", ""), ""]
            if "selected" in given or not self._picked:
                # As browsers do: the first one, unless another is marked.
                self._form.values = [(n, v) for n, v in self._form.values if n != self._select]
                self._form.values.append((self._select, given.get("value", "")))
                self._picked = True
        elif tag == "button" and (form := self._of(given)) is not None:
            self._button, self._pressed = [given.get("name", ""), given.get("value", ""), ""], form

    def _called(self, id_: str) -> Form:
        """The form of that id, which controls outside of it may have named before; a new one for none."""
        form = self._by_id.setdefault(id_, Form()) if id_ else Form()
        if form not in self.forms:
            self.forms.append(form)
        return form

    def _of(self, given: dict[str, str]) -> Form | None:
        """The form to which a control belongs: the one it names, else the one it stands in."""
        return self._called(given["form"]) if "form" in given else self._form

    def _input(self, form: Form, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if not name or kind == "file":
            return
        form.names.add(name)
        if kind in ("radio", "checkbox"):
            form.choices.setdefault(name, []).append((given.get("value", "on"), ""))
            if "checked" in given:
                form.values.append((name, given.get("value", "on")))
        else:
            form.values.append((name, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._hidden -= 1
        elif tag == "form":
            self._form = None
        elif tag == "a" and self._link is not None:
            self.links.append((self._link[0], " ".join(self._link[1].split())))
            self._link = None
        elif tag == "button" and self._button is not None and self._pressed is not None:
            name, value, words = self._button
            self._pressed.buttons.append((name, value, " ".join(words.split())))
            self._button = None
        elif tag == "textarea" and self._area is not None and self._form is not None:
            self._form.names.add(self._area[0])
            self._form.values.append((self._area[0], self._area[1]))
            self._area = None
        elif tag == "option" and self._option is not None and self._form is not None:
            self._form.choices[self._select].append((self._option[0], " ".join(self._option[1].split())))
            self._option = None

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        for holder in (self._link, self._button, self._area, self._option):
            if holder is not None:
                holder[-1] += data
        if data.strip() and self._main:
            self.words.append(data.strip())


class Plain:
    """A browser without scripts on one app; `https` as the address would be."""

    def __init__(self, app: Any, root: str = "") -> None:
        self.client = TestClient(app, base_url="http://testserver", raise_server_exceptions=False)
        self.root, self.text, self.path, self.status = root, "", "", 0
        self._page = _Reader()

    @property
    def words(self) -> str:
        """What a person reads in the body of the page, in one line."""
        return " ".join(self._page.words)

    @property
    def links(self) -> list[tuple[str, str]]:
        return self._page.links

    def get(self, path: str) -> Plain:
        return self._took(self.client.get(path))

    def click(self, words: str) -> Plain:
        """Follow the first link that says so."""
        href = next((href for href, said in self.links if words in said), None)
        assert href is not None, f"no link {words!r} among {[said for _, said in self.links]}"
        return self.get(html.unescape(href))

    def form(self, button: str) -> Form:
        """The form that has a button which says so."""
        found = next((f for f in self._page.forms if any(button in words for _, _, words in f.buttons)), None)
        assert found is not None, f"no button {button!r} among {[b for f in self._page.forms for b in f.buttons]}"
        return found

    def send(
        self, button: str, files: dict[str, tuple[str, bytes, str]] | None = None, **values: str | list[str]
    ) -> Plain:
        """Fill in fields (by their name in the form, without `f-`) and press the button that says so."""
        form = self.form(button)
        name, value, _ = next(b for b in form.buttons if button in b[2])
        sent = [(n, v) for n, v in form.values if n.removeprefix("f-") not in values]
        for field, given in values.items():
            full = f"f-{field}" if f"f-{field}" in form.names or f"f-{field}" not in form.names else field
            full = field if field in form.names else full
            sent += [(full, each) for each in (given if isinstance(given, list) else [given])]
        if name:
            sent.append((name, value))
        grouped: dict[str, list[str]] = {}
        for key, each in sent:
            grouped.setdefault(key, []).append(each)
        target = html.unescape(form.action) or self.path
        if form.method == "get":
            return self._took(self.client.get(target, params=grouped))
        uploads = [(f"f-{field}", file) for field, file in (files or {}).items()]
        return self._took(self.client.post(target, data=grouped, files=uploads or None))

    def _took(self, answer: Any) -> Plain:
        self.text, self.status = answer.text, answer.status_code
        self.path = re.sub(r"^https?://[^/]+", "", str(answer.url))
        self._page = _Reader()
        self._page.feed(answer.text)
        return self

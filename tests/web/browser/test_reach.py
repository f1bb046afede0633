"""Everybody can use every page: by keys alone, on a narrow phone, in the dark, with a reader of screens."""

from __future__ import annotations

import pytest

from tests.web.browser.conftest import Served, Somebody
from tests.web.browser.person import DESKTOP, PHONE, Person
from tests.web.browser.test_one_repair import code

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not there")

PAGES = {
    "林悦": ("/tasks", "/views/dispatch_board", "/views/dispatch_board?as=list", "/cases", "/me", "/new/repair_order"),
    "方敏": ("/incidents", "/codes"),
}
"Who looks at which pages; those of single cases are found on the way."


def everywhere(person: Person, served: Served) -> list[str]:
    """The pages there are, as links; the person changes on the way, so they are given one by one."""
    standing = served.kit.cases(None, workflow="repair_order").items
    case = next(c for c in standing if c.node == "assigned")
    owned = next(c for c in standing if c.node == "travelling")
    return [
        "demo /demo",
        f"demo {code(served)}",
        "demo /sign-in",
        "demo /demo/messages",
        f"demo /progress/{served.pages.signer.sign('progress', case.id, case.applicant)}",
        *(f"{name} {path}" for name, paths in PAGES.items() for path in paths),
        f"林悦 /cases/{case.id}",
        f"林悦 /cases/{case.id}?tab=values",
        f"林悦 /cases/{case.id}?tab=messages",
        f"林悦 /cases/{case.id}/do/assign",
        "林悦 /desk/phone_desk?caller=13800000100",
        f"{name_of(served, owned.owner[0])} /cases/{owned.id}/do/arrive",
    ]


def name_of(served: Served, actor: str) -> str:
    return next(name for each, name, _ in served.trial.cast.people if each == actor)


def visited(person: Person, served: Served, visit: str) -> str:
    """Go there as who it says, and give the path without what is chance."""
    who, _, path = visit.partition(" ")
    if who != "demo" and who not in person.page.locator("#persona option:checked").inner_text():
        person.be(who)
    person.get(path)
    return f"{who} {path}"


def faults(person: Person) -> list[str]:
    """What axe-core calls serious or critical, at most three places of each."""
    return [
        f"{each['id']}: {node['target']}: {node['failureSummary']}"
        for each in axe.Axe().run(person.page).response["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_no_page_has_a_serious_fault_of_access(standing: Served, somebody: Somebody, width: int) -> None:
    """What axe-core finds on any page, at both widths, light and dark, is neither serious nor critical."""
    person = somebody(standing, width).get("/demo")
    found: list[str] = []
    for visit in everywhere(person, standing):
        here = visited(person, standing, visit)
        for colours in ("light", "dark"):
            person.page.emulate_media(color_scheme=colours)
            found += [f"{here} {colours}: {fault}" for fault in faults(person)]
    assert not found, "\n".join(found)


def test_no_page_scrolls_sideways_on_a_narrow_phone(standing: Served, somebody: Somebody) -> None:
    """At 320 pixels every page fits; boards and tables fold."""
    person = somebody(standing, 320).get("/demo")
    wide = [
        here for visit in everywhere(person, standing) if (here := visited(person, standing, visit)) and person.wide
    ]
    assert not wide


def press(person: Person, *keys: str) -> None:
    for key in keys:
        person.page.keyboard.press(key)


def tab_to(person: Person, script: str) -> None:
    """Press the tab key until the script says that the focus is there; whatever has it on the way can be seen to."""
    for _ in range(80):
        press(person, "Tab")
        assert person.page.evaluate(SEEN), person.page.evaluate("document.activeElement.outerHTML")
        if person.page.evaluate(f"(each => {script})(document.activeElement)"):
            return
    raise AssertionError(f"no way by keys to {script}")


SEEN = """(() => {
  const here = document.activeElement;
  if (here === document.body) return true;
  const shown = (each) => { const s = getComputedStyle(each); return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2; };
  return shown(here) || (here.nextElementSibling && shown(here.nextElementSibling));
})()"""
"Whether what has the focus, or the label that stands for it, has an outline."


def test_a_report_is_made_with_keys_alone(served: Served, somebody: Somebody) -> None:
    """Tab, space, enter and letters are enough to report a fault, and the skip link leads past what repeats."""
    person = somebody(served, DESKTOP).get(code(served))
    tab_to(person, "each.classList.contains('skip')")
    press(person, "Enter")
    assert person.focused == "main"
    tab_to(person, "each.name === 'f-fault_type'")
    press(person, *["ArrowDown"] * 4)
    assert person.control("fault_type").input_value() == "门机故障"
    tab_to(person, "each.name === 'f-impact'")
    press(person, "ArrowDown")
    tab_to(person, "each.name === 'f-description'")
    person.page.keyboard.type("关不上")
    tab_to(person, "each.name === 'f-phone'")
    person.page.keyboard.type("13800000104")
    tab_to(person, "each.matches('button.go')")
    with person.page.expect_navigation():
        press(person, "Enter")
    person.sees("正在派人")


def test_an_approval_is_given_with_keys_alone(served: Served, somebody: Somebody) -> None:
    """From the list of what waits for him to his opinion and the button, an approver needs no mouse."""
    kit = served.kit
    quote = kit.submit("quote", {"elevator": "E008", "why": "皮带老化"}, by="employee:wang")
    kit.act(quote.id, "submit", {"lines": [{"item": "更换皮带", "amount": "300"}]}, by="employee:wang")
    person = somebody(served, DESKTOP).be("唐勇")
    tab_to(person, "each.textContent.trim() === '同意'")
    with person.page.expect_navigation():
        press(person, "Enter")
    tab_to(person, "each.matches('button.go')")
    with person.page.expect_navigation():
        press(person, "Space")
    assert kit.case(quote.id).node == "consent"

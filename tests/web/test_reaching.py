"""Numbers can be called and places be gone to from a page, by whom they are shown to in full."""

from __future__ import annotations

import pytest

from flowkit.testing.demo import Trial
from flowkit.web import create_app
from flowkit.web.links import progress_path
from tests.web.plain import Plain
from tests.web.trying import somebody

AMAP = "https://uri.amap.com/marker?position={gcj_longitude},{gcj_latitude}"


def on_the_way(trial: Trial) -> str:
    report = {"elevator": "E008", "fault_type": "门机故障", "description": "门关不上", "phone": "138-0000 0104"}
    case = trial.kit.submit("repair_order", report, by="customer:P02").id
    trial.kit.act(case, "assign", {"technician": "wang"}, by="employee:lin")
    return case


def leading(browser: Plain) -> set[str]:
    return {href for href, _ in browser.links if not href.startswith(("/", "#"))}


def test_who_handles_the_case_calls_and_is_led_with_one_tap(trial: Trial) -> None:
    """On the case, among its values and where he acts: the number as phones want it, the place as satellites see it."""
    case = on_the_way(trial)
    worker = somebody(trial, "employee:wang")
    for path in (f"/cases/{case}", f"/cases/{case}?tab=values", f"/cases/{case}/do/arrive"):
        links = leading(worker.get(path))
        assert "tel:13800000104" in links
        # The record says 30.2073,120.2079 in GCJ-02, which lies half a kilometre from that in WGS-84.
        (place,) = (link for link in links if link.startswith("geo:"))
        latitude, longitude = map(float, place.removeprefix("geo:").split(","))
        assert abs(latitude - 30.2097) < 0.0002
        assert abs(longitude - 120.2034) < 0.0002


def test_a_masked_number_is_no_link(trial: Trial) -> None:
    """Who sees only its ends cannot call it."""
    case = on_the_way(trial)
    office = somebody(trial, "employee:tang").get(f"/cases/{case}?tab=values")
    assert "138****0104" in office.words
    assert not [link for link in leading(office) if link.startswith("tel:")]


def test_a_customer_is_not_led_to_his_own_machine(trial: Trial) -> None:
    """His page tells how far it has come; nothing on it leads away."""
    case = on_the_way(trial)
    pages = create_app(trial.kit, demo=trial)
    customer = Plain(pages).get(progress_path(pages.state.site.signer, case, "customer:P02"))
    assert "13800000104" in customer.words
    assert leading(customer) == set()


def test_a_host_names_the_maps_it_wants(trial: Trial) -> None:
    """Degrees as those maps count them; a link that is none is refused when the pages are made."""
    case = on_the_way(trial)
    links = leading(somebody(trial, "employee:wang", AMAP).get(f"/cases/{case}"))
    assert "https://uri.amap.com/marker?position=120.207900,30.207300" in links
    for wrong in ("javascript:alert({latitude})", "https://a/{name}", "https://a/{latitude.__class__}{", "/maps"):
        with pytest.raises(ValueError, match="maps"):
            create_app(trial.kit, maps=wrong)

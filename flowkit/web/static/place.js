// Where somebody is: asked for with one click, told with its accuracy, typed by hand where it cannot be had.
import { say } from "./words.js";

const ROUGH = 100;

export function place(root) {
  for (const button of root.querySelectorAll("[data-locate]")) {
    if (button.dataset.ready) continue;
    button.dataset.ready = "1";
    button.addEventListener("click", () => locate(button));
    const box = document.getElementById(button.dataset.locate);
    // What is typed by hand is in the app's own system.
    box?.addEventListener("input", () => { fill(button, "", ""); delete button.dataset.busy; });
  }
}

function fill(button, system, accuracy) {
  const field = button.closest(".field");
  field.querySelector("[data-system]").value = system;
  field.querySelector("[data-accuracy]").value = accuracy;
  field.querySelector("[data-at]").value = "";
}

// The way out that the page offers where no position can be had, in its own words.
function orElse(button) {
  const way = button.closest(".field").querySelector("[data-instead]");
  return way ? say("；也可以点“{title}”", { title: way.textContent.trim() }) : "";
}

function locate(button) {
  if ("busy" in button.dataset) return;
  const told = button.parentElement.querySelector("[data-told]");
  const box = document.getElementById(button.dataset.locate);
  if (!navigator.geolocation) { told.textContent = say("这个浏览器不能定位，请手工填写纬度和经度") + orElse(button); return; }
  told.textContent = say("正在定位…");
  // While the phone looks, fields that follow others leave this one where it is.
  button.dataset.busy = "";
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      // Who has typed one meanwhile knows better.
      if (!("busy" in button.dataset)) { told.textContent = ""; return; }
      delete button.dataset.busy;
      box.value = `${coords.latitude.toFixed(6)},${coords.longitude.toFixed(6)}`;
      const metres = Math.round(coords.accuracy);
      fill(button, "wgs84", String(metres));
      box.dispatchEvent(new Event("change", { bubbles: true }));
      told.textContent = metres > ROUGH ? say("定位太粗（±{n} 米），走到室外再试", { n: metres }) + orElse(button) : say("误差约 {n} 米", { n: metres });
    },
    (problem) => {
      if (!("busy" in button.dataset)) { told.textContent = ""; return; }
      delete button.dataset.busy;
      told.textContent = (problem.code === 1 ? say("浏览器不允许定位：请在地址栏左边的设置里允许“位置”，再点一次") : say("定位没有成功，请走到室外再试")) + orElse(button);
    },
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
  );
}

// A form goes when its pictures have arrived and there is a network: what is in it never leaves the page for nothing.
import { say } from "./words.js";

const PATIENCE = 5000;

export function send(form) {
  let waiting = null, gone = 0, offline = false;
  const told = form.querySelector(".actions").appendChild(document.createElement("p"));
  told.setAttribute("role", "status");

  form.addEventListener("submit", (event) => {
    // Browsers may be wrong about the network: who presses again means it.
    const problem = hindrance(form, offline);
    offline = !navigator.onLine && !offline;
    told.textContent = problem;
    // A second click while the first is under way would send nothing twice, but would look as if nothing happened.
    const twice = !event.submitter?.name && Date.now() - gone < PATIENCE;
    if (!problem && !event.submitter?.name && !twice) gone = Date.now();
    if (!problem && !twice) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    waiting = form.querySelector("[data-sending]") ? event.submitter : null;
    form.querySelector(".shot.bad")?.scrollIntoView({ block: "center" });
  }, true);
  // The last picture has arrived, or failed: then the button that was pressed is pressed for good.
  form.addEventListener("settled", () => {
    if (form.querySelector("[data-sending]")) return;
    const button = waiting;
    waiting = null;
    if (button?.isConnected) form.requestSubmit(button);
    else if (told.textContent) told.textContent = hindrance(form, offline);
  });
  // Who goes on typing has changed his mind: it goes when he presses again.
  form.addEventListener("input", () => { waiting = null; told.textContent = ""; });
  addEventListener("online", () => { if (told.textContent) told.textContent = say("网络恢复了，请再点一次"); });
  addEventListener("pageshow", () => { gone = 0; });
}

function hindrance(form, insists) {
  if (!navigator.onLine && !insists) return say("现在没有网络：填的内容都还在，连上以后再点一次");
  if (form.querySelector("[data-sending]")) return say("照片还在发送，发完会自动提交");
  if (form.querySelector(".shot.bad")) return say("有照片没有发出去：请点“再试”，或者删掉它再提交");
  return "";
}

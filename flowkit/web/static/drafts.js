// A draft lies in this browser until the form has gone: for a week, or as long as this tab is open.
import { again, wait } from "./forms.js";
import { say } from "./words.js";

const WEEK = 7 * 86400e3;
const GONE = "flowkit gone";

// With the key of the form: one that went although no answer came back is not begun a second time.
const typed = (form) => [...new FormData(form)].filter(([name, held]) => (name.startsWith("f-") || name === "_key") && !(held instanceof File));

export function draft(form, enliven) {
  const place = `flowkit draft ${location.pathname}${location.search} ${form.elements._visit?.value ?? ""}`;
  try {
    const store = form.dataset.draft === "tab" ? sessionStorage : localStorage;
    const kept = JSON.parse(store.getItem(place) || "null");
    // What the server has just shown of what was sent is newer.
    if (kept && !("posted" in form.dataset) && Date.now() - kept.at < WEEK) restore(form, kept.values, enliven, () => store.removeItem(place));
    let dirty = false;
    const save = () => { if (dirty) store.setItem(place, JSON.stringify({ at: Date.now(), values: typed(form) })); dirty = false; };
    const later = wait(save, 400);
    for (const each of ["input", "change"]) form.addEventListener(each, () => { dirty = true; later(); });
    addEventListener("pagehide", save);
    form.addEventListener("submit", (event) => { if (!event.submitter?.name) sessionStorage.setItem(GONE, JSON.stringify([form.dataset.draft, place, location.pathname])); });
  } catch { /* a browser that keeps nothing */ }
}

// A form has gone when another page of ours follows it: after a refusal it stands here again, on a line that is down nothing does.
export function forget() {
  try {
    const [kind, place, path] = JSON.parse(sessionStorage.getItem(GONE) || "[]");
    if (place && path !== location.pathname) (kind === "tab" ? sessionStorage : localStorage).removeItem(place);
    sessionStorage.removeItem(GONE);
    if (document.querySelector("form[action$='/sign-in']")) sessionStorage.clear();
  } catch { /* a browser that keeps nothing */ }
}

async function restore(form, values, enliven, drop) {
  const begun = JSON.stringify(typed(form));
  const body = new FormData(form);
  for (const [name] of values) body.delete(name);
  for (const [name, value] of values) body.append(name, value);
  const fresh = await again(form, "_show", "1", body);
  const here = form.querySelector("[data-fields]");
  if (!fresh || !here || JSON.stringify(typed(form)) !== begun) return;
  here.replaceChildren(...fresh.childNodes);
  form.elements._key.value = body.get("_key");
  enliven(here);
  const said = Object.assign(document.createElement("p"), { className: "note told", textContent: say("已恢复您上次没有提交的内容") });
  said.setAttribute("role", "status");
  const anew = Object.assign(document.createElement("button"), { type: "button", className: "btn quiet dense", textContent: say("不要，重新填写") });
  anew.addEventListener("click", () => { drop(); location.reload(); });
  said.append(" ", anew);
  form.prepend(said);
}

// A draft lies in this browser until the form has gone: for a week, or as long as this tab is open. It holds what somebody
// changed, and the key of the form: one that went although no answer came back is not begun a second time.
import { again, differ, merge, wait } from "./forms.js";
import { say } from "./words.js";

const WEEK = 7 * 86400e3;
const PREFIX = "flowkit draft ";

function read(store, place) {
  try { return JSON.parse(store.getItem(place)); } catch { return null; }
}

// What has been done needs no draft any more, and nobody comes back after a week.
export function forget() {
  try {
    for (const store of [localStorage, sessionStorage]) {
      for (const place of Object.keys(store).filter((each) => each.startsWith(PREFIX))) {
        const kept = read(store, place);
        if (!kept || kept.key === document.body.dataset.done || Date.now() - kept.at > WEEK) store.removeItem(place);
      }
    }
  } catch { /* a browser that keeps nothing */ }
}

// What the server has put into the form, whatever the browser has put back into it since.
function pristine(form) {
  const copy = form.cloneNode(true);
  copy.reset();
  return new FormData(copy);
}

export function draft(form, enliven) {
  let store;
  try { store = form.dataset.draft === "tab" ? sessionStorage : localStorage; } catch { return; /* keeps nothing */ }
  const place = PREFIX + [document.body.dataset.me, location.pathname + location.search, form.elements._visit?.value ?? ""].join(" ");
  const posted = "posted" in form.dataset, begun = pristine(form), changed = new Set();
  const save = () => {
    const now = new FormData(form), values = { ...read(store, place)?.values };
    for (const name of new Set([...begun.keys(), ...now.keys(), ...changed])) {
      if (!name.startsWith("f-") || [...now.getAll(name), ...begun.getAll(name)].some((each) => each instanceof File)) continue;
      // What stands on a page that was sent was typed, whether it was typed since or not.
      const differs = posted || differ(begun, now, [name]);
      if (differs) changed.add(name);
      if (differs) values[name] = now.getAll(name).filter((each) => typeof each === "string");
      else if (changed.has(name)) delete values[name];
    }
    try {
      if (!Object.keys(values).length) store.removeItem(place);
      else store.setItem(place, JSON.stringify({ at: Date.now(), key: form.elements._key.value, values }));
    } catch { /* too much to be kept */ }
  };
  let dirty = false;
  const flush = () => { if (dirty && !form.dataset.dropped) save(); dirty = false; };
  const kept = posted ? null : read(store, place);
  if (posted) save();
  if (kept) {
    form.elements._key.value = kept.key;
    restore(form, () => { flush(); return read(store, place)?.values ?? {}; }, enliven, () => { store.removeItem(place); form.dataset.dropped = "1"; location.reload(); });
  }
  const later = wait(flush, 400);
  for (const each of ["input", "change"]) form.addEventListener(each, () => { dirty = true; later(); });
  addEventListener("pagehide", flush);
  addEventListener("pageshow", () => {
    // A browser that goes back types what has gone into the form again.
    if (!kept && !posted && !dirty && performance.getEntriesByType("navigation")[0]?.type === "back_forward") form.reset();
  }, { once: true });
}

async function restore(form, held, enliven, drop) {
  const since = new FormData(form), body = new FormData(form);
  for (const [name, given] of Object.entries(held())) {
    body.delete(name);
    for (const value of given) body.append(name, value);
  }
  const fresh = await again(form, "_show", "1", body);
  if (fresh) merge(form, fresh, since, enliven, true);
  form.querySelector(":scope > .told")?.remove();
  const said = Object.assign(document.createElement("p"), { className: "note told", textContent: fresh ? say("已恢复您上次没有提交的内容") : say("您上次没有提交的内容还在这里，现在取不回来") });
  said.setAttribute("role", "status");
  const button = (words, work) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "btn quiet dense", textContent: words });
    made.addEventListener("click", work);
    said.append(" ", made);
  };
  if (!fresh) button(say("再试"), () => restore(form, held, enliven, drop));
  button(say("不要，重新填写"), drop);
  form.prepend(said);
}

// Forms: fields that depend on others are asked for anew, lists are searched, what was typed is kept in this browser.
import { say } from "./words.js";

const wait = (work, time) => {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => work(...given), time); };
};

async function again(form, button, value) {
  const body = new FormData(form);
  for (const [name, held] of [...body.entries()]) if (held instanceof File) body.delete(name);
  body.set(button, value);
  try {
    const answer = await fetch(form.action || location.href, { method: "POST", body, headers: { accept: "text/html" } });
    if (!answer.ok) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-fields]");
  } catch { return null; /* the line is down: what is computed comes with the next answer */ }
}

const values = (form, names) => JSON.stringify(names.map((name) => form.getAll(name).map(String)));
const names = (root) => [...new Set([...root.querySelectorAll("[name]")].map((e) => e.name))];

// A field others depend on has changed: show them as they are now, and leave the person where he was.
export function follow(form, enliven) {
  let turn = 0, composing = false, waiting = false, asked = new FormData(form);
  const changed = (root, since) => values(since, names(root)) !== values(new FormData(form), names(root));
  const renew = wait(async () => {
    const here = form.querySelector("[data-fields]");
    const mine = ++turn, sent = (asked = new FormData(form));
    const fresh = await again(form, "_show", "1");
    // An answer that was overtaken is no longer true, and words under composition cannot be moved.
    if (!fresh || !here || mine !== turn) return;
    if ((waiting = composing)) return;
    const active = document.activeElement?.id;
    for (const field of fresh.querySelectorAll(".field")) {
      if (field.querySelector(".field")) continue;
      const name = field.querySelector("[name]")?.name;
      const old = name && here.querySelector(`[name="${CSS.escape(name)}"]`)?.closest(".field");
      // Files that were chosen and not sent cannot be given back to a new control, nor what was typed since it was asked.
      if (old && (old.querySelector("input[type=file]") || old.contains(document.activeElement) || changed(old, sent))) field.replaceWith(old);
    }
    here.replaceChildren(...fresh.childNodes);
    enliven(here);
    if (active) document.getElementById(active)?.focus();
  }, 150);
  form.addEventListener("change", (event) => { if (event.target.closest("[data-follow]")) renew(); });
  // A box that was moved while somebody typed in it tells of no change when he leaves it.
  form.addEventListener("focusout", (event) => {
    const field = event.target.closest("[data-follow]");
    if (field?.isConnected && field.closest(".field") && changed(field.closest(".field"), asked)) renew();
  });
  form.addEventListener("compositionstart", () => { composing = true; });
  form.addEventListener("compositionend", () => { composing = false; if (waiting) renew(); });
}

// What is typed above a list narrows it down.
export function find(form) {
  const search = wait(async (box) => {
    const list = document.getElementById(box.dataset.find);
    const fresh = await again(form, "_find", box.name.slice(2));
    const found = fresh?.querySelector(`#${CSS.escape(box.dataset.find)}`);
    if (found && list) list.replaceChildren(...found.childNodes);
  }, 250);
  form.addEventListener("input", (event) => { if (event.target.dataset.find) search(event.target); });
}

// A draft lies in this browser until the form is sent.
export function draft(form) {
  const place = `flowkit draft ${location.pathname}`;
  // A position goes with the system it was read in, or not at all.
  const kind = (e) => ("system" in e.dataset || "accuracy" in e.dataset ? "text" : e.type);
  const fields = () => [...form.elements].filter((e) => e.name?.startsWith("f-") && !["file", "hidden", "submit"].includes(kind(e)));
  try {
    const kept = JSON.parse(localStorage.getItem(place) || "null");
    const empty = fields().every((e) => (e.type === "radio" || e.type === "checkbox" ? !e.checked || !e.value : !e.value));
    if (kept && empty && Date.now() - kept.at < 7 * 86400e3) restore(form, fields(), kept.values);
    const keep = wait(() => {
      const values = {};
      for (const e of fields()) {
        if (e.type === "radio" || e.type === "checkbox") { if (e.checked) (values[e.name] ||= []).push(e.value); } else if (e.value) values[e.name] = [e.value];
      }
      localStorage.setItem(place, JSON.stringify({ at: Date.now(), values }));
    }, 400);
    form.addEventListener("input", keep);
    form.addEventListener("change", keep);
    form.addEventListener("submit", (event) => { if (!event.submitter?.name) localStorage.removeItem(place); });
  } catch { /* a browser that keeps nothing */ }
}

function restore(form, fields, values) {
  for (const e of fields) {
    const held = values[e.name];
    if (!held) continue;
    if (e.type === "radio" || e.type === "checkbox") e.checked = held.includes(e.value);
    else e.value = held[0];
  }
  const said = document.createElement("p");
  said.className = "note told";
  said.setAttribute("role", "status");
  said.textContent = say("已恢复您上次没有提交的内容");
  form.prepend(said);
  form.querySelector("[data-follow]")?.dispatchEvent(new Event("change", { bubbles: true }));
}

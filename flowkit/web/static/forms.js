// Forms: fields that depend on others are asked for anew, lists are searched, and whoever types is left alone.

export const wait = (work, time) => {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(() => work(...given), time); };
};

// The fields as the server shows them after what stands in the form, or what `body` tells in its place; null when there is no answer.
export async function again(form, button, value, body = new FormData(form)) {
  for (const [name, held] of [...body.entries()]) if (held instanceof File) body.delete(name);
  body.set(button, value);
  try {
    const answer = await fetch(form.action || location.href, { method: "POST", body, headers: { accept: "text/html" } });
    if (!answer.ok) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-fields]");
  } catch { return null; /* the line is down: what is computed comes with the next answer */ }
}

const values = (data, names) => JSON.stringify(names.map((name) => data.getAll(name).map((each) => each.name ?? each)));
export const differ = (one, other, names) => values(one, names) !== values(other, names);

// Whether a field holds what the server was not told when it was asked: it stays as it is.
function holds(field, form, since, focus) {
  if (field.querySelector("[data-busy], .shot[data-sending], .shot.bad") || (focus && field.contains(document.activeElement))) return true;
  if ([...field.querySelectorAll("input[type=file]")].some((input) => input.files.length)) return true;
  return differ(since, new FormData(form), [...new Set([...field.querySelectorAll("[name]")].map((each) => each.name))]);
}

// What was sent before and stands in a field that is kept as it is.
function bring(from, to) {
  const shots = to.querySelector("[data-shots]"), there = new Set([...to.querySelectorAll("input[name$='.kept']")].map((each) => each.value));
  if (shots) shots.prepend(...[...from.querySelectorAll(".shot")].filter((each) => !there.has(each.querySelector("input[name$='.kept']")?.value)));
}

// Show fields as they came from the server, which was told `since`. Whoever types stays where he is; with `back` it is a draft that
// comes back, also into the field where he is.
export function merge(form, fresh, since, enliven, back = false) {
  const here = form.querySelector("[data-fields]"), active = document.activeElement;
  const top = active?.getBoundingClientRect().top;
  for (const field of fresh.querySelectorAll("[data-path]")) {
    const old = here.querySelector(`[data-path="${CSS.escape(field.dataset.path)}"]`);
    if (old && !field.querySelector("[data-path]") && !old.querySelector("[data-path]") && holds(old, form, since, !back)) {
      if (back) bring(field, old);
      field.replaceWith(old);
    }
  }
  here.replaceChildren(...fresh.childNodes);
  enliven(here);
  const place = here.contains(active) ? active : active?.id && document.getElementById(active.id);
  if (!place || place === document.activeElement) return;
  place.focus({ preventScroll: true });
  scrollBy(0, place.getBoundingClientRect().top - top);
}

// A field others depend on has changed: show them as they are now.
export function follow(form, enliven) {
  let turn = 0, composing = false, waiting = false, asked = new FormData(form);
  const renew = wait(async () => {
    const mine = ++turn, sent = (asked = new FormData(form));
    const fresh = await again(form, "_show", "1");
    // An answer that was overtaken is no longer true, and words under composition cannot be moved.
    if (!fresh || mine !== turn) return;
    if ((waiting = composing)) return;
    merge(form, fresh, sent, enliven);
  }, 150);
  form.addEventListener("change", (event) => { if (event.target.closest("[data-follow]")) renew(); });
  // A box that was moved while somebody typed in it tells of no change when he leaves it.
  form.addEventListener("focusout", (event) => {
    const { name, isConnected } = event.target;
    if (name && isConnected && event.target.closest("[data-follow]") && differ(asked, new FormData(form), [name])) renew();
  });
  form.addEventListener("compositionstart", () => { composing = true; });
  form.addEventListener("compositionend", () => { composing = false; if (waiting) renew(); });
}

// What is typed above a list narrows it down; what was chosen stays chosen.
export function find(form) {
  const turns = new Map();
  const search = wait(async (box) => {
    const turn = (turns.get(box.name) ?? 0) + 1;
    turns.set(box.name, turn);
    const fresh = await again(form, "_find", box.name.slice(2));
    const found = fresh?.querySelector(`#${CSS.escape(box.dataset.find)}`), list = document.getElementById(box.dataset.find);
    if (!found || !list || turns.get(box.name) !== turn) return;
    const chosen = list.selectedOptions[0];
    list.replaceChildren(...[...found.options].map((each) => new Option(each.text, each.value)));
    if (!chosen?.value) { list.selectedIndex = 0; return; }
    if (![...list.options].some((each) => each.value === chosen.value)) list.options[0].after(chosen);
    list.value = chosen.value;
  }, 250);
  form.addEventListener("input", (event) => { if (event.target.dataset.find) search(event.target); });
}

// The key Enter goes on to the next field. Browsers press the first button of a form with it, whatever that takes away.
export function enter(form) {
  form.addEventListener("keydown", (event) => {
    const box = event.target;
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || box.tagName !== "INPUT" || ["checkbox", "radio", "file"].includes(box.type)) return;
    event.preventDefault();
    if (box.type === "search" && !box.dataset.find) return box.parentElement.querySelector("button").click();
    // Buttons that change what the form shows are not on the way: Enter pressed twice would press them.
    const all = [...form.elements].filter((each) => each.tabIndex >= 0 && each.getClientRects().length && !(each.tagName === "BUTTON" && (each.name || each.type === "button")));
    all[all.indexOf(box) + 1]?.focus();
  });
}

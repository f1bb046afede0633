// Forms: fields that depend on others are asked for anew, lists are searched.
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
      if (old && (old.querySelector("input[type=file], [data-busy]") || old.contains(document.activeElement) || changed(old, sent))) field.replaceWith(old);
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

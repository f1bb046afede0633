// What pages add when scripts run. Everything here is an extra: each page works without it.
import { draft, forget } from "./drafts.js";
import { enter, find, follow } from "./forms.js";
import { photos } from "./photos.js";
import { place } from "./place.js";
import { send } from "./sending.js";
import { sign } from "./sign.js";
import { live, tick } from "./live.js";

for (const each of document.querySelectorAll("[data-script]")) each.classList.remove("hide");
for (const each of document.querySelectorAll("[data-plain]")) each.classList.add("hide");
for (const list of document.querySelectorAll("select[data-go]")) list.addEventListener("change", () => list.form.requestSubmit());
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => print());
if (new URLSearchParams(location.search).get("print") === "1") addEventListener("load", () => print());

const errors = document.getElementById("errors");
if (errors) errors.focus();

forget();
for (const form of document.querySelectorAll("form[data-form]")) {
  enliven(form);
  send(form);
  follow(form, enliven);
  find(form);
  enter(form);
  if (form.dataset.draft) draft(form, enliven);
}

live();
tick();

function enliven(root) {
  for (const each of root.querySelectorAll("[data-script]")) each.classList.remove("hide");
  photos(root);
  place(root);
  sign(root);
}

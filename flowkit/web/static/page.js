// What pages add when scripts run. Everything here is an extra: each page works without it.
import { draft, forget } from "./drafts.js";
import { follow, find } from "./forms.js";
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
  form.addEventListener("submit", (event) => {
    // A second click while the first is under way would send nothing twice, but would look as if nothing happened.
    if (form.dataset.sent && !event.submitter?.name) event.preventDefault();
    if (!event.submitter?.name) form.dataset.sent = "1";
  });
  follow(form, enliven);
  find(form);
  if (form.dataset.draft) draft(form, enliven);
}
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

live();
tick();

function enliven(root) {
  for (const each of root.querySelectorAll("[data-script]")) each.classList.remove("hide");
  photos(root);
  place(root);
  sign(root);
}

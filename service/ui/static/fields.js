// Small helps inside forms: the counter, the calendar beside a typed date, the search among rights.
import { awaitUse } from "./live.js";

export function prepare(root) {
  awaitUse(root);
  for (const each of root.querySelectorAll("[data-scripted]")) each.hidden = false;
  for (const each of root.querySelectorAll("[data-counted]")) count(each);
  for (const each of root.querySelectorAll("[data-picker]")) refresh(each);
}

function count(field) {
  const counter = field.form?.querySelector(`[data-counter="${field.name}"]`);
  if (!counter) return;
  const most = Number(field.dataset.counted);
  const now = [...field.value.trim()].length;
  counter.textContent = `${now} / ${most}`;
  counter.classList.toggle("over", now > most);
}

function refresh(picker) {
  const search = picker.querySelector("[data-picker-search]");
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const only = picker.querySelector("[data-picker-only]").checked;
  let shown = 0;
  for (const group of picker.querySelectorAll(".group")) {
    let here = 0;
    for (const scope of group.querySelectorAll("[data-scope]")) {
      const text = scope.dataset.scope.toLowerCase();
      const fits = words.every((word) => text.includes(word)) && (!only || scope.querySelector("input").checked);
      scope.hidden = !fits;
      here += fits;
    }
    group.hidden = here === 0;
    shown += here;
  }
  picker.querySelector("[data-picker-empty]").hidden = shown > 0;
  const checked = picker.querySelectorAll("[data-scope] input:checked").length;
  const counter = picker.querySelector("[data-picker-count]");
  counter.textContent = (checked === 1 ? counter.dataset.one : counter.dataset.other).replace("{count}", checked);
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if ("counted" in field.dataset) count(field);
  if ("dateFor" in field.dataset && field.value) {
    const [year, month, day] = field.value.split("-");
    field.form.elements[field.dataset.dateFor].value = `${day}-${month}-${year}`;
  }
  const picker = field.closest("[data-picker]");
  if (picker) refresh(picker);
  signedChange(field);
});

// Enter in the search among rights looks, it does not send the form.
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches?.("[data-picker-search]")) event.preventDefault();
});

// A change of what is signed makes a new value: the button says so before it is pressed.
function signedChange(field) {
  const form = field.closest?.("form[data-signed]");
  if (!form || !["rights", "scopes", "addresses", "audience", "start"].includes(field.name)) return;
  form.querySelector("[data-new-value]").value = "1";
  form.querySelector("[data-once]").textContent = form.dataset.signed;
}

prepare(document);

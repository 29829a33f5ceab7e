// Finding a call by its words, and opening what a link leads to.
const field = document.querySelector("#docs-search");
const found = document.querySelector("[data-docs-found]");
const entries = [...document.querySelectorAll("[data-docs-entry]")].map((entry) => [entry, entry.textContent.toLowerCase()]);

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const [entry, text] of entries) {
    entry.hidden = !words.every((word) => text.includes(word));
    count += entry.hidden ? 0 : 1;
  }
  for (const part of document.querySelectorAll("[data-docs-part]")) {
    part.hidden = !part.querySelector("[data-docs-entry]:not([hidden])");
  }
  found.textContent = words.length ? (count === 1 ? found.dataset.one : found.dataset.other).replace("{count}", count) : "";
}

function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target?.matches("[data-docs-entry]")) return;
  field.value = "";
  search();
  target.open = true;
  target.scrollIntoView();
}

document.querySelector("[data-docs-search]").hidden = false;
field.addEventListener("input", search);
addEventListener("hashchange", open);
open();

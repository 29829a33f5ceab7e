// Copy and download, and the value that is gone when one leaves.
import { say } from "./saying.js";

async function copy(text, button) {
  taken(button);
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    button.after(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  say(button.dataset.copied);
}

function taken(near) {
  const once = near.closest("[data-shown-once]");
  if (once) once.dataset.copied = "1";
}

function download(button) {
  const value = button.closest("[data-sheet]").querySelector("[data-value]").value;
  const env = button.dataset.download === "env";
  const name = button.dataset.name.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40) || "token";
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([env ? `TOKEN=${value}\n` : `${value}\n`], { type: "text/plain" }));
  link.download = env ? `${name}.env` : `${name}.txt`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  taken(button);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy], [data-copy-text], [data-download]");
  if (!button) return;
  if ("download" in button.dataset) download(button);
  else copy(button.dataset.copyText ?? document.getElementById(button.dataset.copy).value, button);
});

document.addEventListener("copy", (event) => {
  if (event.target.closest?.("[data-value]")) taken(event.target);
});

// A page that is kept for "back" keeps no value.
addEventListener("pagehide", () => {
  for (const once of document.querySelectorAll("[data-shown-once]")) once.replaceChildren();
});
addEventListener("beforeunload", (event) => {
  const once = document.querySelector("main [data-shown-once]:not([data-copied])");
  if (once && !once.dataset.warned) {
    once.dataset.warned = "1";
    event.preventDefault();
  }
});

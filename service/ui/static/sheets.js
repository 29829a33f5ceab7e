// Links to sheets open them in a dialog, and forms in it stay there until the server sends people elsewhere.
// The pages are the very ones that are shown without scripts.
import { prepare } from "./fields.js";

const words = document.body.dataset;
let dialog;
let behind = [];

function made() {
  if (dialog) return dialog;
  dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", "");
  dialog.addEventListener("cancel", (event) => { if (!mayLeave()) event.preventDefault(); });
  dialog.addEventListener("close", closed);
  document.body.append(dialog);
  return dialog;
}

function mayLeave() {
  const once = dialog.querySelector("[data-shown-once]:not([data-copied])");
  if (!once || once.dataset.warned) return true;
  once.dataset.warned = "1";
  return window.confirm(once.dataset.leaving);
}

function closed() {
  const somethingMade = dialog.querySelector("[data-made]");
  dialog.replaceChildren();
  behind = [];
  if (somethingMade) location.reload();
}

function put(sheet) {
  const box = made();
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.setAttribute("aria-label", words.close);
  close.textContent = "×";
  close.addEventListener("click", () => { if (mayLeave()) box.close(); });
  const said = document.createElement("div");
  said.className = "said";
  said.setAttribute("role", "status");
  said.dataset.said = "";
  box.replaceChildren(close, sheet, said);
  box.classList.toggle("question", "confirm" in sheet.dataset);
  box.setAttribute("aria-label", sheet.querySelector("h1")?.textContent ?? "");
  prepare(sheet);
  if (!box.open) box.showModal();
  face(sheet);
  box.scrollTop = 0;
}

function face(sheet) {
  const heading = sheet.querySelector("h1");
  if (heading) heading.tabIndex = -1;
  (sheet.querySelector("[aria-invalid=true], [autofocus]") ?? heading)?.focus();
}

function sheetOf(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const sheet = page.querySelector("[data-sheet]") ?? page.querySelector("main .card");
  if (!sheet) return null;
  const adopted = document.adoptNode(sheet);
  adopted.classList.add("sheet");
  return adopted;
}

async function open(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const sheet = sheetOf(await answer.text());
  if (!sheet || answer.url.includes("/sign-in")) location.assign(address);
  else put(sheet);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-sheet-link]");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    open(link.href).catch(() => location.assign(link.href));
    return;
  }
  const back = event.target.closest("dialog [data-back]");
  if (back && behind.length) {
    event.preventDefault();
    put(behind.pop());
    return;
  }
  const close = event.target.closest("dialog [data-close], dialog [data-back], dialog [data-stored]");
  if (close) {
    event.preventDefault();
    if ("stored" in close.dataset || mayLeave()) dialog.close();
  }
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if ("list" in form.dataset && event.submitter?.name === "do") {
    event.preventDefault();
    const asked = new URLSearchParams(new FormData(form, event.submitter));
    open(`${form.action}?${asked}`).catch(() => form.submit());
    return;
  }
  if (!("enhanced" in form.dataset)) return;
  event.preventDefault();
  send(form, event.submitter);
});

async function send(form, submitter) {
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  const buttons = form.querySelectorAll("button");
  const body = new URLSearchParams(new FormData(form, submitter));
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    await follow(form, answer);
  } catch {
    if (await isThere()) doubt(form);
    else complain(form, words.unreachable);
  } finally {
    delete form.dataset.busy;
    for (const button of buttons) button.disabled = false;
  }
}

async function follow(form, answer) {
  if (answer.redirected) {
    location.assign(answer.url);
    if (answer.url.split("#")[0] === location.href.split("#")[0]) location.reload();
    return;
  }
  if (answer.status >= 502 && answer.status <= 504) {
    return (await answer.text()).includes('data-error="outcome_unknown"') ? doubt(form) : complain(form, words.unreachable);
  }
  if (answer.status === 401) return complain(form, words.signedOut);
  const sheet = sheetOf(await answer.text());
  if (!sheet) return complain(form, words.unreachable);
  const present = form.closest("[data-sheet]");
  if ("confirm" in sheet.dataset && present && !("confirm" in present.dataset)) behind.push(keep(present));
  if (dialog?.open || "confirm" in sheet.dataset) put(sheet);
  else {
    present.replaceWith(sheet);
    prepare(sheet);
    window.scrollTo(0, 0);
    face(sheet);
  }
}

// The form behind the question: the one in the dialog is put aside, one on the page stays where it is.
function keep(sheet) {
  if (!sheet.closest("dialog")) return sheet.cloneNode(true);
  return sheet;
}

async function isThere() {
  try {
    return (await fetch(`${words.root}livez`, { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

// The answer is lost, the server is there: perhaps it was done. Looking is safe, and so is trying again (one key, one token).
function doubt(form) {
  complain(form, words.unknown);
  const look = document.createElement("a");
  look.href = form.querySelector("a[data-close]")?.href ?? words.root;
  look.target = "_blank";
  look.textContent = words.look;
  form.querySelector("[data-complaint]").append(" ", look);
}

function complain(form, text) {
  form.querySelector("[data-complaint]")?.remove();
  const place = document.createElement("p");
  place.className = "banner bad";
  place.dataset.complaint = "";
  place.setAttribute("role", "alert");
  place.textContent = text;
  form.querySelector(".actions")?.before(place);
  const button = form.querySelector("[data-once], .primary");
  if (button) button.textContent = words.again;
}

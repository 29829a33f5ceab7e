// What a token says of itself, read in this browser: nothing is sent for it.
const field = document.querySelector("[data-check] textarea");
const box = document.querySelector("[data-decoded]");
const fault = box.querySelector("[data-decoded-fault]");

function part(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
}

function said(name, value) {
  if (["iat", "nbf", "exp"].includes(name) && Number.isFinite(value)) {
    if (value === 4102444800) return box.dataset.never;
    return new Date(value * 1000).toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "long" });
  }
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function read() {
  const pasted = field.value.trim();
  const value = pasted.replace(/^bearer\s+/i, "");
  const notes = value === pasted ? [] : [box.dataset.bearer];
  let members = {};
  try {
    const pieces = value.split(".");
    if (pieces.length !== 3) throw new Error("cut");
    members = { ...part(pieces[0]), ...part(pieces[1]) };
  } catch {
    if (value) notes.push(value.startsWith("ey") ? box.dataset.cut.replace("{count}", value.length) : box.dataset.nothing);
  }
  box.hidden = !value;
  fault.hidden = notes.length === 0;
  fault.textContent = notes.join(" ");
  for (const row of box.querySelectorAll("[data-claim]")) {
    const claim = row.dataset.claim;
    row.hidden = !(claim in members);
    row.querySelector("dd").textContent = claim in members ? said(claim, members[claim]) : "";
  }
}

field.addEventListener("input", read);
read();

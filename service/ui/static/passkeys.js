// Ask the browser for a passkey, put its answer into the form, and send the form. What is asked for stands in the page.
import { say } from "./saying.js";

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (each) => each.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

function asked(json) {
  const options = JSON.parse(json);
  options.challenge = bytes(options.challenge);
  if (options.user) options.user.id = bytes(options.user.id);
  for (const each of options.allowCredentials ?? options.excludeCredentials ?? []) each.id = bytes(each.id);
  return options;
}

function answered(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response });
}

async function ask(button) {
  const publicKey = asked(button.dataset.passkeyNew ?? button.dataset.passkey);
  const credential = button.dataset.passkeyNew
    ? await navigator.credentials.create({ publicKey })
    : await navigator.credentials.get({ publicKey });
  const form = button.form;
  form.elements[button.dataset.passkeyField].value = answered(credential);
  form.requestSubmit(button);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-passkey], [data-passkey-new]");
  if (!button || button.form.elements[button.dataset.passkeyField].value) return;
  event.preventDefault();
  ask(button).catch(() => say(button.dataset.failed));
});

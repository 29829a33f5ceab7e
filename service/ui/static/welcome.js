// A one-time link carries its secret behind the #, where no server sees it: put it into the form and out of the address.
const form = document.querySelector("[data-welcome]");
if (form && location.hash.length > 1) {
  form.elements.secret.value = location.hash.slice(1);
  form.elements.secret.closest(".field").hidden = true;
  history.replaceState(null, "", location.pathname);
  form.elements.password.focus();
}

// One short sentence for eyes and for screen readers.
let timer;
export function say(text) {
  const place = document.querySelector("dialog[open] [data-said]") ?? document.querySelector("[data-said]");
  place.textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => { place.textContent = ""; }, 4000);
}

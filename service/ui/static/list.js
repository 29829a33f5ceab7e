// Choosing rows as in a file manager: click, Ctrl or Cmd for one more, Shift for all between, keys for the same.
const list = document.querySelector("[data-list]");
const rows = list ? [...list.querySelectorAll("[data-row]")] : [];
const boxOf = (row) => row.querySelector("input[name=id]");
const all = list?.querySelector("[data-select-all]");
let anchor = null;

function show() {
  const chosen = rows.filter((row) => boxOf(row).checked);
  for (const button of list.querySelectorAll("button[data-needs]")) {
    const { needs, only, unless } = button.dataset;
    const fits = chosen.some((row) => (!only || row.dataset.state === only) && (!unless || row.dataset.state !== unless));
    button.disabled = !chosen.length || (needs === "one" && chosen.length !== 1) || !fits;
  }
  const counter = list.querySelector("[data-selected]");
  counter.textContent = chosen.length === 0 ? "" : (chosen.length === 1 ? counter.dataset.one : counter.dataset.other).replace("{count}", chosen.length);
  if (all) {
    all.checked = chosen.length > 0 && chosen.length === rows.length;
    all.indeterminate = chosen.length > 0 && chosen.length < rows.length;
  }
  sessionStorage.setItem("chosen", JSON.stringify(chosen.map((row) => boxOf(row).value)));
}

function between(row) {
  const [from, to] = [rows.indexOf(anchor ?? row), rows.indexOf(row)].sort((a, b) => a - b);
  rows.forEach((each, place) => { boxOf(each).checked = place >= from && place <= to; });
}

function pick(row, event) {
  if (event.shiftKey) between(row);
  else if (event.ctrlKey || event.metaKey || event.target === boxOf(row)) {
    if (event.target !== boxOf(row)) boxOf(row).checked = !boxOf(row).checked;
    anchor = row;
  } else {
    for (const each of rows) boxOf(each).checked = each === row;
    anchor = row;
  }
  show();
}

if (list) {
  const stored = performance.getEntriesByType("navigation")[0]?.type === "reload" || sessionStorage.getItem("refreshing");
  const before = new Set(stored ? JSON.parse(sessionStorage.getItem("chosen") ?? "[]") : []);
  for (const row of rows) boxOf(row).checked = before.has(boxOf(row).value);
  const scroll = sessionStorage.getItem("refreshing");
  if (scroll) scrollTo(0, Number(scroll));
  sessionStorage.removeItem("refreshing");

  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row]");
    if (row && !event.target.closest("a, button, .tip")) pick(row, event);
  });
  list.addEventListener("mousedown", (event) => {
    if (event.shiftKey && event.target.closest("[data-row]")) event.preventDefault();
  });
  list.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row || event.target !== boxOf(row)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = rows[rows.indexOf(row) + step];
      if (!next) return;
      if (event.shiftKey) { anchor ??= row; between(next); show(); }
      boxOf(next).focus();
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      for (const each of rows) boxOf(each).checked = true;
      show();
    } else if (event.key === "Delete") {
      event.preventDefault();
      list.querySelector("button[value=remove]").click();
    }
  });
  all?.addEventListener("click", (event) => {
    event.stopPropagation();
    for (const row of rows) boxOf(row).checked = all.checked;
    show();
  });
  list.querySelector("[data-refresh]").addEventListener("click", () => sessionStorage.setItem("refreshing", String(scrollY || "0")));
  show();
}

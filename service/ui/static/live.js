// Parts of a page that follow what happens: fetched again every so many seconds until they say that they are done.
const parser = new DOMParser();

function follow(part) {
  const seconds = Number(part.dataset.live);
  if (!seconds || !part.id) return;
  setTimeout(async () => {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const fresh = parser.parseFromString(await answer.text(), "text/html").getElementById(part.id);
      if (fresh) {
        part.replaceWith(document.adoptNode(fresh));
        part = fresh;
      }
    } catch { /* the next try may reach the server */ }
    follow(part);
  }, seconds * 1000);
}

for (const part of document.querySelectorAll("[data-live]")) follow(part);

// A new value waits for its first use: nothing tells people sooner that it works.
export function awaitUse(root) {
  const place = root.querySelector("[data-waiting]");
  if (!place) return;
  const address = `${document.body.dataset.root}v1/personal-access-tokens/${place.dataset.record}`;
  const before = place.dataset.before;
  const timer = setInterval(async () => {
    if (!place.isConnected) return clearInterval(timer);
    try {
      const record = await (await fetch(address, { headers: { Accept: "application/json" } })).json();
      if (record.last_used && record.last_used !== before) {
        const from = [record.last_used_ip, record.last_used_user_agent && `(${record.last_used_user_agent})`].filter(Boolean);
        place.textContent = [place.dataset.used, ...from].join(" ");
        place.classList.add("used");
        clearInterval(timer);
      }
    } catch { /* the next try may reach the server */ }
  }, 2000);
}

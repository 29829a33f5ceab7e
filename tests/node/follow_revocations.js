// Follow the revocations as docs/revocation.md says: stream first, then lists, then what came since. Prints the refused
// indexes of one list, and how often it began anew or went on, each time something has changed.
import { createRemoteJWKSet, jwtVerify } from "jose";
import { getListFromStatusListJWT } from "@sd-jwt/jwt-status-list";

const { issuer, uri, indexes } = JSON.parse(process.argv[2]);
const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
const listId = uri.split("/").pop();
const told = { refused: [], connections: 0, resyncs: 0 };
let copy, version = -1, revision = 0, lastEventId = "";

async function fetchList(wanted) {
  while (version < wanted) {
    const token = await (await fetch(uri, { headers: { "cache-control": "no-cache" } })).text();
    const { payload } = await jwtVerify(token, keys, { typ: "statuslist+jwt", issuer, subject: uri });
    const list = getListFromStatusListJWT(token);
    copy = new Map(indexes.map((index) => [index, list.getStatus(index)]));
    version = payload.version;
    if (version < wanted) await new Promise((later) => setTimeout(later, 100));
  }
}

async function take(event, data) {
  if (event === "resync") {
    told.resyncs += 1;
    await fetchList(data.lists[listId] ?? 0);
  } else if (event === "change") {
    if (data.previous > revision) throw new Error("missed something");
    for (const [index, status] of data.lists[listId] ?? [])
      if (data.revision > version && copy.has(index) && copy.get(index) !== 1) copy.set(index, status);
    version = Math.max(version, data.revision);
  }
  revision = data.revision;
  told.refused = indexes.filter((index) => copy.get(index) !== 0);
  if (event !== "heartbeat") console.log(JSON.stringify(told));
}

for (;;) {
  const headers = lastEventId ? { "last-event-id": lastEventId } : {};
  const response = await fetch(metadata.revocation_stream_endpoint, { headers });
  told.connections += 1;
  let text = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const fields = Object.fromEntries(text.slice(0, end).split("\n").map((line) => line.split(/: (.*)/s)));
      if (fields.data) await take(fields.event, JSON.parse(fields.data));
      lastEventId = fields.id ?? lastEventId;
    }
  }
}

// An API in Node.js with jose: signature, type, audience, expiry, scope, and revocation by the issuer's signed status list.
// With jwtVerify alone it would accept a revoked token until `exp`; statusOf() is what notices it, within the list's ttl.
import { createServer } from "node:http";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { getListFromStatusListJWT } from "@sd-jwt/jwt-status-list";

const { ISSUER, AUDIENCE = `${ISSUER}/api`, SCOPES = "connectors connectors:manage connectors:view", PORT = "9000" } = process.env;
const keys = createRemoteJWKSet(new URL(`${ISSUER}/.well-known/jwks.json`), { cacheMaxAge: 300_000 });
const lists = new Map(); // uri -> { list, fetchAgain, useUntil }, in milliseconds

async function fetched(uri) {
  const response = await fetch(uri, { headers: { accept: "application/statuslist+jwt" }, redirect: "error" });
  if (!response.ok) throw new Error(`the list answers ${response.status}`);
  const text = await response.text();
  const demands = { typ: "statuslist+jwt", issuer: ISSUER, subject: uri, requiredClaims: ["exp", "iat", "ttl"] };
  const { payload } = await jwtVerify(text, keys, demands);
  return { list: getListFromStatusListJWT(text), fetchAgain: Date.now() + payload.ttl * 1000, useUntil: payload.exp * 1000 };
}

async function statusOf({ uri, idx }) {
  if (!uri.startsWith(`${ISSUER}/status-lists/`)) throw new errors.JWTInvalid("a status list of somebody else");
  let known = lists.get(uri);
  if (!known || Date.now() >= known.fetchAgain) {
    try {
      lists.set(uri, (known = await fetched(uri)));
    } catch (reason) {
      if (!known || Date.now() >= known.useUntil) throw new Error("no fresh status list", { cause: reason });
    }
  }
  return known.list.getStatus(idx);
}

async function caller(request) {
  const [scheme, token] = (request.headers.authorization ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer") return { status: 401, code: "token_missing" };
  try {
    const { payload } = await jwtVerify(token, keys, { typ: "at+jwt", issuer: ISSUER, audience: AUDIENCE });
    if ((await statusOf(payload.status.status_list)) !== 0) return { status: 401, code: "invalid_token", why: "revoked or paused" };
    if (!payload.scope.split(" ").some((scope) => SCOPES.split(" ").includes(scope))) return { status: 403, code: "insufficient_scope" };
    return { status: 200, sub: payload.sub };
  } catch (reason) {
    const itsFault = reason instanceof errors.JOSEError && !(reason instanceof errors.JWKSTimeout);
    return { status: itsFault ? 401 : 503, code: itsFault ? "invalid_token" : "verifier_unavailable", why: reason.message };
  }
}

createServer(async (request, response) => {
  const { status, ...said } = await caller(request);
  console.log(status === 200 ? "accepted" : `refused: ${said.code} ${said.why ?? ""}`);
  const challenge = status === 401 || status === 403 ? { "www-authenticate": `Bearer error="${said.code}", scope="${SCOPES}"` } : {};
  response.writeHead(status, { "content-type": "application/json", ...challenge }).end(JSON.stringify(said));
}).listen(Number(PORT), "127.0.0.1");

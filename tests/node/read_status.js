// Verify an access token and a status list by discovery alone, and print what the list says of some indexes.
import { createRemoteJWKSet, jwtVerify } from "jose";
import { getListFromStatusListJWT } from "@sd-jwt/jwt-status-list";

const { issuer, uri, indexes, token } = JSON.parse(process.argv[2]);
const metadata = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
const lists = await (await fetch(metadata.status_list_aggregation_endpoint)).json();
if (!lists.status_lists.includes(uri)) throw new Error("the list is not named");
const response = await fetch(uri, { headers: { accept: "application/statuslist+jwt" } });
const list = await response.text();
const demands = { typ: "statuslist+jwt", issuer, subject: uri, requiredClaims: ["exp", "iat"] };
const { payload, protectedHeader } = await jwtVerify(list, keys, demands);
const verified = await jwtVerify(token, keys, { typ: "at+jwt", issuer, audience: `${issuer}/api` });
const read = getListFromStatusListJWT(list);
const entries = indexes.map((index) => read.getStatus(index));
console.log(JSON.stringify({ header: protectedHeader, payload, entries, token: verified.payload }));

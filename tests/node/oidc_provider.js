// An OpenID provider that nobody here wrote, with its own sign-in pages: any name, any password. A name is the subject
// and the preferred_username; `groups` is whatever stands behind a plus sign in it.
import { Provider } from "oidc-provider";

const { port, clients } = JSON.parse(process.argv[2]);
const provider = new Provider(`http://localhost:${port}`, {
  clients,
  cookies: { keys: ["only for tests"] },
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
  fetch: (url, { dispatcher, ...options }) => fetch(url, options), // its own would call nobody on this machine
  conformIdTokenClaims: false,
  features: { backchannelLogout: { enabled: true } },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id.split("+")[0], groups: id.split("+").slice(1) }),
  }),
});
for (const event of ["server_error", "backchannel.error", "backchannel.success", "authorization.error", "grant.error"])
  provider.on(event, (_ctx, error) => console.log(event, error?.message ?? ""));
provider.listen(port, "localhost", () => console.log("listening"));

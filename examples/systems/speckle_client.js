// What a script does with a token of Speckle: one fetch a query. Without QUERY it counts its owner's streams.
const { SERVER, TOKEN: token, QUERY, VARIABLES = "{}" } = process.env;

const response = await fetch(SERVER + "/graphql", {
  method: "POST",
  headers: {
    Authorization: 'Bearer ' + token,
    "Content-Type": "application/json",
  },
  body: JSON.stringify({ query: QUERY ?? `{ user { streams { totalCount } } }`, variables: JSON.parse(VARIABLES) }),
});
console.log(JSON.stringify({ status: response.status, ...(await response.json()) }));

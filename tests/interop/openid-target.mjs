// A target portal made with the certified client openid-client, in whatever way it is registered at the portal; the one
// argument is a JSON file: {port, portal, client_id, method, key, secret, scope, par, dpop, post, discovery}.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { json, text } from 'node:stream/consumers';
import * as client from 'openid-client';

const given = JSON.parse(readFileSync(process.argv[2]));
const self = `http://127.0.0.1:${given.port}`;
const fhir = `${given.portal}/fhir`;
const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  ES384: { name: 'ECDSA', namedCurve: 'P-384' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  RS384: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' },
};
const METHODS = {
  private_key_jwt: async () => client.PrivateKeyJwt({
    key: await crypto.subtle.importKey('jwk', given.key, ALGORITHMS[given.key.alg], false, ['sign']),
    kid: given.key.kid,
  }),
  client_secret_basic: () => client.ClientSecretBasic(given.secret),
  client_secret_post: () => client.ClientSecretPost(given.secret),
  none: () => client.None(),
};
const DOCUMENTS = {
  oidc: [new URL(given.portal), 'oidc'],
  oauth2: [new URL(given.portal), 'oauth2'],
  smart: [new URL(`${fhir}/.well-known/smart-configuration`), undefined],
};

// The whole program's clock.
const realNow = Date.now;
let ahead = 0;
Date.now = () => realNow() + ahead * 1000;

const asked = [];
const visits = new Map();
let config;
let options;
let latest;

async function recorded(url, request) {
  const response = await fetch(url, request);
  asked.push([new URL(url).pathname, response.status]);
  return response;
}

async function discover() {
  const [server, algorithm] = DOCUMENTS[given.discovery];
  config = await client.discovery(server, given.client_id, {}, await METHODS[given.method](), {
    algorithm,
    // It leaves out the signature of a token that came straight from the provider unless told to check it as well.
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
    [client.customFetch]: recorded,
  });
  options = given.dpop ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) } : {};
}

// SMART App Launch 2.2, "Launch App: EHR Launch": by GET, or by POST where it is registered so.
async function launch(query, response) {
  if (query.get('iss') !== fhir) return refuse(response, 'another iss');
  return begin(response, { launch: query.get('launch'), aud: fhir });
}

// OpenID Connect Core §4: somebody else says that a login should begin.
async function login(query, response) {
  const target = new URL(query.get('target_link_uri'));
  if (query.get('iss') !== given.portal || target.origin !== self) return refuse(response, 'another iss or target');
  return begin(response, { prompt: query.get('prompt') ?? undefined });
}

async function begin(response, more) {
  const [state, nonce, verifier] = [client.randomState(), client.randomNonce(), client.randomPKCECodeVerifier()];
  const parameters = Object.fromEntries(Object.entries({
    redirect_uri: `${self}/callback`,
    scope: given.scope,
    state,
    nonce: given.scope.split(' ').includes('openid') ? nonce : undefined,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  }).filter(([, value]) => value));
  const checks = { expectedState: state, expectedNonce: parameters.nonce, pkceCodeVerifier: verifier };
  const visit = client.randomState();
  visits.set(visit, checks);
  response.setHeader('set-cookie', `target-visit=${visit}; HttpOnly; SameSite=Lax; Path=/`);
  const url = given.par
    ? await client.buildAuthorizationUrlWithPAR(config, parameters, options)
    : client.buildAuthorizationUrl(config, parameters);
  return given.post ? byPost(response, url) : response.writeHead(303, { location: url.href }).end();
}

// SMART App Launch 2.2: "the request may be a GET or a POST".
function byPost(response, url) {
  const fields = [...url.searchParams].map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  const form = `<form id="forward" method="post" action="${url.origin}${url.pathname}">${fields.join('')}</form>`;
  response.writeHead(200, { 'content-type': 'text/html' }).end(form);
}

async function callback(query, response, request) {
  const [, visit] = /\btarget-visit=([\w-]+)/.exec(request.headers.cookie);
  latest = { checks: visits.get(visit), url: new URL(request.url, self) };
  await redeem();
  answer(response, { tokens: latest.tokens, claims: latest.tokens.claims() ?? null });
}

async function redeem() {
  const came = await client.authorizationCodeGrant(config, latest.url, latest.checks, {}, options);
  latest.tokens = came;
  return { tokens: came };
}

async function refresh({ refresh_token: older }) {
  const came = await client.refreshTokenGrant(config, older ?? latest.tokens.refresh_token, {}, options);
  latest.tokens = came;
  return { tokens: came, claims: came.claims() ?? null };
}

async function call({ method, path, token, body }) {
  const headers = new Headers(body ? { 'content-type': 'application/json' } : {});
  const secret = latest.tokens[token ?? 'access_token'];
  const url = new URL(path, given.portal);
  const sent = body && JSON.stringify(body);
  const came = await client.fetchProtectedResource(config, secret, url, method, sent, headers, options);
  return { status: came.status, type: came.headers.get('content-type'), body: await came.json().catch(() => null) };
}

const COMMANDS = {
  call,
  redeem,
  refresh,
  asked: () => asked.splice(0),
  clock: ({ seconds }) => { ahead = seconds; return {}; },
  introspect: ({ token }) => client.tokenIntrospection(config, latest.tokens[token]),
  revoke: async ({ token }) => (await client.tokenRevocation(config, latest.tokens[token])) ?? {},
};
const VIEWS = { '/launch': launch, '/login': login, '/callback': callback };

function answer(response, value, status = 200) {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function refuse(response, message) {
  answer(response, { error: null, code: null, message }, 400);
}

async function serve(request, response) {
  const { pathname, searchParams } = new URL(request.url, self);
  if (pathname === '/do') {
    const { what, ...told } = await json(request);
    return answer(response, await COMMANDS[what](told));
  }
  const query = request.method === 'POST' ? new URLSearchParams(await text(request)) : searchParams;
  const view = VIEWS[pathname];
  return view ? view(query, response, request) : answer(response, { path: pathname }, 404);
}

await discover();
createServer((request, response) => {
  serve(request, response).catch(({ error = null, code = null, message, cause }) => {
    const said = cause instanceof URLSearchParams ? Object.fromEntries(cause) : null;
    answer(response, { error, code, message: cause?.message ?? message, said }, 400);
  });
}).listen(given.port, '127.0.0.1', () => console.log('ready'));

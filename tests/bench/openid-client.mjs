// A relying party made with the certified client openid-client: the steps of portal/web/auth.py, and nothing around them.
// OPENID_CLIENT is JSON: {issuer, client_id, key, base_url, scope, acr_values, keep_nonce}; key is a private JWK.
import { createServer } from 'node:http';
import * as client from 'openid-client';

const given = JSON.parse(process.env.OPENID_CLIENT);
const { d: _, ...publicHalf } = given.key;
const ES256 = { name: 'ECDSA', namedCurve: 'P-256' };
const keys = {
  privateKey: await crypto.subtle.importKey('jwk', given.key, ES256, false, ['sign']),
  publicKey: await crypto.subtle.importKey('jwk', publicHalf, ES256, true, ['verify']),
};
const assertion = client.PrivateKeyJwt({ key: keys.privateKey, kid: given.key.kid }, {
  [client.modifyAssertion](header) {
    header.typ = 'client-authentication+jwt';
  },
});
const config = await client.discovery(new URL(given.issuer), given.client_id, {}, assertion, {
  // It leaves out the signature of a token that came straight from the provider unless told to check it as well.
  execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
});
const kept = client.getDPoPHandle(config, keys);
const jkt = await kept.calculateThumbprint();
const logins = new Map();
const sessions = new Map();

async function begin(request, response) {
  const browser = client.randomState();
  const [state, nonce, verifier] = [client.randomState(), client.randomNonce(), client.randomPKCECodeVerifier()];
  const url = await client.buildAuthorizationUrlWithPAR(config, {
    redirect_uri: `${given.base_url}/login/callback`,
    scope: given.scope,
    acr_values: given.acr_values,
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    dpop_jkt: jkt,
  });
  logins.set(browser, { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier });
  redirect(response, url.href, `browser=${browser}`);
}

async function callback(request, response) {
  const [, browser] = /\bbrowser=([\w-]+)/.exec(request.headers.cookie);
  const expected = logins.get(browser);
  logins.delete(browser);
  const DPoP = given.keep_nonce ? kept : client.getDPoPHandle(config, keys);
  const tokens = await client.authorizationCodeGrant(config, new URL(request.url, given.base_url), expected, {}, { DPoP });
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const session = client.randomState();
  sessions.set(session, { claims, userinfo, idToken: tokens.id_token });
  redirect(response, '/mine', `session=${session}`);
}

function redirect(response, location, cookie) {
  response.writeHead(303, { location, 'set-cookie': `${cookie}; HttpOnly; SameSite=Lax; Path=/`, 'cache-control': 'no-store' });
  response.end();
}

const views = { '/login': begin, '/login/callback': callback };
createServer(async (request, response) => {
  const view = views[request.url.split('?')[0]];
  try {
    await (view ? view(request, response) : response.writeHead(404).end());
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
}).listen(new URL(given.base_url).port, '127.0.0.1');

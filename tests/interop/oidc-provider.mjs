// The certified OpenID provider oidc-provider, set up by HelseID's rules; support/oidc_provider.py writes the one
// argument, a JSON file: {issuer, state, jwks, secret, clients, people, opaque, lifetime}. SIGTERM keeps everything.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { deserialize, serialize } from 'node:v8';
import { errors, interactionPolicy, Provider } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

const SECURITY_LEVEL = 'helseid://claims/identity/security_level';
const LEVELS = { Level4: 4, High: 4, Level3: 3, Substantial: 3, Level2: 2, Low: 2 };
const config = JSON.parse(readFileSync(process.argv[2]));
const kept = existsSync(config.state) ? deserialize(readFileSync(config.state)) : new Map();

class KeptAdapter extends MemoryAdapter {
  constructor(model) { super(model, kept); }
}

const apisOf = (client) => config.clients.find((one) => one.client_id === client.clientId).apis;
const personOf = (sub) => config.people.find((one) => one.sub === sub);
const levelOf = (acr) => LEVELS[acr] ?? 0;

function lowestLevel(acrValues = '') {
  const levels = acrValues.split(' ').map(levelOf).filter(Boolean);
  return levels.length ? Math.min(...levels) : 0;
}

function assertAsHelseId(ctx, claims, header) {
  if (claims.aud !== ctx.oidc.issuer) throw new errors.InvalidClientAuth('aud');
  if (header.typ !== 'client-authentication+jwt') throw new errors.InvalidClientAuth('typ');
  if (claims.exp - claims.iat > 60) throw new errors.InvalidClientAuth('exp');
}

async function consentUnasked(ctx) {
  const { client, session, params, provider, resourceServers } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  for (const resource of Object.keys(resourceServers)) grant.addResourceScope(resource, params.scope);
  await grant.save();
  return grant;
}

function findAccount(ctx, sub, token) {
  const person = personOf(sub);
  const level = levelOf((token ?? ctx.oidc.session).acr); // the login's, also when a code or refresh token is redeemed
  const claims = { ...person.claims, [SECURITY_LEVEL]: level ? String(level) : undefined };
  return { accountId: sub, claims: (use) => ({ sub, ...claims, ...(use === 'userinfo' && person.userinfo) }) };
}

function askAgainForAHigherLevel() {
  const policy = interactionPolicy.base();
  const tooLow = ({ oidc: { params, result, session } }) => (
    // What was asked for is no promise: after the login any level goes on.
    !result?.login && levelOf(session.acr) < lowestLevel(params.acr_values)
  );
  const check = new interactionPolicy.Check('level', 'a higher level is needed', 'login_required', tooLow);
  policy.get('login').checks.add(check);
  return policy;
}

const resourceIndicators = {
  enabled: true,
  defaultResource(ctx, client, oneOf) {
    if (oneOf || ctx.oidc.params.grant_type !== 'client_credentials') return oneOf;
    const asked = (scopes) => scopes.some((scope) => ctx.oidc.requestParamScopes.has(scope));
    return Object.entries(apisOf(client)).filter(([, scopes]) => asked(scopes)).map(([audience]) => audience);
  },
  getResourceServerInfo(_, resource, client) {
    const scopes = apisOf(client)[resource];
    if (!scopes) throw new errors.InvalidTarget();
    return {
      audience: resource,
      scope: scopes.join(' '),
      accessTokenFormat: config.opaque.includes(resource) ? 'opaque' : 'jwt',
      accessTokenTTL: config.lifetime,
      jwt: { sign: { alg: 'RS256' } },
    };
  },
};

function logoutSource(ctx, form) {
  const { client, entities: { IdTokenHint: hint }, session } = ctx.oidc;
  const sure = hint && hint.payload.sid === session.sidFor(client.clientId);
  const button = '<input type="hidden" name="logout" value="yes"><button>Logg ut</button></form>';
  const script = sure ? '<script>document.forms[0].submit()</script>' : '';
  ctx.body = form.replace('op.logoutForm', sure ? 'forward' : 'confirm').replace('</form>', button) + script;
}

const registered = (client) => ({
  client_id: client.client_id,
  jwks: client.jwks,
  redirect_uris: client.redirect_uris,
  post_logout_redirect_uris: client.post_logout_redirect_uris,
  response_types: ['code'],
  grant_types: [
    'authorization_code',
    ...(client.offline_access ? ['refresh_token'] : []),
    ...(Object.keys(client.apis).length ? ['client_credentials'] : []),
  ],
  token_endpoint_auth_method: 'private_key_jwt',
  id_token_signed_response_alg: 'RS256',
  dpop_bound_access_tokens: true,
  require_auth_time: true,
  // A client with such an address gets `sid` in its id tokens.
  backchannel_logout_uri: client.backchannel_logout_uri ?? `${config.issuer}/nobody`,
  backchannel_logout_session_required: true,
});

const provider = new Provider(config.issuer, {
  adapter: KeptAdapter,
  clients: config.clients.map(registered),
  jwks: config.jwks,
  cookies: { keys: [config.secret] },
  pkce: { required: () => true },
  features: {
    backchannelLogout: { enabled: true },
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    dPoP: { enabled: true, nonceSecret: Buffer.from(config.secret, 'hex'), requireNonce: () => true },
    fapi: { enabled: true, profile: '2.0' },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    resourceIndicators,
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource },
  },
  routes: {
    authorization: '/connect/authorize',
    end_session: '/connect/endsession',
    jwks: '/.well-known/openid-configuration/jwks',
    pushed_authorization_request: '/connect/par',
    revocation: '/connect/revocation',
    token: '/connect/token',
    userinfo: '/connect/userinfo',
  },
  conformIdTokenClaims: false, // HelseID puts what the scopes say in the id token
  claims: {
    openid: ['sub'],
    profile: ['name', 'given_name', 'middle_name', 'family_name'],
    'helseid://scopes/identity/network': ['helseid://claims/identity/network'],
    'helseid://scopes/identity/pid': ['helseid://claims/identity/pid'],
    'helseid://scopes/identity/security_level': [SECURITY_LEVEL],
    'helseid://scopes/hpr/hpr_number': ['helseid://claims/hpr/hpr_number', 'helseid://claims/hpr/hpr_details'],
  },
  ttl: { AccessToken: config.lifetime, ClientCredentials: config.lifetime },
  // It heeds offline_access only with prompt=consent, which HelseID's clients do not send.
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: () => false,
  rotateRefreshToken: true,
  assertJwtClientAuthClaimsAndHeader: assertAsHelseId,
  findAccount,
  interactions: { policy: askAgainForAHigherLevel(), url: (_, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: consentUnasked,
  renderError: (ctx, out) => { ctx.body = out; },
  // Its own dispatcher never calls loopback, where our clients are.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
});

provider.use(async (ctx, next) => {
  await next();
  // The mark by which portal/demo/browser.py knows a form that a script submits.
  if (typeof ctx.body === 'string') ctx.body = ctx.body.replace('<form method', '<form id="forward" method');
});

function loginPage(acrValues) {
  const several = config.people.filter((one) => one.levels.length > 1).flatMap((one) => one.levels);
  const levels = [...new Set(several)].filter((level) => level >= lowestLevel(acrValues));
  const options = levels.map((level) => `<option>${level}</option>`).join('');
  const people = [...config.people, { sub: '', claims: { name: 'Avbryt' } }];
  const buttons = people.map((one) => `<button name="person" value="${one.sub}">${one.claims.name}</button>`).join('');
  return `<!doctype html><html lang="nb"><title>Logg inn</title><form method="post">
    <select name="level"><option value=""></option>${options}</select>${buttons}</form></html>`;
}

async function interact(request, response) {
  const { params, prompt } = await provider.interactionDetails(request, response);
  const finish = (result) => provider.interactionFinished(request, response, result);
  if (prompt.name !== 'login') return finish({ consent: {} });
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  if (request.method !== 'POST') return response.end(loginPage(params.acr_values));
  const fields = new URLSearchParams(await text(request));
  if (!fields.get('person')) return finish({ error: 'access_denied' });
  const person = personOf(fields.get('person'));
  const level = Number(fields.get('level')) || Math.max(...(person?.levels ?? []));
  if (!person?.levels.includes(level)) return response.writeHead(400).end();
  return finish({ login: { accountId: person.sub, acr: `Level${level}`, amr: ['pwd'] } });
}

async function endSessions(sub) {
  const theirs = [...kept].filter(([key, kind]) => key.startsWith('Session:') && kind.accountId === sub);
  for (const [key, session] of theirs) {
    kept.delete(key);
    for (const [clientId, { sid }] of Object.entries(session.authorizations ?? {})) {
      const client = await provider.Client.find(clientId);
      await client.backchannelLogout(sub, sid).catch(() => {});
    }
  }
}

const answer = provider.callback();
createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, config.issuer);
  if (pathname.startsWith('/interaction/')) {
    return interact(request, response).catch((error) => response.writeHead(400).end(error.message));
  }
  if (pathname !== '/end-sessions') return answer(request, response);
  await endSessions(searchParams.get('sub'));
  return response.end();
}).listen(new URL(config.issuer).port, '127.0.0.1', () => console.log('ready'));

process.on('SIGTERM', () => {
  writeFileSync(config.state, serialize(kept));
  process.exit();
});

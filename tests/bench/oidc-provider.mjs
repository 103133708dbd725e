// The certified provider oidc-provider as an issuer of launches, in memory: what portal/web/oauth does, and no more.
// OIDC_PROVIDER is JSON: {issuer, client, jwks, secret}; client is its metadata. Everybody is logged in unasked.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { errors, Provider } from 'oidc-provider';

const given = JSON.parse(process.env.OIDC_PROVIDER);
const launches = new Map(); // handle -> {session, patient}
const patients = new Map(); // the code's id -> patient
const fresh = () => randomBytes(32).toString('base64url');

async function consentUnasked(ctx) {
  const { client, params, provider: { Grant }, session } = ctx.oidc;
  if (params.launch) {
    const launch = launches.get(params.launch);
    if (launch?.session !== session.id) throw new errors.InvalidRequest('launch');
    launches.delete(params.launch);
    ctx.patient = launch.patient;
  }
  const grant = new Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

const provider = new Provider(given.issuer, {
  clients: [given.client],
  jwks: given.jwks,
  cookies: { keys: [given.secret] },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
  },
  routes: { authorization: '/oauth/authorize', pushed_authorization_request: '/oauth/par', token: '/oauth/token' },
  scopes: ['openid', 'launch'],
  extraParams: ['aud', 'launch'],
  ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300 },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  loadExistingGrant: consentUnasked,
});

provider.use(async (ctx, next) => {
  await next();
  const code = ctx.oidc?.entities.AuthorizationCode;
  if (ctx.patient) patients.set(code.jti, ctx.patient);
  if (ctx.oidc?.route !== 'token' || ctx.status !== 200) return;
  ctx.body.patient = patients.get(code.jti);
  patients.delete(code.jti);
});

async function mint(request, response) {
  const [, session] = /\b_session=([\w-]+)/.exec(request.headers.cookie) ?? [];
  if (!(await provider.Session.find(session))?.accountId) return response.writeHead(403).end();
  const handle = fresh();
  launches.set(handle, { session, patient: fresh() });
  const url = `http://127.0.0.1:9/launch?${new URLSearchParams({ iss: `${given.issuer}/fhir`, launch: handle })}`;
  response.writeHead(200, { refresh: `0; url=${url}`, 'content-type': 'text/html', 'cache-control': 'no-store' });
  return response.end(`<!doctype html><title>Åpner</title><a href="${url.replace('&', '&amp;')}">Åpne</a>`);
}

const answer = provider.callback();
createServer(async (request, response) => {
  if (request.url === '/launch') return mint(request, response);
  if (!request.url.startsWith('/interaction/')) return answer(request, response);
  return provider.interactionFinished(request, response, { login: { accountId: fresh() } });
}).listen(new URL(given.issuer).port, '127.0.0.1');

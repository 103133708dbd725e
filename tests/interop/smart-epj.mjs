// The certified OpenID provider oidc-provider, set up as an EPJ's SMART App Launch 2.2 server with its FHIR store beside
// it; support/smart_counterpart.py writes the one argument, a JSON file: {issuer, secret, jwks, published, client,
// resources, handle_lifetime}. It remembers nothing.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { errors, Provider } from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

const config = JSON.parse(readFileSync(process.argv[2]));
const FHIR = `${config.issuer}/fhir`;
const READABLE = ['Patient', 'Practitioner', 'PractitionerRole', 'Organization', 'Encounter'];
const CAPABILITIES = [
  'launch-ehr',
  'client-confidential-asymmetric',
  'client-confidential-symmetric',
  'sso-openid-connect',
  'context-banner',
  'context-ehr-patient',
  'context-ehr-encounter',
  'permission-online',
  'permission-patient',
  'permission-user',
  'permission-v2',
];
const rights = (type) => ['patient', 'user'].flatMap((whose) => [`${whose}/${type}.r`, `${whose}/${type}.rs`]);
const handles = new Map(); // what a click in the journal put in a launch handle
const launched = new Map(); // the same, by the grant that the handle was good for

function useAudience(_, aud) {
  if (aud !== FHIR) throw new errors.InvalidRequest('aud must be the FHIR base address');
}

function useHandle(ctx, launch) {
  const handle = handles.get(launch);
  handles.delete(launch);
  if (!handle || Date.now() > handle.until) throw new errors.InvalidRequest('launch is unknown, used or too old');
  ctx.oidc.entity('Handle', handle);
  // Who pressed the button in the journal is logged in there already: nobody is asked.
  ctx.oidc.session.loginAccount({ accountId: handle.user });
}

async function consentUnasked(ctx) {
  const { client, entities, params, provider, session } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  launched.set(await grant.save(), entities.Handle);
  return grant;
}

function assertAsSmart(ctx, claims, header) {
  if (claims.aud !== ctx.oidc.urlFor('token')) throw new errors.InvalidClientAuth('aud');
  if (claims.exp > Date.now() / 1000 + 300) throw new errors.InvalidClientAuth('exp');
  if (header.typ !== 'JWT' || !header.kid) throw new errors.InvalidClientAuth('header');
}

const provider = new Provider(config.issuer, {
  adapter: MemoryAdapter,
  clients: [{ ...config.client, response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'] }],
  clientAuthMethods: ['private_key_jwt', 'client_secret_basic'],
  enabledJWA: { clientAuthSigningAlgValues: ['ES384', 'RS384'] },
  jwks: config.jwks,
  // All servers of a test stand on one host, and so share a cookie jar.
  cookies: { keys: [config.secret], names: { session: 'epj', interaction: 'epj-asks', resume: 'epj-resumes' } },
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    dPoP: { enabled: false },
    introspection: { enabled: true },
    pushedAuthorizationRequests: { enabled: false },
    resourceIndicators: { enabled: false },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: false },
    userinfo: { enabled: false },
  },
  extraParams: { aud: useAudience, launch: useHandle },
  scopes: ['openid', 'online_access', 'launch', 'launch/patient', 'launch/encounter', ...READABLE.flatMap(rights)],
  claims: { openid: ['sub'], fhirUser: ['fhirUser'] },
  ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 3600, IdToken: 300, RefreshToken: 3600, Session: 3600 },
  issueRefreshToken: (_, client, source) => source.scopes.has('online_access'),
  expiresWithSession: () => false,
  assertJwtClientAuthClaimsAndHeader: assertAsSmart,
  findAccount: (_, user) => ({ accountId: user, claims: () => ({ sub: user, fhirUser: user }) }),
  loadExistingGrant: consentUnasked,
  renderError: (ctx, out) => { ctx.body = out; },
  // Its own dispatcher never calls loopback, where the portal's jwks_uri is.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
});

provider.use(async (ctx, next) => {
  await next();
  if (ctx.oidc?.route === 'jwks') ctx.body = { keys: config.published };
  if (ctx.oidc?.route !== 'token' || ctx.status !== 200) return;
  if (!ctx.body.scope.split(' ').includes('launch')) return;
  const { user, until, ...context } = launched.get(ctx.oidc.entities.Grant.jti);
  Object.assign(ctx.body, context, { need_patient_banner: true });
});

function mayRead({ scopes, grantId }, type, id) {
  const { patient, encounter, user } = launched.get(grantId);
  if (type === 'Patient' && id !== patient) return false;
  if (type === 'Encounter' && id !== encounter) return false;
  if (user.replace(`${FHIR}/`, '') === `${type}/${id}` && scopes.has('fhirUser')) return true;
  return rights(type).some((right) => scopes.has(right));
}

async function read(request, type, id) {
  const [scheme, value] = (request.headers.authorization ?? '').split(' ');
  const token = scheme === 'Bearer' && value && await provider.AccessToken.find(value);
  if (!token) return [401, 'login'];
  if (!mayRead(token, type, id)) return [403, 'forbidden'];
  const resource = config.resources.find((one) => one.resourceType === type && one.id === id);
  return resource ? [200, resource] : [404, 'not-found'];
}

async function serveFhir(request, response, type, id) {
  const [status, found] = await read(request, type, id);
  const issue = [{ severity: 'error', code: found }];
  response.writeHead(status, {
    'Content-Type': 'application/fhir+json',
    'Cache-Control': 'no-store',
    ...(status === 401 && { 'WWW-Authenticate': 'Bearer' }),
  });
  response.end(JSON.stringify(status === 200 ? found : { resourceType: 'OperationOutcome', issue }));
}

async function serveConfiguration(response) {
  const discovered = await fetch(`${config.issuer}/.well-known/openid-configuration`);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ ...await discovered.json(), capabilities: CAPABILITIES }));
}

async function keepHandle(request, response) {
  const { launch, ...handle } = await json(request);
  handles.set(launch, { ...handle, until: Date.now() + config.handle_lifetime * 1000 });
  response.writeHead(204).end();
}

const answer = provider.callback();
createServer(async (request, response) => {
  const { pathname } = new URL(request.url, config.issuer);
  const [, , type, id] = pathname.split('/');
  if (pathname === '/handles' && request.method === 'POST') return keepHandle(request, response);
  if (pathname === '/fhir/.well-known/smart-configuration') return serveConfiguration(response);
  if (pathname.startsWith('/fhir/')) return serveFhir(request, response, type, id);
  return answer(request, response);
}).listen(new URL(config.issuer).port, '127.0.0.1', () => console.log('ready'));

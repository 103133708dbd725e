// The certified OpenID provider oidc-provider, set up by HelseID's rules.
// OIDC_PROVIDER_CONFIG is JSON: {client_id, jwks, redirect_uri, sub, claims, userinfo}; the one person logs in unasked.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { errors, Provider } from 'oidc-provider';

const HPR_DETAILS = 'helseid://claims/hpr/hpr_details';
const config = JSON.parse(process.env.OIDC_PROVIDER_CONFIG);
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

function assertAsHelseId(ctx, claims, header) {
  if (claims.aud !== ctx.oidc.issuer) throw new errors.InvalidClientAuth('aud');
  if (header.typ !== 'client-authentication+jwt') throw new errors.InvalidClientAuth('typ');
  if (claims.exp - claims.iat > 60) throw new errors.InvalidClientAuth('exp');
}

async function consentUnasked(ctx) {
  const { client, session, params, provider } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

function configuration(issuer) {
  return {
    clients: [{
      client_id: config.client_id,
      jwks: config.jwks,
      redirect_uris: [config.redirect_uri],
      response_types: ['code'],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: 'RS256',
      dpop_bound_access_tokens: true,
      backchannel_logout_uri: `${issuer}/nobody`, // a client with this address gets `sid` in its id tokens
      backchannel_logout_session_required: true,
    }],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'rs256' }] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    pkce: { required: () => true },
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      fapi: { enabled: true, profile: '2.0' },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    },
    routes: {
      authorization: '/connect/authorize',
      end_session: '/connect/endsession',
      jwks: '/.well-known/openid-configuration/jwks',
      pushed_authorization_request: '/connect/par',
      token: '/connect/token',
      userinfo: '/connect/userinfo',
    },
    conformIdTokenClaims: false, // HelseID puts what the scopes say in the id token
    claims: {
      openid: ['sub'],
      profile: ['name', 'given_name', 'middle_name', 'family_name'],
      'helseid://scopes/identity/pid': ['helseid://claims/identity/pid'],
      'helseid://scopes/identity/security_level': ['helseid://claims/identity/security_level'],
      'helseid://scopes/hpr/hpr_number': ['helseid://claims/hpr/hpr_number', HPR_DETAILS],
    },
    assertJwtClientAuthClaimsAndHeader: assertAsHelseId,
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: (use) => ({ sub, ...config.claims, ...(use === 'userinfo' && config.userinfo) }),
    }),
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    loadExistingGrant: consentUnasked,
    renderError: (ctx, out) => { ctx.body = out; },
  };
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration(issuer));
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url.startsWith('/interaction/')) return answer(request, response);
    return provider.interactionFinished(request, response, { login: { accountId: config.sub } });
  });
  console.log(`ready ${issuer}`);
});

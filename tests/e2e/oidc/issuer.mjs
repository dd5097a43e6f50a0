// An OpenID provider written by others: node issuer.mjs PORT KID… signs with the first key. Access tokens are JWTs (RFC 9068).
import Provider from 'oidc-provider';
import { generateKeyPairSync } from 'node:crypto';

const port = Number(process.argv[2]);
const kids = process.argv.slice(3);
const key = (kid) => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  kid, use: 'sig', alg: 'RS256',
});
const clients = ['billing-job', 'night-job'].map((id) => ({
  client_id: id, client_secret: `secret-of-${id}-0000000000000000`, redirect_uris: [], response_types: [],
  grant_types: ['client_credentials'],
}));
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients,
  jwks: { keys: kids.map(key) },
  cookies: { keys: ['a key of the tests'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, resource) => ({
        scope: 'chat', audience: resource.endsWith('/torana') ? 'torana' : 'another', accessTokenFormat: 'jwt',
        accessTokenTTL: 600, jwt: { sign: { alg: 'RS256', kid: kids[0] } },
      }),
    },
  },
  extraTokenClaims: (ctx, token) => ({ team: 'engineers', ai: { models: ['first'] }, plan: token.clientId === 'night-job' ? 'night' : 'day' }),
});
provider.listen(port, '127.0.0.1', () => console.log('issuer up'));

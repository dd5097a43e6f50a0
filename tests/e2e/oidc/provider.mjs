// An OpenID provider written by others, for people who sign in: node provider.mjs ISSUER PORT KEYS ACCOUNTS CALLBACK.
// KEYS is a file with a private JWK Set; ACCOUNTS one with {id: claims}, read again for each sign-in.
import Provider from 'oidc-provider';
import { readFileSync } from 'node:fs';

const [issuer, port, keys, accounts, callback] = process.argv.slice(2);
const confidential = {
  client_id: 'torana', client_secret: 'secret of torana / 00000000000000+', redirect_uris: [callback],
  post_logout_redirect_uris: [callback.replace(/\/api\/.*/, '/sign-in')],
  grant_types: ['authorization_code'], response_types: ['code'], token_endpoint_auth_method: 'client_secret_basic',
};
const provider = new Provider(issuer, {
  clients: [
    confidential,
    { ...confidential, client_id: 'torana-post', token_endpoint_auth_method: 'client_secret_post' },
    { ...confidential, client_id: 'torana-public', client_secret: undefined, token_endpoint_auth_method: 'none' },
  ],
  jwks: JSON.parse(readFileSync(keys, 'utf8')),
  cookies: { keys: ['a key of the tests'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  scopes: ['openid', 'email', 'profile', 'groups'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups', 'realm'] },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...JSON.parse(readFileSync(accounts, 'utf8'))[id] }) }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('provider up'));

// An OIDC server of somebody else's making (npm `oidc-provider`), as a company runs one for its own people and programs.
// Daybook is told to trust it, and the tests ask it for real tokens.
//
//   node server.js MODULES PORT     MODULES is the folder that `npm ci` filled
//
// Its issuer is http://127.0.0.1:PORT. It keeps nothing: its keys are new at each start, so a restart is a rotation.
// Three programs may log in by client credentials, one for each algorithm that Daybook takes; the secret of `till-es256` is
// `secret-of-till-es256`. A token's audience is what `resource` names, its scopes are what `scope` asks for.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [modules, port] = process.argv.slice(2);
const provider = createRequire(`${modules}/`).resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(provider).href);

const issuer = `http://127.0.0.1:${port}`;
const algorithms = ['RS256', 'ES256', 'EdDSA'];
const scopes = 'orders:read orders:write sales:read stock:read catalog:write events:read accounts:read unheard:of';

function key(alg) {
  const [kind, options] = {
    RS256: ['rsa', { modulusLength: 2048 }],
    ES256: ['ec', { namedCurve: 'P-256' }],
    EdDSA: ['ed25519', {}],
  }[alg];
  const { privateKey } = generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: randomUUID() };
}

const server = new Provider(issuer, {
  jwks: { keys: algorithms.map(key) },
  cookies: { keys: [randomUUID()] },
  clients: algorithms.map((alg) => ({
    client_id: `till-${alg.toLowerCase()}`,
    client_secret: `secret-of-till-${alg.toLowerCase()}`,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })),
  scopes: scopes.split(' '),
  ttl: { ClientCredentials: 300 },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    // Without a resource its access tokens would be opaque.
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context, resource, client) => ({
        scope: scopes,
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 300,
        jwt: { sign: { alg: algorithms.find((alg) => client.clientId.endsWith(alg.toLowerCase())) } },
      }),
    },
  },
});

const listening = server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => {
  listening.close();
  listening.closeAllConnections();
});

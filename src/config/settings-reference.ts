import { environmentName, settingKeys } from './environment.ts';
import { pathKeys, schema, secretKeys } from './schema.ts';

/** What each setting is for, by dotted key. docs/settings.md is generated from it. */
export const settingDescriptions: Readonly<Record<string, string>> = {
  service:
    'The name of the registry. Must equal `auth.token.service` of the registry; it is `aud` in the token.',
  issuer:
    'The issuer of the tokens. Must equal `auth.token.issuer` of the registry; it is `iss` in the token.',
  publicDomains:
    'Hosts under which anyone may pull, and no one may push. `*.pub.example.com` matches one label. Without a port, a name matches on any port. All other hosts are private.',
  publicRepositories:
    'Repositories that anyone may pull under a public domain. `*` matches within a path segment, `**` across segments.',
  trustedProxies:
    'Proxies whose headers Host and X-Forwarded-For are believed: addresses, networks (`10.0.0.0/8`), `loopback` (the edge on this machine), `private`.',
  externalUrl:
    'The URL of the token endpoint, for an outer proxy that cannot pass the Host header on. Then all requests count as one domain, public or private.',
  registries:
    'The registries that `dockpass repo`, `doctor` and `keys rotate --authority` use, for example `http://127.0.0.1:5000`. If empty, the registry of `dockpass up`.',
  listen: 'Address and port of the token server. Only the edge must be able to reach it.',
  'operations.listen':
    'Address and port of `/healthz`, `/readyz` and `/metrics`. Must not be reachable from outside.',
  database: 'A file (SQLite), or `postgres://USER@HOST/DATABASE`, see [several servers](replicas.md).',
  databasePassword: 'The password for a `postgres://` URL that contains none.',
  databaseStaleness:
    'With PostgreSQL: if the database cannot be reached, how long dockpass still accepts logins that it has in memory.',
  'keys.directory':
    'The folder of the files for registries (`rootcertbundle.pem`, `jwks.json`) and, without `keys.secret`, of the signing keys.',
  'keys.secret':
    'If set, the signing keys are stored in the database and encrypted with this secret, so that several servers can share them, see [keys in the database](keys-in-the-database.md). At least 32 random characters, for example from `openssl rand -base64 32`.',
  'keys.algorithm': '`ES256`, `RS256` or `EdDSA` (registry 3 only).',
  'keys.mode':
    '`x5c`: tokens contain their certificate, and signing keys change without any change in the registry. `kid`: shorter tokens, for registries that know the keys themselves (`jwks`, or leaf certificates in `rootcertbundle`) and are restarted when keys change.',
  'keys.leafLifetime': 'How long a signing key is valid.',
  'keys.rotateBefore': 'How long before a signing key expires its successor takes over.',
  'keys.authority.certificate':
    'Path of a certificate authority from your own PKI (PEM: the issuing certificate first, then up to the root). If empty, dockpass creates one.',
  'keys.authority.key':
    'Path of its private key (PEM). With `keys.secret`, it may be on one machine only. That machine issues the leaf certificates, and the others only sign tokens.',
  'keys.authority.passphrase': 'The passphrase, if the private key is encrypted.',
  'tokens.pullLifetime':
    'How long a token is valid that grants no more than pull. A disabled user can still pull for this long plus 60 seconds.',
  'tokens.pushLifetime':
    'How long a token is valid that grants more than pull. If it expires during a large push, the push fails.',
  'tokens.refresh.enabled':
    'Issue refresh tokens (docker calls them identity tokens) to clients that ask for them. Kubernetes pull secrets do not support them.',
  'tokens.refresh.idle': 'A refresh token expires if it is not used for this long.',
  'tokens.refresh.absolute': 'A refresh token expires this long after the login in any case.',
  'passwords.minLength': 'The minimum number of characters of a new password.',
  'passwords.remember':
    'A correct password is accepted for this long without hashing it again. A password change takes effect at once.',
  htpasswd: 'Path of an htpasswd file that is used in place, see [htpasswd](htpasswd.md).',
  htpasswdRole: 'The role of all users in the htpasswd file: `reader`, `writer` or `admin`.',
  catalog: 'Who may list all repositories: `admins` or `users`.',
  policy:
    'Rules that allow or deny actions, in addition to roles and grants. See [rights](rights.md). In the environment, a list in JSON.',
  'audit.keep': 'How long audit events are stored.',
  'audit.maxEvents': 'How many audit events are stored at most.',
  'up.port': 'The port of the edge under `dockpass up`.',
  'up.tls':
    '`self-signed`, `acme` (Caddy; ports 80 and 443), `CERTIFICATE,KEY` (two PEM files), or `off` behind a TLS proxy.',
  'up.acmeServer':
    "With `up.tls: acme`: the directory URL of the ACME server, for example of your organization. The system must trust its root certificate, or the variable `SSL_CERT_FILE` must name it. If empty, Let's Encrypt is used.",
  'up.directory':
    'The folder for the configurations of registry and edge, and for the self-signed certificate.',
  'up.storage': 'The folder of the images.',
  'up.registryListen':
    'Address and port of the registry under `dockpass up`. Clients never reach it directly.',
  'up.privateDomains':
    'Private host names for certificates and for the output of `up`. A host that is not listed is private too.',
};

/** Renders docs/settings.md. @throws TypeError that names a setting without a description */
export function renderSettingsReference(): string {
  const rows = settingKeys().map((key) => {
    const description = settingDescriptions[key];
    if (description === undefined)
      throw new TypeError(`${key} has no description in src/config/settings-reference.ts`);
    const secret = secretKeys.has(key) ? ` Or from a file: \`${environmentName(key)}_FILE\`.` : '';
    const path = pathKeys.has(key) ? ' Relative to the configuration file.' : '';
    return `| \`${key}\` | ${formatDefault(defaultOf(key))} | ${description}${path}${secret} |`;
  });
  return `# Settings

<!-- Generated by \`npm run docs\` from src/config/schema.ts and src/config/settings-reference.ts. Change it there. -->

dockpass reads the first of these that exists: \`--config FILE\`, \`DOCKPASS_CONFIG\`, \`./dockpass.yml\`,
\`/etc/dockpass/dockpass.yml\`. Every setting has a default and an environment variable: \`tokens.pullLifetime\` is
\`${environmentName('tokens.pullLifetime')}\`; separate the entries of a list with commas. The first of flag, environment, file
and default wins. Durations: \`s\`, \`m\`, \`h\`, \`d\`. An unknown key prevents the start.

\`dockpass init\` writes a first file. To see the values in force and where each one comes from:

\`\`\`sh
dockpass check --show
\`\`\`

| setting | default | |
|-|-|-|
${rows.join('\n')}
`;
}

interface Leaf {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly def: { readonly innerType?: unknown; readonly defaultValue?: unknown };
}

/** Returns the default as it would be written in the file. */
function defaultOf(key: string): unknown {
  const leaf = key.split('.').reduce<Leaf>(
    (type, name) => {
      const shape = type.shape ?? (type.def.innerType as Leaf).shape ?? {};
      return shape[name] as Leaf;
    },
    schema as unknown as Leaf,
  );
  return leaf.def.defaultValue;
}

function formatDefault(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'none';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '')}\``;
}

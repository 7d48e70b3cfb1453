import { environmentName, settingKeys } from './environment.ts';
import { pathKeys, schema, secretKeys } from './schema.ts';

/** The description of each setting, by dotted key. docs/settings.md is generated from these descriptions. */
export const settingDescriptions: Readonly<Record<string, string>> = {
  service:
    'The name of the registry. Must equal `auth.token.service` of the registry. Each token contains it as the claim `aud`.',
  issuer:
    'The issuer of the tokens. Must equal `auth.token.issuer` of the registry. Each token contains it as the claim `iss`.',
  publicDomains:
    'Hosts under which anyone may pull, and no one may push. The `*` in `*.pub.example.com` matches exactly one label. Without a port, a name matches on any port. All other hosts are private.',
  publicRepositories:
    'Repositories that anyone may pull under a public domain. `*` matches within a path segment, `**` across segments.',
  trustedProxies:
    'Proxies whose Host and X-Forwarded-For headers are trusted: addresses, networks (`10.0.0.0/8`), `loopback` (the edge on this machine), or `private` (all private networks).',
  externalUrl:
    'The URL that clients use. Set it only if an outer proxy cannot pass on the Host header. dockpass then treats every request as a request to the host in this URL.',
  registries:
    'The registries that `dockpass repo`, `doctor` and `keys rotate --authority` use, for example `http://127.0.0.1:5000`. If the list is empty, these commands use the registry of `dockpass up`.',
  listen: 'Address and port of the token server. Only the edge (reverse proxy) connects to it.',
  'operations.listen':
    'Address and port of `/healthz`, `/readyz` and `/metrics`. Make sure that clients outside your network cannot connect to it.',
  database:
    'The path of a SQLite file, or the URL of a PostgreSQL database, `postgres://USER@HOST/DATABASE`. See [several servers](replicas.md).',
  databasePassword: 'The password of the database user, if the `postgres://` URL contains no password.',
  databaseStaleness:
    'With PostgreSQL: how long dockpass accepts recent logins from its memory if it cannot reach the database.',
  'keys.directory':
    'The folder of the files that registries need (`rootcertbundle.pem`, `jwks.json`). If `keys.secret` is not set, this folder also contains the signing keys.',
  'keys.secret':
    'If set, the signing keys are stored in the database and encrypted with this secret, so that several servers can share them, see [keys in the database](keys-in-the-database.md). At least 32 random characters, for example from `openssl rand -base64 32`.',
  'keys.algorithm': '`ES256`, `RS256` or `EdDSA` (registry 3 only).',
  'keys.mode':
    '`x5c`: tokens contain their certificate, and signing keys change without any change in the registry. `kid`: tokens are shorter, but you must configure each registry with the signing keys (`jwks`, or leaf certificates in `rootcertbundle`) and restart it when they change.',
  'keys.leafLifetime': 'How long a signing key is valid.',
  'keys.rotateBefore': 'A new signing key takes over this long before the current signing key expires.',
  'keys.authority.certificate':
    'Path of the certificate of a certificate authority in your own PKI (PEM: this certificate first, then its parents up to the root). If not set, dockpass creates a certificate authority.',
  'keys.authority.key':
    'Path of the private key of the certificate authority (PEM). If `keys.secret` is set, it is enough if one machine has this key. That machine issues the leaf certificates, and the others only sign tokens.',
  'keys.authority.passphrase':
    'The passphrase of the private key in `keys.authority.key`, if that key is encrypted.',
  'tokens.pullLifetime':
    'How long a token is valid if it grants at most pull. A disabled user can still pull for this long plus 60 seconds.',
  'tokens.pushLifetime':
    'How long a token is valid if it grants more than pull. If the token expires during a large push, the push fails.',
  'tokens.refresh.enabled':
    'Issue refresh tokens (docker calls them identity tokens) to clients that ask for them. Kubernetes pull secrets do not support them.',
  'tokens.refresh.idle': 'A refresh token expires if it is not used for this long.',
  'tokens.refresh.absolute':
    'A refresh token expires this long after the login, even if it is used regularly.',
  'passwords.minLength': 'The minimum number of characters of a new password.',
  'passwords.remember':
    'After a correct password, dockpass accepts the same password for this long without hashing it again. A password change takes effect at once.',
  htpasswd: 'Path of an htpasswd file whose users can log in without an import, see [htpasswd](htpasswd.md).',
  htpasswdRole: 'The role of all users in the htpasswd file: `reader`, `writer` or `admin`.',
  catalog: 'Who may list all repositories: `admins` or `users`.',
  policy:
    'Rules that allow or deny actions, in addition to roles and grants. See [rights](rights.md). In the environment variable, write the rules as a JSON list.',
  'audit.keep': 'How long audit events are stored.',
  'audit.maxEvents': 'How many audit events are stored at most.',
  'up.port': 'The port of the edge under `dockpass up`.',
  'up.tls':
    '`self-signed`, `acme` (Caddy; ports 80 and 443), `CERTIFICATE,KEY` (two PEM files), or `off` behind a TLS proxy.',
  'up.acmeServer':
    "With `up.tls: acme`: the directory URL of the ACME server, for example of your organization. The system must trust its root certificate, or the variable `SSL_CERT_FILE` must name the file of that certificate. If empty, Let's Encrypt is used.",
  'up.directory':
    'The folder for the configurations of registry and edge, and for the self-signed certificate.',
  'up.storage': 'The folder in which the registry stores the images.',
  'up.registryListen':
    'Address and port of the registry under `dockpass up`. Clients connect to the edge, not to this address.',
  'up.privateDomains':
    'The private domains that certificates, edge configurations of `dockpass init` and printed instructions contain. This list gives no rights: every host that does not match `publicDomains` is private.',
};

/** Renders docs/settings.md. @throws TypeError that names a setting without a description */
export function renderSettingsReference(): string {
  const rows = settingKeys().map((key) => {
    const description = settingDescriptions[key];
    if (description === undefined)
      throw new TypeError(`${key} has no description in src/config/settings-reference.ts`);
    const secret = secretKeys.has(key)
      ? ` To read the value from a file, set \`${environmentName(key)}_FILE\` to its path.`
      : '';
    const path = pathKeys.has(key) ? ' A relative path starts at the folder of the configuration file.' : '';
    return `| \`${key}\` | ${formatDefault(defaultOf(key))} | ${description}${path}${secret} |`;
  });
  return `# Settings

<!-- Generated by \`npm run docs\` from src/config/schema.ts and src/config/settings-reference.ts. Change it there. -->

dockpass reads the first of these that exists: \`--config FILE\`, \`DOCKPASS_CONFIG\`, \`./dockpass.yml\`,
\`/etc/dockpass/dockpass.yml\`. Every setting has a default and an environment variable: \`tokens.pullLifetime\` is
\`${environmentName('tokens.pullLifetime')}\`; separate the entries of a list with commas. A flag overrides the
environment variable, which overrides the file, which overrides the default. Durations: \`s\`, \`m\`, \`h\`, \`d\`.
An unknown key prevents the start.

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

/** Returns the default of a setting, as a person would write it in the configuration file. */
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

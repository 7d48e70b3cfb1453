import { environmentName, settingKeys } from './environment.ts';
import { pathKeys, schema, secretKeys } from './schema.ts';

/** What each setting is for, by dotted key, in one sentence or two: docs/settings.md is made of it. */
export const settingDescriptions: Readonly<Record<string, string>> = {
  service: "The registry's name: its `auth.token.service`, `aud` in the token.",
  issuer: "The registry's `auth.token.issuer`, `iss` in the token.",
  publicDomains:
    'Hosts where anyone may pull, and nobody more. `*.pub.example.com` is one label deep; without a port a name counts on any. All other hosts are private.',
  publicRepositories: 'What anyone may pull there: `*` within a path segment, `**` across.',
  trustedProxies:
    'Peers whose Host and X-Forwarded-For are believed: addresses, networks (`10.0.0.0/8`), `loopback` (the edge on this machine), `private`.',
  externalUrl:
    'A fixed realm, for an outer proxy that cannot pass the Host on. Then there is one door only, public or private.',
  registries:
    'Where `dockpass repo`, `doctor` and `keys rotate --authority` find the registries, as `http://127.0.0.1:5000`. Empty: the one of `dockpass up`.',
  listen: 'The token server. Only the edge reaches it.',
  'operations.listen': '`/healthz`, `/readyz`, `/metrics`. Never to be reached from outside.',
  database: 'A file (SQLite), or `postgres://USER@HOST/DATABASE`, see [several servers](replicas.md).',
  databasePassword: 'For a `postgres://…` without one.',
  databaseStaleness:
    'With PostgreSQL: how long logins go on from what is in memory while the database cannot be reached.',
  'keys.directory':
    'What registries trust: `rootcertbundle.pem`, `jwks.json`; and, without `keys.secret`, the signing keys.',
  'keys.secret':
    'With it the signing keys are kept in the database, sealed by it, for any number of processes: [keys in the database](keys-in-the-database.md). At least 32 characters: `openssl rand -base64 32`.',
  'keys.algorithm': '`ES256`, `RS256` or `EdDSA` (registry 3 alone).',
  'keys.mode':
    '`x5c`: tokens carry their certificate, and leaves change with no registry noticing. `kid`: shorter tokens, for registries that hold the keys themselves (`jwks`, or the leaf in `rootcertbundle`) and are restarted when they change.',
  'keys.leafLifetime': 'How long a signing key lives.',
  'keys.rotateBefore': 'So long before its end, its successor is made and takes over.',
  'keys.authority.certificate':
    'An authority from your own PKI (PEM: the issuing certificate first, then up to the root). Empty: dockpass makes one.',
  'keys.authority.key':
    'Its private key (PEM). With `keys.secret` it may be on one machine alone: the others sign, and that one makes their keys.',
  'keys.authority.passphrase': 'For an encrypted private key.',
  'tokens.pullLifetime':
    'A token that holds pull at most. Who is disabled pulls on for so long, and 60 seconds more.',
  'tokens.pushLifetime': 'A token that holds more. Shorter than a large push takes, it fails that push.',
  'tokens.refresh.enabled':
    "Refresh tokens (docker: identity tokens) for clients that ask. Kubernetes' pull secrets do not understand them.",
  'tokens.refresh.idle': 'A refresh token that was not used for so long is refused.',
  'tokens.refresh.absolute': 'So long after the login, in any case.',
  'passwords.minLength': 'Characters that a new password needs.',
  'passwords.remember':
    'A verified password is known again for so long without hashing it. A change forgets it at once.',
  htpasswd: "A running registry's htpasswd file, used in place (see [htpasswd](htpasswd.md)).",
  htpasswdRole: 'What its users may do: `reader`, `writer` or `admin`.',
  catalog: 'Who may list all repositories: `admins` or `users`.',
  policy: 'Rules that give and take rights beside roles and grants. In the file only.',
  'audit.keep': 'How long events are kept.',
  'audit.maxEvents': 'How many events are kept.',
  'up.port': 'Where the edge of `dockpass up` listens.',
  'up.tls':
    '`self-signed`, `acme` (Caddy; ports 80 and 443), `CERTIFICATE,KEY` (two PEM files), or `off` behind a TLS proxy.',
  'up.acmeServer':
    "With `up.tls: acme`: the directory of another authority than Let's Encrypt, an organisation's own perhaps; its root has to be trusted by the system, or named in SSL_CERT_FILE.",
  'up.directory': 'The configurations of registry and edge, and the self-signed certificate.',
  'up.storage': "The registry's images.",
  'up.registryListen': 'Where the registry of `dockpass up` listens; clients never see it.',
  'up.privateDomains':
    'More names for certificates and for what `up` prints. A name that is not here is no less private.',
};

/** docs/settings.md, whole. @throws TypeError naming a setting without a description */
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

<!-- Made by \`npm run docs\` from src/config/schema.ts and src/config/settings-reference.ts: change it there. -->

\`--config FILE\`, else \`DOCKPASS_CONFIG\`, else \`./dockpass.yml\`, else \`/etc/dockpass/dockpass.yml\`, else the defaults:
everything has one. Every setting has an environment variable, too: \`tokens.pullLifetime\` is
\`${environmentName('tokens.pullLifetime')}\`; lists are separated by commas. The first of flag, environment, file and default
counts. Durations: \`s\`, \`m\`, \`h\`, \`d\`. A key that is not known stops the start.

\`dockpass init\` writes a first file with everything in it. What is in force, and where each value comes from:

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

/** As it would be written in the file. */
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

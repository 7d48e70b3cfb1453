import { environmentName, settingKeys } from './environment.ts';
import { pathKeys, schema, secretKeys } from './schema.ts';

/** The description of each setting, by dotted key. docs/settings.md is generated from these descriptions. */
export const settingDescriptions: Readonly<Record<string, string>> = {
  service:
    'The name of the registry. It must be equal to `auth.token.service` in the configuration of the registry. Each token contains this name as the claim `aud`.',
  issuer:
    'The issuer of the tokens. It must be equal to `auth.token.issuer` in the configuration of the registry. Each token contains the issuer as the claim `iss`.',
  publicDomains:
    'Hosts under which anyone may pull, and no one may push. The `*` in `*.pub.example.com` matches exactly one label. A name without a port matches every port. All other hosts are private.',
  publicRepositories:
    'Repositories that anyone may pull under a public domain. `*` matches any text within one path segment. `**` also matches across several segments.',
  publicCatalog:
    'If `true`, a web page under each public domain and `GET /v2/_catalog` there list the repositories that anyone may pull, and the page also their tags and pull commands. See [the public catalog](public-catalog.md).',
  publicCatalogTitle: 'The title of the public catalog. At most 100 characters.',
  publicCatalogText:
    'A text that the public catalog shows below its title, for example who to ask for help. It is plain text. An empty line starts a new paragraph. At most 2000 characters.',
  trustedProxies:
    'Proxies whose Host and X-Forwarded-For headers are trusted: addresses, networks (`10.0.0.0/8`), `loopback` (a proxy on this machine), or `private` (all private networks). With `up.tls: off`, the edge trusts the X-Forwarded-For header of the same proxies. See [behind a TLS proxy](behind-a-tls-proxy.md#which-proxies-are-trusted).',
  externalUrl:
    'The URL that clients use. Set it only if an outer proxy cannot pass on the Host header. dockpass then treats every request as a request to the host in this URL.',
  registries:
    'The registries that `dockpass repo`, `doctor` and `keys rotate --authority` use, for example `http://127.0.0.1:5000`. If the list is empty, these commands use the registry of `dockpass up`.',
  listen: 'Address and port of the token server. Only the edge (reverse proxy) connects to it.',
  'operations.listen':
    'Address and port of `/healthz`, `/readyz` and `/metrics`. `/readyz` is about the token server alone; to check the registry and the edge too, see [alerts](doctor.md#alerts). Make sure that clients outside your network cannot connect to it.',
  database:
    'The path of a SQLite file, or the URL of a PostgreSQL database, `postgres://USER@HOST/DATABASE`. See [several servers](replicas.md).',
  databasePassword: 'The password of the database user, if the `postgres://` URL contains no password.',
  databaseStaleness:
    'How long dockpass accepts cached logins while it cannot reach the PostgreSQL database. With SQLite, this setting has no effect.',
  databaseOwnership:
    'What dockpass does if another role could run code with the rights of dockpass in the PostgreSQL database. This is possible if the schema or anything in it belongs to another role, or if another role has the right to create objects there. With `require`, dockpass does not start. With `warn`, dockpass logs an error and starts if the tables were created by a version of dockpass that did not have this setting yet. If a newer version of dockpass created the tables, dockpass does not start. The next major version always behaves as with `require`. See [several servers](replicas.md#close-the-database-to-other-roles).',
  strictPermissions:
    'If true, dockpass does not start if other users of the machine can change the keys or data of dockpass, or the folders that contain them. If false, an existing installation starts in this case and logs an error. A new installation does not start. The next major version always behaves as if this setting were true.',
  'keys.directory':
    'The folder that contains the files that registries need (`rootcertbundle.pem`, `jwks.json`). If `keys.secret` is not set, this folder also contains the signing keys.',
  'keys.secret':
    'If set, the signing keys are stored in the database and encrypted with this secret, so that several servers can share the keys. Servers with the same secret also count failed login attempts together. See [keys in the database](keys-in-the-database.md). The secret must have at least 32 random characters, for example from `openssl rand -base64 32`.',
  'keys.algorithm':
    'The signature algorithm of the tokens: `ES256`, `RS256` or `EdDSA`. Registries older than version 3 do not support `EdDSA`.',
  'keys.mode':
    'How a token names its signing key. `x5c`: each token contains the certificate of its signing key, so a change of the signing key needs no change in the registry. `kid`: tokens are shorter, but you must configure the signing keys in each registry (`jwks`, or leaf certificates in `rootcertbundle`), and restart the registry each time the signing keys change.',
  'keys.leafLifetime': 'How long a signing key is valid.',
  'keys.rotateBefore': 'dockpass replaces a signing key when the key expires in less than this time.',
  'keys.authority.certificate':
    'Path of the certificate of a certificate authority in your own PKI (PEM: this certificate first, then its parents up to the root). Use a sub-CA that only dockpass uses. If not set, dockpass creates a certificate authority. See [your own PKI](own-pki.md).',
  'keys.authority.key':
    'Path of the private key of the certificate authority (PEM). If `keys.secret` is set, only one machine needs this key. That machine issues the leaf certificates, and the others only sign tokens.',
  'keys.authority.passphrase':
    'The passphrase of the private key in `keys.authority.key`, if that key is encrypted.',
  'keys.authority.requireDedicated':
    'If `true`, dockpass starts only if the certificate authority is dedicated to dockpass. If `false` and the authority is not dedicated, an existing installation starts and logs an error. A new installation does not start. The next major version always behaves as if this setting were true. See [your own PKI](own-pki.md).',
  'tokens.pullLifetime':
    'How long a token is valid if it grants no action except pull. A disabled user can still pull for this long plus 60 seconds.',
  'tokens.pushLifetime':
    'How long a token is valid if it grants any other action than pull. If the token expires during a large push, the push fails.',
  'tokens.refresh.enabled':
    'If `true`, dockpass issues refresh tokens (docker calls them identity tokens) to clients that ask for one. Kubernetes pull secrets and some other clients do not support refresh tokens, see [identity tokens](identity-tokens.md).',
  'tokens.refresh.idle': 'A refresh token expires if it is not used for this long.',
  'tokens.refresh.absolute':
    'A refresh token expires this long after the login, even if it is used regularly.',
  'passwords.minLength': 'The minimum number of characters of a new password.',
  'passwords.remember':
    'After a login with a correct password, dockpass accepts the same password for this long without hashing it again. A password change takes effect at once.',
  'users.defaultRole':
    'The role of a new user: `none`, `reader`, `writer` or `admin`. `dockpass user add` and `dockpass import htpasswd` use it if `--role` is not given.',
  htpasswd: 'Path of an htpasswd file whose users can log in without an import. See [htpasswd](htpasswd.md).',
  htpasswdRole: 'The role of all users in the htpasswd file: `none`, `reader`, `writer` or `admin`.',
  catalog:
    'What clients list at `GET /v2/_catalog`. `own`: each lists what they may pull. `admins` or `users`: these list all repositories, and others nothing. See [the catalog](rights.md#the-catalog).',
  policy:
    'Rules that allow or deny actions, in addition to roles and grants. See [rights](rights.md). In the environment variable, write the rules as a JSON list.',
  immutableTags:
    'Tags that cannot be pushed again once they exist, each as a repository pattern, a colon and a tag pattern, such as `release/**:v*`. The edge must send the manifests of pushes to dockpass. `dockpass up` writes its edge file accordingly; write your own one with `dockpass init --edge-only`. See [immutable tags](immutable-tags.md).',
  trust:
    'Rules that let jobs of CI platforms and pods of Kubernetes clusters log in with the JWT of their platform, without a stored secret. See [trust rules](trust.md). In the environment variable, write the rules as a JSON list.',
  retention:
    'Rules that say which images stay, and so which are deleted: `{ on: ["ci/**"], keep: { newest: 20, pulledWithin: 30d, pushedWithin: 14d, tags: ["v*", latest] }, untagged: 7d }`. A tag that any condition in `keep` matches stays. `untagged` is how long a manifest without a tag stays. The first rule that matches a repository decides. In repositories without a rule, nothing is ever deleted. In the environment variable, write the rules as a JSON list.',
  'retentionSchedule.at':
    'When dockpass plans the deletions of the rules in `retention`, as a cron expression in local time: minute, hour, day of the month, month, day of the week. For example, `0 3 * * *` is each day at 3:00. The plan is written to the audit log. If not set, you run `dockpass retention plan` yourself.',
  'retentionSchedule.apply':
    'If `true`, each plan of the schedule is also applied: images are deleted. If `false`, the plan is only written to the audit log.',
  'audit.keep': 'How long audit events are stored.',
  'audit.maxEvents':
    'The maximum number of audit events that are stored. Events about denied requests, and about tokens for anonymous clients, can use a quarter of it. All other events can use the rest.',
  'audit.maxBytes':
    'The approximate maximum size of the audit log in the database, for example `500MiB`. Events about denied requests, and about tokens for anonymous clients, can use a quarter of it. All other events can use the rest.',
  'events.listen':
    'Address and port at which registries send their events (`POST /events`). Only the registry connects to it. See [usage](usage.md).',
  'events.secret':
    'The secret with which registries send events: `Authorization: Bearer SECRET`. If not set, `dockpass serve` receives no events, and `dockpass up` makes a secret at each start.',
  'events.keepRaw':
    'How long single events are stored, at least one hour. Counts of pulls and pushes are never removed. For this long, `dockpass usage --since` is exact to the second, and before that to the day (UTC).',
  'gc.at':
    'When `dockpass up` frees the disk space of deleted images: a cron expression in local time, for example `0 4 * * 0` (Sundays at 4:00). Pushes have to wait for it. See [garbage collection](garbage-collection.md).',
  'writes.directory':
    'The folder in which `dockpass writes stop` and `dockpass gc` create the file that makes the edge stop pushes. The edge must be able to see files in this folder. For Traefik, it is the folder of its file provider. If not set, the folder is `writes` in `up.directory`.',
  'up.port': 'The port of the edge (reverse proxy) that `dockpass up` starts.',
  'up.tls':
    'The TLS certificate of the edge that `dockpass up` starts: `self-signed`; `acme` (the edge must be Caddy and uses ports 80 and 443); `CERTIFICATE,KEY` (the paths of two PEM files); or `off` (no TLS, only behind a TLS proxy).',
  'up.acmeServer':
    "With `up.tls: acme`: the directory URL of the ACME server, for example the server of your organization. If not set, Let's Encrypt is used. If the system does not trust the root certificate of the ACME server, set the environment variable `SSL_CERT_FILE` to the path of that certificate.",
  'up.directory':
    'The folder in which `dockpass up` stores the configurations of the registry and the edge, and the self-signed certificate.',
  'up.storage': 'The folder in which the registry stores the images.',
  'up.registryListen':
    'Address and port of the registry that `dockpass up` starts. Clients connect to the edge, not to this address.',
  'up.privateDomains':
    'The host names under which clients log in and push. dockpass writes these names into certificates, into the edge configurations of `dockpass init` and into printed instructions. The list does not affect access: every host that does not match `publicDomains` is private, even if it is not in this list.',
};

/** Returns the content of docs/settings.md. @throws TypeError if a setting has no description */
export function renderSettingsReference(): string {
  const rows = settingKeys().map((key) => {
    const description = settingDescriptions[key];
    if (description === undefined)
      throw new TypeError(`${key} has no description in src/config/settings-reference.ts`);
    const secret = secretKeys.has(key)
      ? ` To read the value from a file, set the environment variable \`${environmentName(key)}_FILE\` to the path of the file.`
      : '';
    const path = pathKeys.has(key)
      ? ' A relative path is relative to the folder of the configuration file.'
      : '';
    return `| \`${key}\` | ${formatDefault(defaultOf(key))} | ${description}${path}${secret} |`;
  });
  return `# Settings

<!-- Generated by \`npm run docs\` from src/config/schema.ts and src/config/settings-reference.ts. Change it there. -->

dockpass reads one configuration file, the first of these:

1. the file in the flag \`--config FILE\`, if this flag is given
2. the file in the environment variable \`DOCKPASS_CONFIG\`, if this variable is set
3. \`./dockpass.yml\`, if this file exists
4. \`/etc/dockpass/dockpass.yml\`, if this file exists

If the file contains an unknown key, dockpass does not start.

Every setting has a default and an environment variable. For example, the variable of \`tokens.pullLifetime\` is
\`${environmentName('tokens.pullLifetime')}\`. A flag overrides the environment variable, which
overrides the file, which overrides the default.

| kind of setting | accepted forms |
|-|-|
| boolean | \`true\` and \`false\`, or \`yes\` and \`no\`, \`on\` and \`off\`, \`1\` and \`0\`. Upper case and lower case are equal |
| list | \`[a, b]\` in the file. In an environment variable: \`a,b\`, or a list in JSON |
| duration | a number with the unit \`s\`, \`m\`, \`h\`, \`d\`, \`w\` or \`y\` (365 days), such as \`90s\` |
| secret | any text. One line ending at its end is ignored, also in the file that a variable with \`_FILE\` names |

Quotes around the value of an environment variable are removed, as in \`- DOCKPASS_UP_PORT="5001"\` in the list form of
Docker Compose. In a password or another secret, quotes are part of the value.

dockpass ignores the variables that Kubernetes sets for a Service with a name such as \`dockpass-edge\`, for example
\`DOCKPASS_EDGE_PORT=tcp://10.0.0.1:443\`. Any other unknown variable that starts with \`DOCKPASS_\` is an error.

\`dockpass init\` creates a configuration file. To see the value that dockpass uses for each setting, and where this value
comes from:

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

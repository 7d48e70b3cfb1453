/** What `init` writes into the first configuration file. */
export interface StarterSettings {
  readonly publicDomains: readonly string[];
  readonly privateDomains: readonly string[];
  /** The address of the token server, `HOST:PORT`. */
  readonly listen: string;
  /** The address of health checks and metrics, `HOST:PORT`. */
  readonly operationsListen: string;
  /** The address of the registry, `HOST:PORT`. */
  readonly registryListen: string;
  /** An htpasswd file whose users log in as before, or null. */
  readonly htpasswd: string | null;
  readonly port: number;
  readonly tls: string;
}

/** Renders a first dockpass.yml: every setting with a comment. A setting that `init` does not know has its default. */
export function renderStarterConfig(settings: StarterSettings): string {
  const { publicDomains, privateDomains, htpasswd, port, tls } = settings;
  const text = JSON.stringify;
  const list = (texts: readonly string[]): string =>
    `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
  return `# dockpass: all settings. For each there is an environment variable, too: DOCKPASS_TOKENS_PULL_LIFETIME sets
# tokens.pullLifetime. Relative paths start at the folder of this file. To validate it, run: dockpass check --show

# Anyone may pull under these domains, without a login. All other domains are private. *.pub.example.com covers one
# label. A domain without a port covers all ports.
publicDomains: ${list(publicDomains)}
# The repositories that anyone may pull there. * stands for one path segment, ** for any number.
publicRepositories: ["**"]

# Both must be the same in the auth.token section of the registry (registry-config.yml).
service: registry
issuer: dockpass

# The address of the token server, for the edge (reverse proxy) only, and the address of /healthz, /readyz and /metrics.
listen: ${text(settings.listen)}
operations: { listen: ${text(settings.operationsListen)} }

# dockpass believes Host and X-Forwarded-For of these peers: addresses, networks, loopback (this machine) or private.
trustedProxies: [loopback]
# A fixed URL of dockpass, if an outer proxy cannot pass on the Host header. Then there is only one domain.
externalUrl: null

# The URLs of the registries, for "dockpass repo". If empty, it uses the registry of "dockpass up".
registries: []
# A path, or postgres://… for several instances. databaseStaleness: how long cached answers of an unreachable PostgreSQL
# are used.
database: data/dockpass.db
databaseStaleness: 30s
# The password for the postgres:// URL. Better set DOCKPASS_DATABASE_PASSWORD_FILE.
databasePassword: null
# How long the audit log stores events, and how many.
audit: { keep: 90d, maxEvents: 10000000 }
# The signing keys. The registry trusts their certificate authority (rootcertbundle.pem), so that signing keys can change
# without a registry restart. mode: x5c, or kid for registries that are configured with jwks. authority: the files of
# your own certificate authority; without them, dockpass creates one.
keys:
  directory: keys
  algorithm: ES256
  mode: x5c
  leafLifetime: 90d
  rotateBefore: 30d
  authority: { certificate: null, key: null, passphrase: null }
  # With a secret of at least 32 characters, the keys are stored encrypted in the database instead of the directory.
  secret: null

# How long registry tokens are valid. The registry checks a token when a request starts. If pushLifetime is too short,
# large pushes fail.
tokens:
  pullLifetime: 5m
  pushLifetime: 1h
  refresh: { enabled: true, idle: 30d, absolute: 180d }

passwords: { minLength: 15, remember: 60s }
# The htpasswd file of an existing registry. Its bcrypt users log in with this role: reader, writer or admin.
htpasswd: ${text(htpasswd)}
htpasswdRole: writer
# Who may list all repositories: admins or users.
catalog: admins
# Rules in addition to roles and grants, such as - { allow: [pull, push], to: [users], on: ["\${user}/**"] }. See
# docs/rights.md.
policy: []

# For "dockpass up" only, which runs registry, edge and token server together.
up:
  port: ${port}
  # self-signed, acme (needs Caddy and the ports 80 and 443), CERTIFICATE,KEY (PEM files), or off behind a TLS proxy.
  tls: ${JSON.stringify(tls)}
  directory: data/up
  storage: data/registry
  registryListen: ${text(settings.registryListen)}
  # Domains for the certificate and for the printed instructions. Domains that are not listed are private as well.
  privateDomains: ${list(privateDomains)}
`;
}

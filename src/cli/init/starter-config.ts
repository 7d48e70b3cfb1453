/** What `init` was told. */
export interface StarterSettings {
  readonly publicDomains: readonly string[];
  readonly privateDomains: readonly string[];
  /** Addresses, `HOST:PORT` each. */
  readonly listen: string;
  readonly operationsListen: string;
  readonly registryListen: string;
  /** A file of users, used in place. */
  readonly htpasswd: string | null;
  readonly port: number;
  readonly tls: string;
}

/** A first dockpass.yml: every setting, at its default but for what was asked for, with a word about it. */
export function renderStarterConfig(settings: StarterSettings): string {
  const { publicDomains, privateDomains, htpasswd, port, tls } = settings;
  const text = JSON.stringify;
  const list = (texts: readonly string[]): string =>
    `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
  return `# dockpass: every setting with its default. Each has an environment variable, too (tokens.pullLifetime is
# DOCKPASS_TOKENS_PULL_LIFETIME). Relative paths start at this file's folder. Right or wrong: dockpass check --show

# Hosts where anyone may pull, and nobody more. All others are private. *.pub.example.com is one label deep; without a
# port, a name counts on any.
publicDomains: ${list(publicDomains)}
# What anyone may pull there: * within a path segment, ** across.
publicRepositories: ["**"]

# Both as in the registry's auth.token section (registry-config.yml).
service: registry
issuer: dockpass

# The token server: reached by the edge alone. On the second address: /healthz, /readyz, /metrics.
listen: ${text(settings.listen)}
operations: { listen: ${text(settings.operationsListen)} }

# Peers whose Host and X-Forwarded-For are believed: addresses, networks, loopback (the edge on this machine), private.
trustedProxies: [loopback]
# A fixed realm, where an outer proxy cannot pass the Host on: then there is one door only, public or private.
externalUrl: null

# Where \`dockpass repo\` finds the registries; empty: the one of \`dockpass up\`.
registries: []
# A path, or postgres://… for several processes; there, how long answers count while the database is not heard of.
database: data/dockpass.db
databaseStaleness: 30s
# That of the postgres:// URL, where it is not to stand in it; better as DOCKPASS_DATABASE_PASSWORD_FILE.
databasePassword: null
# How long, and how many, events of the audit log are kept.
audit: { keep: 90d, maxEvents: 10000000 }
# The signing keys. The registry trusts their authority (rootcertbundle.pem); leaves change without it noticing.
# mode: x5c, or kid for registries configured with jwks. authority: a PKI of your own (files), else one is made.
keys:
  directory: keys
  algorithm: ES256
  mode: x5c
  leafLifetime: 90d
  rotateBefore: 30d
  authority: { certificate: null, key: null, passphrase: null }
  # With a secret (32 characters and more), the keys are sealed into the database instead of the directory.
  secret: null

# A token is checked when a request starts: too short a life for pushing fails large pushes.
tokens:
  pullLifetime: 5m
  pushLifetime: 1h
  refresh: { enabled: true, idle: 30d, absolute: 180d }

passwords: { minLength: 15, remember: 60s }
# A running registry's htpasswd file, used in place: its bcrypt users log in with this role (reader, writer or admin).
htpasswd: ${text(htpasswd)}
htpasswdRole: writer
# Who may list all repositories: admins or users.
catalog: admins
# Rules beside roles and grants, such as - { allow: [pull, push], to: [users], on: ["\${user}/**"] }: docs/rights.md
policy: []

# \`dockpass up\` alone: registry, edge and token server as one thing.
up:
  port: ${port}
  # self-signed, acme (Caddy; ports 80 and 443), CERTIFICATE,KEY (PEM files), or off behind a TLS proxy.
  tls: ${JSON.stringify(tls)}
  directory: data/up
  storage: data/registry
  registryListen: ${text(settings.registryListen)}
  # More names for certificates and for what \`up\` prints; no other name is less private.
  privateDomains: ${list(privateDomains)}
`;
}

/** The values that `init` writes into a new dockpass.yml. */
export interface StarterSettings {
  readonly publicDomains: readonly string[];
  readonly privateDomains: readonly string[];
  /** The address of the token server, `HOST:PORT`. */
  readonly listen: string;
  /** The address of health checks and metrics, `HOST:PORT`. */
  readonly operationsListen: string;
  /** The address at which the registry sends its events, `HOST:PORT`. */
  readonly eventsListen: string;
  /** The secret of the events. Null if an environment variable sets it. */
  readonly eventsSecret: string | null;
  /** The address of the registry, `HOST:PORT`. */
  readonly registryListen: string;
  /**
   * The path of the htpasswd file of an existing registry. The users in this file can log in to dockpass. Null if there
   * is no such file.
   */
  readonly htpasswd: string | null;
  /** The folder that the edge watches for a file that stops writes. Null for the default. */
  readonly writesDirectory: string | null;
  readonly port: number;
  readonly tls: string;
}

/** Renders a new dockpass.yml with comments. Every setting that is not in `StarterSettings` gets its default value. */
export function renderStarterConfig(settings: StarterSettings): string {
  const { publicDomains, privateDomains, htpasswd, port, tls } = settings;
  const text = JSON.stringify;
  const list = (texts: readonly string[]): string =>
    `[${texts.map((text) => JSON.stringify(text)).join(', ')}]`;
  return `# The settings of dockpass. docs/settings.md describes all settings. You can also set each of them with an environment
# variable: for example, DOCKPASS_TOKENS_PULL_LIFETIME sets tokens.pullLifetime. Relative paths are relative to the
# folder of this file. To validate this file and to print the values of all settings, run: dockpass check --show

# Anyone may pull under these domains, without a login. All other domains are private. The * in *.pub.example.com stands
# for exactly one label, as in certificates. A domain without a port covers all ports.
publicDomains: ${list(publicDomains)}
# The repositories that anyone may pull under the public domains. * matches within a path segment, and ** matches across
# segments.
publicRepositories: ["**"]
# The page under https://PUBLIC-DOMAIN/auth/ lists these repositories, with this title and text. false hides the page.
publicCatalog: true
publicCatalogTitle: Container images
publicCatalogText: ""

# These two settings must have the same values in the auth.token section of the registry (registry-config.yml).
service: registry
issuer: dockpass

# listen: the address of the token server, which only the edge (reverse proxy) needs to reach. operations: the address
# of /healthz, /readyz and /metrics.
listen: ${text(settings.listen)}
operations: { listen: ${text(settings.operationsListen)} }

# The proxies whose Host and X-Forwarded-For headers dockpass trusts: addresses, networks, loopback (this machine) or
# private (private networks).
trustedProxies: [loopback]
# The URL under which clients reach the registry. Set externalUrl only if a proxy in front of dockpass cannot pass on
# the Host header. dockpass then treats every request as a request to the host in this URL.
externalUrl: null

# The URLs of the registries, for lists of repositories, "dockpass doctor", "dockpass repo" and "dockpass keys rotate --authority". If the list
# is empty, these commands use the registry that "dockpass up" starts.
registries: []
# database: the path of a SQLite file, or a postgres:// URL, which several servers can share. databaseStaleness: how
# long dockpass uses cached data if it cannot reach PostgreSQL. databaseOwnership: if it is set to require, dockpass does
# not start while another role could run code in the PostgreSQL database with the rights of dockpass.
database: data/dockpass.db
databaseStaleness: 30s
databaseOwnership: warn
# The password for the postgres:// URL. To keep the password out of this file, set DOCKPASS_DATABASE_PASSWORD_FILE.
databasePassword: null
# If true, dockpass does not start while other users of this machine can change its keys or data. "dockpass doctor" says
# what to change.
strictPermissions: false
# keep: how long the audit log stores events. maxEvents: how many events the audit log stores at most.
audit: { keep: 90d, maxEvents: 10000000 }
# The signing keys. The registry trusts their certificate authority (rootcertbundle.pem), so that signing keys can
# change without a registry restart. mode: x5c, or kid for registries that are configured with jwks. authority: the
# files of your own certificate authority. If they are null, dockpass creates a certificate authority.
keys:
  directory: keys
  algorithm: ES256
  mode: x5c
  leafLifetime: 90d
  rotateBefore: 30d
  authority: { certificate: null, key: null, passphrase: null, requireDedicated: false }
  # If secret is null, the keys are files in the directory above. If it is set to a text of at least 32 characters, the
  # keys are stored in the database, encrypted with this secret.
  secret: null

# How long registry tokens are valid. The registry checks a token when a request starts. If pushLifetime is too short,
# large pushes fail.
tokens:
  pullLifetime: 5m
  pushLifetime: 1h
  refresh: { enabled: true, idle: 30d, absolute: 180d }

passwords: { minLength: 15, remember: 60s }
# The role of a new user, if none is given: none, reader, writer or admin.
users: { defaultRole: writer }
# htpasswd: the htpasswd file of an existing registry, whose users with bcrypt passwords can log in. htpasswdRole: the
# role of these users: none, reader, writer or admin.
htpasswd: ${text(htpasswd)}
htpasswdRole: writer
# What clients list: own is what each may pull. With admins or users, these list all repositories.
catalog: own
# Rules in addition to roles and grants, such as - { allow: [pull, push], to: [users], on: ["\${user}/**"] }. See
# docs/rights.md.
policy: []
# Trust rules, by which CI jobs and pods log in with the JWT of their platform, without a stored secret. See
# docs/trust.md. "dockpass trust add" adds rules to the database instead.
trust: []

# The registry sends its events to this address, so that dockpass can count pulls and pushes ("dockpass usage").
# registry-config.yml contains the address and the secret too. If secret is null, "dockpass serve" receives no events.
# keepRaw: how long single events are stored. Their counts are never removed.
events: { listen: ${text(settings.eventsListen)}, secret: ${text(settings.eventsSecret)}, keepRaw: 30d }

# Rules that remove images that no one needs, such as - { on: ["ci/**"], keep: { newest: 20, pulledWithin: 30d }, untagged:
# 7d }. "dockpass retention plan" shows what they would delete. See docs/retention.md.
retention: []
# at: a cron expression such as "0 3 * * *" (local time), when dockpass makes a plan and writes it to the audit log. apply:
# if true, it also applies the plan.
retentionSchedule: { at: null, apply: false }
# Tags that no one can overwrite, such as "release/**:v*" (REPOSITORY:TAG). The edge needs a new file if the first one is
# added. See docs/immutable-tags.md.
immutableTags: []
# When "dockpass up" frees the disk space of deleted images: a cron expression in local time, such as "0 4 * * 0"
# (Sundays at 4:00). Pushes have to wait for it, and pulls go on.
gc: { at: null }
# The folder in which "dockpass writes stop" creates the file that makes the edge stop pushes. If it is null, the folder
# is "writes" in up.directory.
writes: { directory: ${text(settings.writesDirectory)} }

# Settings for "dockpass up", which runs registry, edge and token server together.
up:
  port: ${port}
  # The certificate: self-signed, acme (needs Caddy and the ports 80 and 443), CERTIFICATE,KEY (the paths of two PEM
  # files), or off (no TLS, for use behind a TLS proxy).
  tls: ${JSON.stringify(tls)}
  directory: data/up
  storage: data/registry
  registryListen: ${text(settings.registryListen)}
  # The private domains for certificates, for the edge configurations of "dockpass init", and for printed instructions.
  # This list gives no rights: every domain that is not in publicDomains is private, with or without an entry here.
  privateDomains: ${list(privateDomains)}
`;
}

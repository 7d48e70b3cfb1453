import { formatListen, localAddressOf, type ListenAddress } from '../net/listen-address.ts';

/** The settings of a registry that delegates authorization to dockpass. */
export interface RegistrySettings {
  readonly service: string;
  readonly issuer: string;
  /** Path of the PEM file with the CA certificate of dockpass's signing keys. */
  readonly rootCertBundle: string;
  /**
   * The base URL of the realm, if the realm is fixed. A fixed realm is needed if a proxy in front of the registry
   * cannot pass on the Host header. If undefined, the registry takes the host of the realm from the Host header of each
   * request.
   */
  readonly externalUrl: URL | undefined;
  readonly listen: ListenAddress;
  /**
   * The directory in which the registry stores images. Undefined if environment variables configure another storage
   * driver than `filesystem`.
   */
  readonly storage: string | undefined;
  readonly delete: boolean;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  /** Where the registry sends its events. Undefined if the file does not configure this. */
  readonly events?: EventsEndpoint | undefined;
}

/** The address at which dockpass receives the events of the registry. */
export interface EventsEndpoint {
  readonly url: string;
  /** The setting `events.secret`. */
  readonly secret: string;
}

/**
 * The settings with which the example file registry-config.yml is rendered. This file is in the repository and in the
 * npm package.
 */
export const defaultRegistrySettings: RegistrySettings = {
  service: 'registry',
  issuer: 'dockpass',
  rootCertBundle: '/etc/dockpass/keys/rootcertbundle.pem',
  externalUrl: undefined,
  listen: { host: '127.0.0.1', port: 5000 },
  storage: '/var/lib/registry',
  delete: false,
  logLevel: 'info',
};

/** Renders the configuration file of a registry, in YAML. Registry 2.8 and 3 both accept it. */
export function renderRegistryConfig(settings: RegistrySettings): string {
  const text = JSON.stringify;
  const realm =
    settings.externalUrl === undefined ? undefined : new URL('/auth/token', settings.externalUrl).href;
  return `# The configuration of a registry (distribution 2.8, 3.0 or newer) that delegates authorization to dockpass.
# To try this file, run: registry serve registry-config.yml
# All settings: https://distribution.github.io/distribution/about/configuration/
version: 0.1

log:
  level: ${settings.logLevel}
  accesslog:
    # The access log is not needed: the audit log of dockpass records which user requested what.
    disabled: true

storage:
${settings.storage === undefined ? '  # The environment configures the storage driver (REGISTRY_STORAGE…).' : `  filesystem:\n    rootdirectory: ${text(settings.storage)}`}
  delete:
    # If true, users with the right \`delete\` can delete images. To free the disk space of deleted images, run
    # "dockpass gc".
    enabled: ${settings.delete}
  # Do not configure \`cache\`: after garbage collection, the registry would take deleted layers for present, and images
  # that are pushed later would be incomplete.

http:
  # Clients do not connect to this address. They connect to the edge (nginx, Caddy, Traefik), which sends /v2/ to it.
  addr: ${text(formatListen(settings.listen))}
  # URLs in answers have no host, so that no header can send a client to another server.
  relativeurls: true
  # After SIGTERM, open requests have this long to finish.
  draintimeout: 30s
  headers:
    X-Content-Type-Options: [nosniff]

auth:
  token:
    # \`service\` and \`issuer\` must have the same values as in dockpass.yml.
    service: ${text(settings.service)}
    issuer: ${text(settings.issuer)}
    # The CA certificate of the signing keys. dockpass writes this file; the registry reads it once, at its start. When
    # dockpass rotates its signing keys, the CA stays the same.
    rootcertbundle: ${text(settings.rootCertBundle)}
${
  realm === undefined
    ? `    # The registry tells each client to get a token at https://HOST/auth/token, where HOST is the host name that the
    # client used. Therefore one registry can have public and private domains. The registry requires the setting
    # \`realm\`, but ignores its value because of \`autoredirect\`.
    autoredirect: true
    realm: https://localhost:5001/auth/token`
    : `    # The realm is fixed (\`externalUrl\` in dockpass.yml), because the proxy cannot pass on the Host header.
    autoredirect: false
    realm: ${text(realm)}`
}

health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
${settings.events === undefined ? '' : `\n${renderNotifications(settings.events)}`}`;
}

function renderNotifications(events: EventsEndpoint): string {
  const [{ name, url, headers, timeout, threshold, backoff, ignore }] = notificationEndpoints(events);
  const text = JSON.stringify;
  return `notifications:
  events:
    # Events about an index contain what is in it, so that dockpass can tell a pull of an image for one platform from a
    # pull by digest.
    includereferences: true
  endpoints:
    # dockpass counts pulls and pushes (dockpass usage). The secret is \`events.secret\` in dockpass.yml.
    - name: ${name}
      url: ${text(url)}
      headers:
        Authorization: ${text(headers.Authorization)}
      timeout: ${timeout}
      threshold: ${threshold}
      backoff: ${backoff}
      ignore:
        # Layers: a large push would send thousands of events.
        mediatypes: ${text(ignore.mediatypes)}
`;
}

/** The value of `notifications.endpoints`. Registry 2.8 and 3 both accept it. */
export function notificationEndpoints({ url, secret }: EventsEndpoint) {
  return [
    {
      name: 'dockpass',
      url,
      headers: { Authorization: [`Bearer ${secret}`] },
      timeout: '5s',
      // After this many failures, the registry waits for the time of `backoff` before it tries again.
      threshold: 3,
      backoff: '1s',
      ignore: { mediatypes: ['application/octet-stream'] },
    },
  ] as const;
}

/** Returns the URL of the events of a server that listens at this address, for a registry on the same machine. */
export function eventsUrl(listen: ListenAddress): string {
  return `http://${formatListen(localAddressOf(listen))}/events`;
}

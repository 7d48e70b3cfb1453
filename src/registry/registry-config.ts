import { formatListen, type ListenAddress } from '../net/listen-address.ts';

/** What a registry must know to leave authorization to dockpass. */
export interface RegistrySettings {
  readonly service: string;
  readonly issuer: string;
  /** PEM file of the authority that dockpass's keys hang from. */
  readonly rootCertBundle: string;
  /** A fixed realm, where an outer proxy cannot pass the Host on. Undefined: the realm follows the Host. */
  readonly externalUrl: URL | undefined;
  readonly listen: ListenAddress;
  /** Folder of the images. Undefined where the environment names another storage driver. */
  readonly storage: string | undefined;
  readonly delete: boolean;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
}

/** What registry-config.yml at the top of the repository and in the package is rendered from. */
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

/** The registry's YAML; one text for registry 2.8 and 3. */
export function renderRegistryConfig(settings: RegistrySettings): string {
  const text = JSON.stringify;
  const realm =
    settings.externalUrl === undefined ? undefined : new URL('/auth/token', settings.externalUrl).href;
  return `# A registry (distribution 2.8, 3.0 and newer) that leaves authorization to dockpass.
# Try it: registry serve registry-config.yml      Every key: https://distribution.github.io/distribution/about/configuration/
version: 0.1

log:
  level: ${settings.logLevel}
  accesslog:
    # The edge in front and dockpass's audit log know who did what.
    disabled: true

storage:
${settings.storage === undefined ? '  # The driver is named in the environment (REGISTRY_STORAGE…).' : `  filesystem:\n    rootdirectory: ${text(settings.storage)}`}
  delete:
    # Deleting by digest, for those whom dockpass lets. Space comes back with: registry garbage-collect registry-config.yml
    enabled: ${settings.delete}
  cache:
    blobdescriptor: inmemory

http:
  # Loopback: clients come by the edge (nginx, Caddy, Traefik), which passes /v2/ to this address.
  addr: ${text(formatListen(settings.listen))}
  # Locations without a host, so that no header can send a client elsewhere.
  relativeurls: true
  # After SIGTERM, requests under way get this long to finish.
  draintimeout: 30s
  headers:
    X-Content-Type-Options: [nosniff]

auth:
  token:
    # Both must say what dockpass.yml says under \`service\` and \`issuer\`.
    service: ${text(settings.service)}
    issuer: ${text(settings.issuer)}
    # Written by dockpass, read once at start: its signing keys change under this authority, the authority does not.
    rootcertbundle: ${text(settings.rootCertBundle)}
${
  realm === undefined
    ? `    # The realm that a client is sent to follows the Host it used: https://HOST/auth/token. This makes one registry
    # public under one name and private under the others. Then \`realm\` counts for nothing, but has to be there.
    autoredirect: true
    realm: https://localhost:5001/auth/token`
    : `    # One fixed realm, for an outer proxy that cannot pass the Host on (\`externalUrl\` in dockpass.yml).
    autoredirect: false
    realm: ${text(realm)}`
}

health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
`;
}

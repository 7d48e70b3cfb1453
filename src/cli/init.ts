import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { systemClock } from '../clock.ts';
import { loadConfig, type Config } from '../config/load.ts';
import { formatListen } from '../config/listen.ts';
import { schema } from '../config/schema.ts';
import { renderCaddy } from '../edge/caddy.ts';
import type { Edge, EdgeTls } from '../edge/edge.ts';
import { renderNginxSite } from '../edge/nginx.ts';
import { renderTraefik, renderTraefikStatic } from '../edge/traefik.ts';
import { DockpassError } from '../errors.ts';
import { replaceFile } from '../keys/key-files.ts';
import { rootCertBundleFile } from '../keys/key-settings.ts';
import { withKeyRing } from '../compose-keys.ts';
import { openKeyRing } from '../keys/open-key-ring.ts';
import { defaultRegistrySettings, renderRegistryConfig } from '../registry/registry-config.ts';
import { edgeOf } from '../up/edge-part.ts';
import { certificateNames } from '../up/names.ts';
import { selfSignedTls } from '../up/self-signed.ts';
import { say } from './output.ts';
import { renderStarterConfig } from './starter-config.ts';
import { collect } from './up.ts';

type EdgeKind = 'nginx' | 'caddy' | 'traefik';

interface InitOptions {
  readonly publicDomain?: readonly string[];
  readonly privateDomain?: readonly string[];
  readonly edge: EdgeKind;
  readonly port?: string;
  readonly tls: string;
  readonly out: string;
}

/** What each edge's file is called, and how it is put to use. */
const edgeFiles: Readonly<Record<EdgeKind, { readonly names: readonly string[]; readonly use: string }>> = {
  nginx: {
    names: ['dockpass-nginx.conf'],
    use: 'include it in the http block of your nginx (/etc/nginx/conf.d/), then: nginx -t && nginx -s reload',
  },
  caddy: { names: ['Caddyfile'], use: 'caddy run --adapter caddyfile --config Caddyfile' },
  traefik: {
    names: ['traefik.yml', 'traefik-dockpass.yml'],
    use: 'traefik --configFile=traefik.yml; a Traefik that runs already takes traefik-dockpass.yml alone',
  },
};

export function initCommand(): Command {
  return new Command('init')
    .description("writes dockpass.yml, registry-config.yml and the edge's file, each ready to be used")
    .option('--public-domain <domain>', 'a name under which anyone may pull; may be given again', collect)
    .option('--private-domain <domain>', 'a name to log in, pull and push under; may be given again', collect)
    .addOption(
      new Option('--edge <edge>', 'what stands in front').choices(Object.keys(edgeFiles)).default('caddy'),
    )
    .option('--port <port>', 'where the edge listens (else 5001)')
    .option('--tls <how>', 'self-signed, CERTIFICATE,KEY (two PEM files) or off', 'self-signed')
    .option('--out <folder>', 'where to write', '.')
    .action(async (options: InitOptions) => {
      const folder = resolve(options.out);
      const config = await configFrom(options, folder);
      refuseToOverwrite(folder, ['dockpass.yml', 'registry-config.yml', ...edgeFiles[options.edge].names]);
      const edge = { ...edgeOf(config, await tlsFiles(options.tls, config, folder)), ...namesOf(config) };
      // The registry reads the bundle when it starts, so it has to be there first.
      await makeKeys(config);

      const files = {
        'dockpass.yml': starter(options, config),
        'registry-config.yml': registryConfig(config),
        ...edgeConfig(options.edge, edge, folder),
      };
      for (const [name, text] of Object.entries(files)) await replaceFile(join(folder, name), text, 0o644);
      say(`written to ${folder}: ${Object.keys(files).join(', ')}, and the keys. Next:`);
      for (const line of nextLines(options.edge, folder)) say(`  ${line}`);
    });
}

/**
 * Flags, and what the environment says beside them (addresses, above all), so that the files agree with what `serve`
 * and `up` do in the same environment. No dockpass.yml is read: one is about to be written.
 * @throws DockpassError `bad_usage`, `bad_configuration`
 */
function configFrom(options: InitOptions, folder: string): Promise<Config> {
  const publicDomains = options.publicDomain ?? [];
  const privateDomains = options.privateDomain ?? [];
  const read = schema.safeParse({
    publicDomains,
    up: { privateDomains, ...(options.port !== undefined && { port: options.port }) },
  });
  if (!read.success)
    throw new DockpassError(
      'bad_usage',
      read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
    );
  return loadConfig({
    file: null,
    environment: process.env,
    flags: {
      publicDomains,
      'keys.directory': join(folder, 'keys'),
      'up.privateDomains': privateDomains,
      'up.port': options.port,
      'up.directory': join(folder, 'data/up'),
      'up.storage': join(folder, 'data/registry'),
    },
  });
}

/** The database that the folder will use is not there yet; one that keeps keys has to be. */
async function makeKeys(config: Config): Promise<void> {
  if (config.keys.secret === null) await openKeyRing(config.keys, systemClock);
  else await withKeyRing(config, systemClock, () => {});
}

/** @throws DockpassError `already_exists` */
function refuseToOverwrite(folder: string, names: readonly string[]): void {
  const found = names.map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (found.length > 0) {
    throw new DockpassError(
      'already_exists',
      `nothing was written, because ${found.join(' and ')} would be overwritten: move what is there away, or give another --out`,
    );
  }
}

async function tlsFiles(text: string, config: Config, folder: string): Promise<EdgeTls> {
  if (text === 'off') return { kind: 'off' };
  if (text === 'self-signed') {
    const { server } = await selfSignedTls(join(folder, 'tls'), certificateNames(config), systemClock);
    return { kind: 'files', certificate: server, key: server };
  }
  const [certificate = '', key = '', ...more] = text.split(',').map((path) => resolve(path.trim()));
  if (key !== '' && more.length === 0) return { kind: 'files', certificate, key };
  throw new DockpassError(
    'bad_usage',
    `--tls ${text}: give self-signed, off, or CERTIFICATE,KEY (two PEM files)`,
  );
}

/** Without a private name known, the edge must answer to all. */
function namesOf(config: Config): { names?: readonly string[] } {
  return config.up.privateDomains.length === 0 ? { names: [] } : {};
}

function starter(options: InitOptions, config: Config): string {
  const tls = options.tls.includes(',')
    ? options.tls
        .split(',')
        .map((path) => resolve(path.trim()))
        .join(',')
    : options.tls;
  return renderStarterConfig({
    publicDomains: options.publicDomain ?? [],
    privateDomains: options.privateDomain ?? [],
    listen: formatListen(config.listen),
    operationsListen: formatListen(config.operations.listen),
    registryListen: formatListen(config.up.registryListen),
    port: config.up.port,
    tls,
  });
}

function registryConfig(config: Config): string {
  return renderRegistryConfig({
    ...defaultRegistrySettings,
    rootCertBundle: rootCertBundleFile(config.keys.directory),
    listen: config.up.registryListen,
    storage: config.up.storage,
  });
}

function edgeConfig(kind: EdgeKind, edge: Edge, folder: string): Record<string, string> {
  const [name = '', second = ''] = edgeFiles[kind].names;
  if (kind === 'nginx') return { [name]: renderNginxSite(edge) };
  if (kind === 'caddy') return { [name]: renderCaddy(edge) };
  return { [name]: renderTraefikStatic(edge, join(folder, second)), [second]: renderTraefik(edge) };
}

function nextLines(kind: EdgeKind, folder: string): string[] {
  const config = join(folder, 'dockpass.yml');
  return [
    `dockpass --config ${config} user add NAME`,
    `dockpass --config ${config} serve`,
    `registry serve ${join(folder, 'registry-config.yml')}    # or take its auth.token section into yours`,
    edgeFiles[kind].use,
    `or all of it at once: dockpass --config ${config} up`,
  ];
}

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { systemClock } from '../../clock.ts';
import { loadConfig, type Config } from '../../config/load.ts';
import { formatListen } from '../../net/listen-address.ts';
import { schema } from '../../config/schema.ts';
import type { EdgeTls } from '../../edge/edge.ts';
import { DockpassError } from '../../errors.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import { rootCertBundleFile } from '../../keys/key-settings.ts';
import { formatDomain } from '../../realm/domain.ts';
import { withKeyRing } from '../../admin/keys/key-store.ts';
import { openKeyRing } from '../../keys/open-key-ring.ts';
import { defaultRegistrySettings, renderRegistryConfig } from '../../registry/registry-config.ts';
import { readRunningRegistry, type RunningRegistry } from '../../registry/running-registry.ts';
import { edgeOf } from '../../up/programs/edge.ts';
import { certificateNames } from '../../up/domain-names.ts';
import { selfSignedTls, tlsDirectory } from '../../up/tls/self-signed.ts';
import { edgeFileNames, edgeFiles, edgeFileUse, edgeKinds } from '../init/edge-files.ts';
import { askInitQuestions, type InitAnswers } from '../init/questions.ts';
import { say } from '../output.ts';
import { renderStarterConfig } from '../init/starter-config.ts';
import { collectOption } from './up.ts';

type InitOptions = Partial<InitAnswers> & { readonly out: string };

export function initCommand(): Command {
  return new Command('init')
    .description("writes dockpass.yml, registry-config.yml and the edge's file, each ready to be used")
    .option(
      '--public-domain <domain>',
      'a name under which anyone may pull; may be given again',
      collectOption,
    )
    .option(
      '--private-domain <domain>',
      'a name to log in, pull and push under; may be given again',
      collectOption,
    )
    .addOption(new Option('--edge <edge>', 'what stands in front (else caddy)').choices(edgeKinds))
    .option('--port <port>', 'where the edge listens (else 5001)')
    .option('--tls <how>', 'self-signed (the default), CERTIFICATE,KEY (two PEM files) or off')
    .option(
      '--registry-config <file>',
      "a registry that runs already: its own file, in which dockpass's auth section is put",
    )
    .option('--htpasswd <file>', 'its users, who log in as before (else those that --registry-config names)')
    .option('--out <folder>', 'where to write', '.')
    .addHelpText('after', '\nAt a terminal and without any of these, it asks.')
    .action(async ({ out, ...flags }: InitOptions) => {
      const asks = Object.keys(flags).every((flag) => flag === 'config') && process.stdin.isTTY;
      const wishes = asks ? await askInitQuestions() : wishesOf(flags);
      await write(wishes, resolve(out));
    });
}

function wishesOf(flags: Partial<InitAnswers>): InitAnswers {
  return {
    publicDomain: flags.publicDomain ?? [],
    privateDomain: flags.privateDomain ?? [],
    edge: flags.edge ?? 'caddy',
    port: flags.port,
    tls: flags.tls ?? 'self-signed',
    registryConfig: flags.registryConfig,
    htpasswd: flags.htpasswd,
  };
}

/** Everything is read and looked at before the first file is written. */
async function write(wishes: InitAnswers, folder: string): Promise<void> {
  const running =
    wishes.registryConfig === undefined
      ? undefined
      : await readRunningRegistry(resolve(wishes.registryConfig));
  const config = await configFrom(wishes, folder, running);
  refuseToOverwrite(folder, ['dockpass.yml', 'registry-config.yml', ...edgeFileNames(wishes.edge)]);
  const edge = { ...edgeOf(config, await tlsFiles(wishes.tls, config)), ...namesOf(config) };
  // The registry reads the bundle when it starts, so it has to be there first.
  await makeKeys(config);

  const texts = {
    'dockpass.yml': starter(wishes, config),
    'registry-config.yml': registryConfig(config, running),
    ...edgeFiles(wishes.edge, edge, folder),
  };
  for (const [name, text] of Object.entries(texts)) {
    const mode = name === 'registry-config.yml' ? (running?.mode ?? 0o644) : 0o644;
    await replaceFile(join(folder, name), text, mode);
  }
  say(`written to ${folder}: ${Object.keys(texts).join(', ')}, and the keys. Next:`);
  for (const line of nextLines(wishes, folder, running)) say(`  ${line}`);
}

/**
 * Flags, and what the environment says beside them (addresses, above all), so that the files agree with what `serve`
 * and `up` do in the same environment. No dockpass.yml is read: one is about to be written.
 * @throws DockpassError `bad_usage`, `bad_configuration`
 */
function configFrom(
  wishes: InitAnswers,
  folder: string,
  running: RunningRegistry | undefined,
): Promise<Config> {
  const { publicDomain: publicDomains, privateDomain: privateDomains, port } = wishes;
  const read = schema.safeParse({
    publicDomains,
    up: { privateDomains, ...(port !== undefined && { port }) },
  });
  if (!read.success)
    throw new DockpassError(
      'bad_usage',
      read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'),
    );
  const users = wishes.htpasswd === undefined ? running?.htpasswd : resolve(wishes.htpasswd);
  return loadConfig({
    file: null,
    environment: process.env,
    flags: {
      publicDomains: givenOrElse(publicDomains),
      htpasswd: users,
      'keys.directory': join(folder, 'keys'),
      'up.privateDomains': givenOrElse(privateDomains),
      'up.port': port,
      'up.directory': join(folder, 'data/up'),
      'up.storage': join(folder, 'data/registry'),
      'up.registryListen': running === undefined ? undefined : formatListen(running.listen),
    },
  });
}

/** No flag: the environment may name them. */
function givenOrElse(domains: readonly string[]): readonly string[] | undefined {
  return domains.length > 0 ? domains : undefined;
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

async function tlsFiles(text: string, config: Config): Promise<EdgeTls> {
  if (text === 'off') return { kind: 'off' };
  if (text === 'self-signed') {
    const { server } = await selfSignedTls(tlsDirectory(config), certificateNames(config), systemClock);
    return { kind: 'files', certificate: server, key: server };
  }
  const [certificate = '', key = '', ...more] = pathsIn(text);
  if (key !== '' && more.length === 0) return { kind: 'files', certificate, key };
  throw new DockpassError(
    'bad_usage',
    `--tls ${text}: give self-signed, off, or CERTIFICATE,KEY (two PEM files)`,
  );
}

function pathsIn(text: string): string[] {
  return text.split(',').map((path) => resolve(path.trim()));
}

/** Without a private name known, the edge must answer to all. */
function namesOf(config: Config): { names?: readonly string[] } {
  return config.up.privateDomains.length === 0 ? { names: [] } : {};
}

function starter({ tls }: InitAnswers, config: Config): string {
  return renderStarterConfig({
    publicDomains: config.publicDomains.map(formatDomain),
    privateDomains: config.up.privateDomains.map(formatDomain),
    listen: formatListen(config.listen),
    operationsListen: formatListen(config.operations.listen),
    registryListen: formatListen(config.up.registryListen),
    htpasswd: config.htpasswd,
    port: config.up.port,
    tls: tls.includes(',') ? pathsIn(tls).join(',') : tls,
  });
}

function registryConfig(config: Config, running: RunningRegistry | undefined): string {
  const settings = {
    ...defaultRegistrySettings,
    rootCertBundle: rootCertBundleFile(config.keys.directory),
    listen: config.up.registryListen,
    storage: config.up.storage,
  };
  return running === undefined ? renderRegistryConfig(settings) : running.withDockpass(settings);
}

function nextLines(
  { edge, registryConfig }: InitAnswers,
  folder: string,
  running?: RunningRegistry,
): string[] {
  const config = join(folder, 'dockpass.yml');
  const written = join(folder, 'registry-config.yml');
  return [
    `dockpass --config ${config} user add NAME`,
    `dockpass --config ${config} serve`,
    registryConfig === undefined
      ? `registry serve ${written}    # or take its auth.token section into yours`
      : `put ${written} in the place of ${registryConfig}, and restart the registry`,
    ...(running?.hasTls === true
      ? ['the registry speaks plain HTTP from then on: the edge has the certificate']
      : []),
    edgeFileUse(edge),
    `or all of it at once: dockpass --config ${config} up`,
  ];
}

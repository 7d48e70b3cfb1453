import { hostname } from 'node:os';
import type { Command } from 'commander';
import type { Config } from '../../config/load.ts';
import type { RunningServer } from '../../config/running-settings.ts';
import { showConfigAsJson } from '../../config/show.ts';
import { messageOf } from '../../errors.ts';
import { formatListen, localAddressOf } from '../../net/listen-address.ts';
import { formatDomain } from '../../realm/domain.ts';
import { configuredRegistries } from '../../registry/configured-registries.ts';
import { writesFolder } from '../../writes/writes-folder.ts';
import { readWritesStop } from '../../writes/writes-stop.ts';
import type { JsonOption } from '../cli-command.ts';
import { configOf } from '../context.ts';
import { formatTime, print, printJson, printTable } from '../output.ts';
import { currentConfig } from '../running/current-config.ts';
import { formatDatabase } from '../running/existing-database.ts';
import { describeStop } from './writes.ts';

/** Prints which server runs on the database, where it listens, and which settings it uses. */
export async function showStatus({ json }: JsonOption, command: Command): Promise<void> {
  const { config, server } = await currentConfig(await configOf(command));
  const facts = [...(await factsOf(config, server)), ...(await writesOf(config)), ...placesOf(config)];
  if (json === true) {
    printJson({
      running: server !== undefined,
      ...Object.fromEntries(facts.map(([name, value]) => [toKey(name), value])),
      settings: showConfigAsJson(config),
    });
    return;
  }
  for (const [name, value] of facts) print(`${`${name}:`.padEnd(20)}${value}`);
  const given = showConfigAsJson(config).filter(({ origin }) => origin !== 'default');
  print('');
  print(given.length === 0 ? 'All settings have their defaults.' : 'Settings that are not defaults:');
  printTable(given.map(({ name, value, origin }) => ({ setting: name, value, from: origin })));
}

/** Converts the name of a fact to a JSON key: `token server` to `tokenServer`. */
function toKey(name: string): string {
  return name.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
}

type Facts = readonly (readonly [name: string, value: string])[];

async function factsOf(config: Config, server: RunningServer | undefined): Promise<Facts> {
  if (server === undefined) return [['server', 'not running']];
  const { program, version, host, pid, startedAt } = server;
  return [
    ['server', `dockpass ${program}`],
    ['version', version],
    ['process', `${pid} on ${host}`],
    ['since', formatTime(Math.floor(startedAt / 1000))],
    ['state', await readState(config, server)],
  ];
}

/** Says that pushes are stopped, since when and by whom. */
async function writesOf(config: Config): Promise<Facts> {
  const stop = await readWritesStop(writesFolder(config));
  if (stop === undefined) return [];
  const why = stop.reason === 'gc' ? ', for garbage collection' : '';
  return [['pushes', `stopped ${describeStop(stop)}${why}`]];
}

function placesOf(config: Config): Facts {
  const { publicDomains, up, listen, operations, externalUrl } = config;
  return [
    ['configuration', config.file ?? 'environment variables and defaults'],
    ['database', formatDatabase(config.database)],
    ['keys', config.keys.secret === null ? config.keys.directory : 'in the database'],
    ['token server', formatListen(listen)],
    ['operations', formatListen(operations.listen)],
    ['registry', configuredRegistries(config).map(String).join(', ')],
    ['edge', `port ${up.port}, ${up.tls === 'off' ? 'plain HTTP' : `TLS (${up.tls})`}`],
    ['public domains', publicDomains.map(formatDomain).join(', ') || 'none'],
    ['private domains', up.privateDomains.map(formatDomain).join(', ') || 'every other host name'],
    ...(externalUrl === null ? [] : [['external URL', externalUrl.href] as const]),
  ];
}

/** Asks a server on this machine whether it is ready. @returns its answer, or why there is none */
async function readState({ operations }: Config, { host }: RunningServer): Promise<string> {
  if (host !== hostname()) return 'unknown, because the server runs on another machine';
  const address = formatListen(localAddressOf(operations.listen));
  try {
    const answer = await fetch(`http://${address}/readyz`, { signal: AbortSignal.timeout(3000) });
    const { status, faults, warnings } = (await answer.json()) as {
      status: string;
      faults: readonly string[];
      warnings: readonly { message: string }[];
    };
    return [status, ...faults, ...warnings.map(({ message }) => message)].join('; ');
  } catch (error) {
    return `does not answer at ${address}: ${messageOf(error)}`;
  }
}

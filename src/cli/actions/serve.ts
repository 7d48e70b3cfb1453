import { once } from 'node:events';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { formatSetupLink, setupInvitation } from '../../admin/entry/setup-link.ts';
import { offerSetup } from '../../app/offer-setup.ts';
import { startTokenServer } from '../../app/server.ts';
import { systemClock } from '../../clock.ts';
import { environmentName, settingWithVariable } from '../../config/environment.ts';
import type { Config } from '../../config/load.ts';
import { reloadOnChange } from '../../config/reload-on-change.ts';
import { readFileStamp } from '../../files/file-stamp.ts';
import { formatListen } from '../../net/listen-address.ts';
import { ignoredServiceLinks } from '../../config/environment.ts';
import { describeServiceLinks } from '../../net/service-links.ts';
import { createLog } from '../../observe/log.ts';
import { ensurePortsFree, ensureWritable } from '../../up/preflight.ts';
import { configOf } from '../context.ts';
import { describeVersion } from '../version.ts';
import { stopWithNpx } from '../stop-with-npx.ts';
import { isPostgres } from '../../store/open-store.ts';

/** Runs the token server until a signal stops it. */
export async function serve(command: Command): Promise<void> {
  const config = await configOf(command);
  // Read now, so that a change of the file during the start is not missed.
  const configurationStamp = readFileStamp(config.file);
  await requireStartable(config);
  const log = createLog();
  const links = ignoredServiceLinks(process.env);
  if (links.length > 0) log.info(describeServiceLinks(links));
  stopWithNpx(process.env);
  const server = await startTokenServer(config, { log, program: { name: 'serve', describeVersion } });
  // A supervisor may stop the server as soon as it reads that it is ready. So listen for signals before that.
  const stopSignal = waitForStopSignal();
  log.info(
    `token server ready on ${formatListen(server.address)}, operations on ${formatListen(server.operations)}`,
  );
  const code = await offerSetup(server.store, systemClock, config, log);
  if (code !== undefined)
    log.info(`${setupInvitation} ${formatSetupLink(code, config.up.privateDomains, undefined)}`);
  let wasProtected = config.immutableTags.length > 0;
  const stopReloading = reloadOnChange(
    config,
    async () => {
      const reloaded = await server.reload(() => configOf(command));
      if (reloaded === undefined) return;
      const isProtected = reloaded.immutableTags.length > 0;
      if (isProtected && !wasProtected) {
        const { newEdgeFileNeeded } = await import('../init/edge-file-warnings.ts');
        log.warn(newEdgeFileNeeded);
      }
      wasProtected = isProtected;
    },
    configurationStamp,
  );
  const signal = await stopSignal;
  stopReloading();
  log.info(`${signal} received: finishing the requests in progress`);
  await server.close();
}

/**
 * Checks that the token server can write its directories and listen on its ports. Creates no file.
 * @throws DockpassError `data_directory`, `port_in_use`
 */
async function requireStartable({ database, keys, listen, operations }: Config): Promise<void> {
  await ensureWritable([
    { path: keys.directory, what: 'the key directory', setting: 'keys.directory' },
    ...(isPostgres(database)
      ? []
      : [{ path: dirname(database), what: 'the database directory', setting: 'database' }]),
  ]);
  const wanted = [
    {
      ...listen,
      what: 'the token server',
      variable: environmentName('listen'),
      fix: `Stop the program that uses this port, or set another port in ${settingWithVariable('listen')}.`,
    },
    {
      ...operations.listen,
      what: 'the operations port',
      variable: environmentName('operations.listen'),
      fix: `Stop the program that uses this port, or set another port in ${settingWithVariable('operations.listen')}.`,
    },
  ];
  await ensurePortsFree(
    wanted.filter(({ port }) => port !== 0),
    operations.listen,
  );
}

/** Waits until the process receives SIGTERM or SIGINT, and returns the name of the received signal. */
async function waitForStopSignal(): Promise<string> {
  const received = new AbortController();
  const signals = (['SIGTERM', 'SIGINT'] as const).map(async (name) => {
    await once(process, name, { signal: received.signal });
    return name;
  });
  const first = await Promise.race(signals);
  received.abort();
  await Promise.allSettled(signals);
  return first;
}

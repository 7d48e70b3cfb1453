import { once } from 'node:events';
import { dirname } from 'node:path';
import { Command } from 'commander';
import type { Config } from '../../config/load.ts';
import { formatListen } from '../../net/listen-address.ts';
import { configOf } from '../context.ts';
import { stopWithNpx } from '../stop-with-npx.ts';
import { reloadOnChange } from '../../config/reload-on-change.ts';

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the token server alone; makes keys and database where there are none')
    .action(async (_options: unknown, command: Command) => {
      const config = await configOf(command);
      await refuseWhatCannotStart(config);
      const [{ startTokenServer }, { createLog }] = await Promise.all([
        import('../../app/server.ts'),
        import('../../observe/log.ts'),
      ]);
      const log = createLog();
      const server = await startTokenServer(config, { log });
      log.info(
        `token server ready on ${formatListen(server.address)}, operations on ${formatListen(server.operations)}`,
      );
      const letBe = reloadOnChange(config, () => server.reload(() => configOf(command)));
      stopWithNpx(process.env);
      const signal = await stopSignal();
      letBe();
      log.info(`${signal}: finishing the requests in flight`);
      await server.close();
    });
}

/** Before anything is made. @throws DockpassError `data_directory`, `port_in_use` */
async function refuseWhatCannotStart({ database, keys, listen, operations }: Config): Promise<void> {
  const { ensurePortsFree, ensureWritable } = await import('../../up/preflight.ts');
  await ensureWritable([
    { path: keys.directory, what: 'the key directory', setting: 'keys.directory' },
    ...(database.includes('://')
      ? []
      : [{ path: dirname(database), what: 'the database directory', setting: 'database' }]),
  ]);
  const wanted = [
    {
      ...listen,
      what: 'the token server',
      fix: 'Stop the program that uses it, or choose another port with listen.',
    },
    {
      ...operations.listen,
      what: 'the operations port',
      fix: 'Stop the program that uses it, or choose another port with operations.listen.',
    },
  ];
  await ensurePortsFree(wanted.filter(({ port }) => port !== 0));
}

async function stopSignal(): Promise<string> {
  const asked = new AbortController();
  const signals = (['SIGTERM', 'SIGINT'] as const).map(async (name) => {
    await once(process, name, { signal: asked.signal });
    return name;
  });
  const first = await Promise.race(signals);
  asked.abort();
  await Promise.allSettled(signals);
  return first;
}

import { once } from 'node:events';
import { Command } from 'commander';
import { formatListen } from '../config/listen.ts';
import { configOf } from './configuration.ts';
import { keepConfigured } from '../config/keep-configured.ts';

export function serveCommand(): Command {
  return new Command('serve')
    .description('run the token server alone; makes keys and database where there are none')
    .action(async (_options: unknown, command: Command) => {
      const config = await configOf(command);
      const [{ startServer }, { createLog }] = await Promise.all([
        import('../compose.ts'),
        import('../observe/log.ts'),
      ]);
      const log = createLog();
      const server = await startServer(config, { log });
      log.info(
        `token server ready on ${formatListen(server.address)}, operations on ${formatListen(server.operations)}`,
      );
      const letBe = keepConfigured(config, () => server.reload(() => configOf(command)));
      const signal = await stopSignal();
      letBe();
      log.info(`${signal}: finishing the requests in flight`);
      await server.close();
    });
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

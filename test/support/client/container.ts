import { afterwards } from '../run/afterwards.ts';
import type { Client } from './clients.ts';
import { keepText } from '../run/evidence.ts';
import { until } from '../process/ready.ts';
import { run, type Ran } from '../process/run.ts';

export interface Container {
  readonly id: string;
  /** Runs a command inside. */
  exec(args: readonly string[]): Promise<Ran>;
  logs(): Promise<string>;
  /** Until its health check (or `docker ps`, without one) says so. */
  untilHealthy(timeout?: number): Promise<void>;
  /** `docker stop`; its exit status: 0 is what stops cleanly. */
  stop(seconds?: number): Promise<number>;
}

/** `docker run --detach ARGS…` on the tests' engine; gone after the test, whatever it does. */
export async function startContainer(docker: Client, args: readonly string[]): Promise<Container> {
  return knownContainer(docker, (await docker.must(['run', '--detach', ...args])).stdout.trim());
}

/** A container that somebody else started, a recipe's `docker run --name` say; gone after the test, too. */
export function knownContainer(docker: Client, id: string): Container {
  // Not through the client: its directory may be gone before.
  const env = { DOCKER_HOST: docker.engineHost ?? '', HOME: '/nonexistent' };
  afterwards(async () => {
    const { output } = await run(docker.command, ['logs', id], { env });
    keepText('logs', output);
    await run(docker.command, ['rm', '--force', '--volumes', id], { env });
  });
  const inspect = async (format: string) =>
    (await docker.must(['inspect', '--format', format, id])).stdout.trim();
  return {
    id,
    exec: (command) => docker.run(['exec', id, ...command]),
    logs: async () => (await docker.must(['logs', id])).output,
    untilHealthy: async (timeout = 60_000) => {
      const format = '{{if .State.Health}}{{.State.Health.Status}}{{else}}{{.State.Status}}{{end}}';
      const ended = { is: false };
      await until(`container ${id.slice(0, 12)} to be healthy`, { timeout }, async () => {
        ended.is = (await inspect('{{.State.Running}}')) === 'false';
        if (ended.is) return true;
        return ['healthy', 'running'].includes(await inspect(format)) ? true : undefined;
      });
      if (ended.is) throw new Error(`the container ended\n${(await docker.must(['logs', id])).output}`);
    },
    stop: async (seconds = 15) => {
      await docker.must(['stop', '--time', String(seconds), id]);
      return Number(await inspect('{{.State.ExitCode}}'));
    },
  };
}

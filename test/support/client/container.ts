import { afterwards } from '../run/afterwards.ts';
import type { Client } from './clients.ts';
import { keepText } from '../run/evidence.ts';
import { until } from '../process/ready.ts';
import { run, type Ran } from '../process/run.ts';

export interface Container {
  readonly id: string;
  /** Runs a command inside the container. */
  exec(args: readonly string[]): Promise<Ran>;
  logs(): Promise<string>;
  /** Waits until the health check of the container succeeds. Without a health check, waits until the container runs. */
  untilHealthy(timeout?: number): Promise<void>;
  /**
   * Runs `docker stop`.
   * @returns the exit status of the container, which is 0 if it stopped cleanly
   */
  stop(seconds?: number): Promise<number>;
}

/** Options that run the health check of a container each second, so that a test does not wait the usual 5 seconds. */
export const fastChecks = ['--health-interval', '1s'] as const;

/** Runs `docker run --detach ARGS…` on the tests' engine. The container is removed after the test. */
export async function startContainer(docker: Client, args: readonly string[]): Promise<Container> {
  return knownContainer(docker, (await docker.must(['run', '--detach', ...args])).stdout.trim());
}

/**
 * Returns a handle for a container that was started elsewhere, for example by a `docker run --name` command on a
 * documentation page. The container is removed after the test.
 */
export function knownContainer(docker: Client, id: string): Container {
  // The clean-up does not use the client's own settings, because their directory may already be removed by then.
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
      if (ended.is)
        throw new Error(`the container stopped while starting\n${(await docker.must(['logs', id])).output}`);
    },
    stop: async (seconds = 15) => {
      await docker.must(['stop', '--time', String(seconds), id]);
      return Number(await inspect('{{.State.ExitCode}}'));
    },
  };
}

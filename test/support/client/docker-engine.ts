import { runPid } from '../run/environment.ts';
import { engineDirectory, engineLog, engineProcess, engineSocket, startEngine } from './engine-process.ts';
import { part } from '../run/parts.ts';
import { until } from '../process/ready.ts';
import { run } from '../process/run.ts';

/** A docker engine of the tests' own, shared by all files of a run. Commands for it: clients.ts. */
export interface DockerEngine {
  /** `unix://…`, what docker calls DOCKER_HOST. */
  readonly host: string;
  readonly directory: string;
}

/** The engine, answering; started by the first who asks, stopped at the end of the run (clean-up.ts). */
export async function dockerEngine(): Promise<DockerEngine> {
  const directory = engineDirectory(runPid);
  const host = `unix://${engineSocket(directory)}`;
  if (engineProcess(directory) === undefined) startEngine(directory, part('dockerd'));
  try {
    await until('the docker engine', {}, async () => {
      const { status } = await run(part('docker'), ['version'], { env: { DOCKER_HOST: host } });
      return status === 0 ? true : undefined;
    });
  } catch (cause) {
    throw new Error(`no docker engine\n${engineLog(directory)}`, { cause });
  }
  return { host, directory };
}

import { runPid } from '../run/environment.ts';
import {
  engineDirectory,
  engineLog,
  engineProcess,
  engineSocket,
  startEngine,
  type EngineName,
} from './engine-process.ts';
import { part } from '../run/parts.ts';
import { until } from '../process/ready.ts';
import { run } from '../process/run.ts';

/** A docker engine only for the tests, shared by all test files of a run. The clients that use it are in clients.ts. */
export interface DockerEngine {
  /** The address of the engine, `unix://…`. It is the value of DOCKER_HOST. */
  readonly host: string;
  readonly directory: string;
}

/**
 * Returns a docker engine when it answers requests. The first call of a run for an engine starts it, and clean-up.ts
 * stops it at the end of the run.
 */
export async function dockerEngine(name: EngineName = 'dockerd'): Promise<DockerEngine> {
  const directory = engineDirectory(runPid, name);
  const host = `unix://${engineSocket(directory)}`;
  if (engineProcess(directory) === undefined) startEngine(name, directory, part(name));
  try {
    await until(`the docker engine ${name}`, {}, async () => {
      const { status } = await run(part('docker'), ['version'], { env: { DOCKER_HOST: host } });
      return status === 0 ? true : undefined;
    });
  } catch (cause) {
    throw new Error(`the docker engine ${name} did not start\n${engineLog(directory)}`, { cause });
  }
  return { host, directory };
}

import { randomBytes } from 'node:crypto';
import { afterwards } from '../run/afterwards.ts';
import { part } from '../run/parts.ts';
import { mustRun } from '../process/run.ts';

/**
 * A network namespace for one process, with two virtual cables (veth pairs) to this machine: one for clients and one
 * for the database.
 */
export interface TestNetwork {
  readonly namespace: string;
  /** The address at which clients reach the process. */
  readonly address: string;
  /** The address of this machine at which the process reaches the database. */
  readonly databaseAddress: string;
  cutDatabase(): Promise<void>;
  reconnectDatabase(): Promise<void>;
}

/** Creates a network. Its addresses are reserved for benchmarks (RFC 2544), so no real network uses them. */
export async function testNetwork(): Promise<TestNetwork> {
  const id = randomBytes(3).toString('hex');
  const namespace = `dockpass-${id}`;
  const ip = (...args: string[]): Promise<unknown> => mustRun(part('ip'), args);
  await ip('netns', 'add', namespace);
  afterwards(() => ip('netns', 'del', namespace).then(() => undefined));
  const addCable = async (here: string, there: string, network: string): Promise<void> => {
    await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', namespace);
    await ip('addr', 'add', `${network}.1/24`, 'dev', here);
    await ip('link', 'set', here, 'up');
    await ip('-n', namespace, 'addr', 'add', `${network}.2/24`, 'dev', there);
    await ip('-n', namespace, 'link', 'set', there, 'up');
  };
  await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  await addCable(`dp-c-${id}`, 'clients', '198.18.0');
  await addCable(`dp-d-${id}`, 'database', '198.18.1');
  return {
    namespace,
    address: '198.18.0.2',
    databaseAddress: '198.18.1.1',
    cutDatabase: async () => void (await ip('link', 'set', `dp-d-${id}`, 'down')),
    reconnectDatabase: async () => void (await ip('link', 'set', `dp-d-${id}`, 'up')),
  };
}

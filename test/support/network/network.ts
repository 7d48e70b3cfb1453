import { randomBytes } from 'node:crypto';
import { afterwards } from '../run/afterwards.ts';
import { part } from '../run/parts.ts';
import { mustRun } from '../process/run.ts';

/** A network of its own for one process, with two cables to this machine: one for clients, one for the database. */
export interface TestNetwork {
  readonly namespace: string;
  /** The process's address on the clients' cable. */
  readonly address: string;
  /** This machine's address on the database's cable. */
  readonly databaseAddress: string;
  cutDatabase(): Promise<void>;
  mendDatabase(): Promise<void>;
}

/** Addresses of RFC 2544, which belong to no network. */
export async function testNetwork(): Promise<TestNetwork> {
  const id = randomBytes(3).toString('hex');
  const namespace = `dockpass-${id}`;
  const ip = (...words: string[]): Promise<unknown> => mustRun(part('ip'), words);
  await ip('netns', 'add', namespace);
  afterwards(() => ip('netns', 'del', namespace).then(() => undefined));
  const lay = async (here: string, there: string, network: string): Promise<void> => {
    await ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', namespace);
    await ip('addr', 'add', `${network}.1/24`, 'dev', here);
    await ip('link', 'set', here, 'up');
    await ip('-n', namespace, 'addr', 'add', `${network}.2/24`, 'dev', there);
    await ip('-n', namespace, 'link', 'set', there, 'up');
  };
  await ip('-n', namespace, 'link', 'set', 'lo', 'up');
  await lay(`dp-c-${id}`, 'clients', '198.18.0');
  await lay(`dp-d-${id}`, 'database', '198.18.1');
  return {
    namespace,
    address: '198.18.0.2',
    databaseAddress: '198.18.1.1',
    cutDatabase: async () => void (await ip('link', 'set', `dp-d-${id}`, 'down')),
    mendDatabase: async () => void (await ip('link', 'set', `dp-d-${id}`, 'up')),
  };
}

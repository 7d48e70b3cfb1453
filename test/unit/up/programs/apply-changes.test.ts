import { expect, test } from 'vitest';
import type { Config } from '../../../../src/config/load.ts';
import { schema } from '../../../../src/config/schema.ts';
import { noLog } from '../../../../src/observe/log.ts';
import { createReloader } from '../../../../src/up/programs/apply-changes.ts';
import type { EdgeProgram } from '../../../../src/up/programs/edge.ts';

function configWith(settings: object): Config {
  return { ...schema.parse(settings), file: undefined, origins: new Map(), given: '' };
}

/** Creates a reloader with a fake edge, which only records the signals that it receives. */
function reloaderFor(started: Config, changed: () => Config) {
  const signals: string[] = [];
  const warnings: string[] = [];
  const applied: Config[] = [];
  const prepare = async ({ publicDomains }: Config): Promise<EdgeProgram> => ({
    ...{ name: 'edge', command: 'nginx', args: [], env: {}, stopSignal: 'SIGQUIT' },
    text: JSON.stringify(publicDomains),
    reload: { kind: 'signal', signal: 'SIGHUP' },
  });
  const child = {
    name: 'edge',
    exited: new Promise<never>(() => {}),
    signal: (signal: string) => void signals.push(signal),
    stop: async () => undefined,
  };
  const server = {
    reload: async (load: () => Promise<Config>) => {
      const config = await load();
      applied.push(config);
      return config;
    },
  };
  const log = { ...noLog, warn: (message: string) => void warnings.push(message) };
  const create = async () =>
    createReloader(
      { config: started, reload: async () => changed(), log },
      server,
      { program: await prepare(started), child },
      prepare,
    );
  return { create, signals, warnings, applied };
}

test('reloads the edge only if its configuration has changed', async () => {
  const started = configWith({ publicDomains: ['a.example.com'] });
  let changed = configWith({ publicDomains: ['a.example.com'], catalog: 'users' });
  const { create, signals } = reloaderFor(started, () => changed);
  const applyChanges = await create();
  await applyChanges();
  expect(signals).toEqual([]);
  changed = configWith({ publicDomains: ['b.example.com'] });
  await applyChanges();
  await applyChanges();
  expect(signals).toEqual(['SIGHUP']);
});

test('keeps the settings that the registry reads only at its start, and logs them', async () => {
  const { create, warnings, applied } = reloaderFor(configWith({}), () => configWith({ service: 'other' }));
  await (
    await create()
  )();
  expect(applied.map(({ service }) => service)).toEqual(['registry']);
  expect(warnings).toEqual(['restart required to apply: service']);
});

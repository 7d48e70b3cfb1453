// A child process: changes users by the CLI's own code until it is killed, and tells its parent before and after each.

/** What a message to the parent says; `done` is an acknowledged change. */
export interface ChangeMessage {
  readonly step: 'doing' | 'done';
  readonly name: string;
  /** The state that the change leads to; undefined: removed. */
  readonly state: 'active' | 'disabled' | undefined;
}

// As built: it starts in half the time.
const { main } = (await import(
  new URL('../../../dist/main.js', import.meta.url).href
)) as typeof import('../../../src/main.ts');
const [config = '', prefix = ''] = process.argv.slice(2);

const tell = (message: ChangeMessage): Promise<void> =>
  new Promise((resolve) => process.send?.(message, () => resolve()));

async function change(
  verb: string,
  name: string,
  state: ChangeMessage['state'],
  ...more: string[]
): Promise<void> {
  await tell({ step: 'doing', name, state });
  await main(['node', 'dockpass', '--config', config, 'user', verb, name, ...more]);
  if (process.exitCode !== 0) throw new Error(`user ${verb} ended with ${process.exitCode}`);
  await tell({ step: 'done', name, state });
}

for (let at = 0; ; at++) {
  const name = `${prefix}-${at}`;
  await change('add', name, 'active', '--generate');
  await change('disable', name, 'disabled');
  if (at % 2 === 0) await change('enable', name, 'active');
  if (at % 3 === 0) await change('remove', name, undefined);
}

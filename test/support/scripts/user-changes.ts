// Runs as a child process. It changes users with the code of the CLI until it is killed, and sends a message to its
// parent before and after each change.

/** A message to the parent. `done` means that the change was acknowledged. */
export interface ChangeMessage {
  readonly step: 'doing' | 'done';
  readonly name: string;
  /** The state of the user after the change. Undefined if the user is removed. */
  readonly state: 'active' | 'disabled' | undefined;
}

// Import the build in dist/, because it starts in half the time.
const { runCli } = (await import(
  new URL('../../../dist/cli.js', import.meta.url).href
)) as typeof import('../../../src/cli/cli.ts');
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
  const status = await runCli(['node', 'dockpass', '--config', config, 'user', verb, name, ...more]);
  if (status !== 0) throw new Error(`user ${verb} returned status ${status}`);
  await tell({ step: 'done', name, state });
}

for (let at = 0; ; at++) {
  const name = `${prefix}-${at}`;
  await change('add', name, 'active', '--generate');
  await change('disable', name, 'disabled');
  if (at % 2 === 0) await change('enable', name, 'active');
  if (at % 3 === 0) await change('remove', name, undefined);
}

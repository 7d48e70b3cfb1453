import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { startChild, type ChildCommand } from '../../../src/up/process/child-process.ts';
import { systemUser, type SystemUser } from '../../../src/up/process/system-user.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// docker/separate-users.js starts the shells as other users, which only root can do (test/e2e/separate-users.test.ts).
// Here they run as the user of the test.

function startUser(): SystemUser {
  const shell = () =>
    spawn('/bin/sh', [], { stdio: 'pipe', detached: true, env: { PATH: process.env['PATH'] } });
  return systemUser({ uid: process.getuid?.() ?? 0, program: shell(), control: shell() });
}

function program(user: SystemUser, script: string, env: Record<string, string> = {}): ChildCommand {
  return {
    name: 'registry',
    command: process.execPath,
    args: ['-e', script],
    env,
    user,
    stopSignal: 'SIGTERM',
  };
}

test('a program gets exactly its environment, in its folder, and its exit is reported', async () => {
  const cwd = await temporaryDirectory("it's");
  const user = startUser();
  const env = { QUOTED: `it's "$HOME" \`id\` \\ \n end`, 'not.for-shells': 'yes' };
  const lines: string[] = [];
  const script = `console.log(JSON.stringify([process.cwd(), process.env])); process.exitCode = 3`;
  const child = startChild({ ...program(user, script, env), cwd }, (line) => lines.push(line));
  expect((await child.exited).message).toMatch(/exited \(code 3\); shutting down/);
  const [folder, variables] = JSON.parse(lines.join('').replace('registry | ', '')) as [string, object];
  expect(folder).toBe(cwd);
  expect(variables).toMatchObject(env);
  expect(variables).not.toHaveProperty('HOME');
  user.close();
});

test('a program receives signals, and stops', async () => {
  const user = startUser();
  const script = `
    process.on('SIGHUP', () => console.log('hung up'));
    process.on('SIGTERM', () => process.exit(0));
    setInterval(() => {}, 1000);
    console.log('ready');
  `;
  const { promise: isReady, resolve: ready } = Promise.withResolvers<undefined>();
  const { promise: isHungUp, resolve: hungUp } = Promise.withResolvers<undefined>();
  const child = startChild(program(user, script), (line) => {
    if (line.endsWith('ready')) ready(undefined);
    if (line.endsWith('hung up')) hungUp(undefined);
  });
  await isReady;
  child.signal('SIGHUP');
  await isHungUp;
  await child.stop();
  user.close();
});

test('a command that fails throws its output, and the next one can succeed', async () => {
  const user = startUser();
  const env = { PATH: process.env['PATH'] ?? '' };
  const failing = user.run(['sh', '-c', 'echo no permission >&2; exit 4'], { env });
  const next = user.run(['true'], { env });
  await expect(failing).rejects.toThrow(/^no permission$/);
  await next;
  user.close();
});

test('a signal reaches the program although a command is running', async () => {
  const user = startUser();
  const env = { PATH: process.env['PATH'] ?? '' };
  const sleeper = spawn('sleep', ['600']);
  const ended = new Promise((resolve) => sleeper.once('exit', (_code, signal) => resolve(signal)));
  const running = user.run(
    ['sh', '-c', `while kill -0 ${sleeper.pid ?? 0} 2>/dev/null; do sleep 0.05; done`],
    { env },
  );
  // Now the shell has received the command.
  await new Promise((resolve) => setImmediate(resolve));
  user.signal(sleeper.pid, 'SIGTERM');
  expect(await ended).toBe('SIGTERM');
  await running;
  user.close();
});

test('stopping does not wait without end if the shell that sends signals has ended', async () => {
  const control = spawn('/bin/sh', [], { stdio: 'pipe', detached: true });
  const shell = spawn('/bin/sh', [], { stdio: 'pipe', detached: true });
  const user = systemUser({ uid: 0, program: shell, control });
  const child = startChild(program(user, `console.log('ready'); setInterval(() => {}, 1000)`), () => {});
  control.kill('SIGKILL');
  await user.ended;
  await child.stop();
  process.kill(-(shell.pid ?? 0), 'SIGKILL');
  createInterface({ input: shell.stdout }).close();
  await expect(user.run(['true'], { env: {} })).rejects.toThrow(/has ended/);
});

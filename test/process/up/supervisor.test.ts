import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createSupervisor, StopRequested } from '../../../src/up/process/supervisor.ts';
import { waitUntilHealthy } from '../../../src/up/probes.ts';
import { startChild, type ChildCommand } from '../../../src/up/process/child-process.ts';
import { seeProcess } from '../../support/process/process-tree.ts';

function node(name: string, script: string): ChildCommand {
  return { name, command: process.execPath, args: ['-e', script], env: {}, stopSignal: 'SIGTERM' };
}

test('reports how a child process exited and its last output, without escape codes', async () => {
  const lines: string[] = [];
  const child = startChild(
    node('registry', 'console.error("bad \\x1b[31mluck\\x1b[2J"); process.exitCode = 3'),
    (line) => lines.push(line),
  );
  const error = await child.exited;
  expect(error).toMatchObject({ code: 'part_failed' });
  expect(error.message).toBe('node exited (code 3); shutting down. Last output:\n    bad luck\\x1b[2J');
  expect(lines).toEqual(['registry | bad luck\\x1b[2J']);
});

test('reports a program that cannot be started', async () => {
  const child = startChild({ ...node('edge', ''), command: '/nowhere/caddy' }, () => {});
  const { code, message } = await child.exited;
  expect(code).toBe('part_failed');
  expect(message).toMatch(/^caddy exited \(.+\); shutting down\./);
});

test('stops tasks in the reverse order of their start, each after the other has ended', async () => {
  const supervisor = createSupervisor();
  const stopped: string[] = [];
  for (const name of ['first', 'second'])
    supervisor.add({
      name,
      stop: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        stopped.push(name);
      },
    });
  process.emit('SIGTERM');
  await expect(supervisor.ended).rejects.toBeInstanceOf(StopRequested);
  await expect(supervisor.run(() => new Promise(() => {}))).rejects.toBeInstanceOf(StopRequested);
  await supervisor.stop();
  expect(stopped).toEqual(['second', 'first']);
});

test('stops all other tasks although one cannot be stopped, and then throws its error', async () => {
  const supervisor = createSupervisor();
  const stopped: string[] = [];
  supervisor.add({ name: 'token server', stop: async () => void stopped.push('token server') });
  supervisor.add({ name: 'edge', stop: () => Promise.reject(new Error('the edge hangs')) });
  await expect(supervisor.stop()).rejects.toThrow('the edge hangs');
  expect(stopped).toEqual(['token server']);
});

test('continues after a SIGHUP that does not come from a closed terminal', async () => {
  const supervisor = createSupervisor();
  process.emit('SIGHUP');
  expect(await supervisor.run(async () => 'continued')).toBe('continued');
  await supervisor.stop();
});

test('ends when a child process exits', async () => {
  const supervisor = createSupervisor();
  const child = startChild(node('edge', 'setTimeout(() => process.exit(1), 50)'), () => {});
  supervisor.add(child);
  await expect(supervisor.ended).rejects.toMatchObject({ code: 'part_failed' });
  await supervisor.stop();
});

test('kills what a child process itself started, once the child has exited', async () => {
  const lines: string[] = [];
  const worker = 'console.log("worker " + process.pid); setInterval(() => {}, 1000)';
  const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(worker)}], { stdio: 'inherit' })`;
  const child = startChild(node('edge', script), (line) => lines.push(line));
  await expect.poll(() => lines).toEqual([expect.stringMatching(/worker \d+$/)]);
  const pid = Number(lines[0]?.split(' ').at(-1));
  const master = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[3]);
  process.kill(master, 'SIGKILL');
  expect((await child.exited).message).toContain('node exited (SIGKILL)');
  // The kernel removes the killed process a moment later.
  await expect.poll(() => seeProcess(pid)).toBeUndefined();
});

test('stops probing when everything has ended', async () => {
  const supervisor = createSupervisor();
  let probeCount = 0;
  const probe = async (): Promise<string> => {
    if (probeCount++ === 0) process.emit('SIGTERM');
    return 'not yet';
  };
  let work: Promise<void> | undefined;
  const waiting = supervisor.run((signal) => (work = waitUntilHealthy('the edge', probe, signal)));
  await expect(waiting).rejects.toBeInstanceOf(StopRequested);
  await work;
  expect(probeCount).toBeLessThan(3);
  await supervisor.stop();
});

test('waits for a child process that finishes its work', async () => {
  const lines: string[] = [];
  const script =
    'process.on("SIGTERM", () => setTimeout(() => { console.log("finished"); process.exit(0) }, 100)); console.log("ready"); setInterval(() => {}, 1000)';
  const child = startChild(node('edge', script), (line) => lines.push(line));
  await expect.poll(() => lines).toEqual(['edge | ready']);
  await child.stop();
  expect(lines).toEqual(['edge | ready', 'edge | finished']);
});

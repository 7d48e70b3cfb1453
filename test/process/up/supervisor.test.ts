import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createSupervisor, StopRequested } from '../../../src/up/process/supervisor.ts';
import { untilAnswers } from '../../../src/up/probes.ts';
import { startChild, type ChildCommand } from '../../../src/up/process/child-process.ts';
import { seeProcess } from '../../support/process/process-tree.ts';

function node(name: string, script: string): ChildCommand {
  return { name, command: process.execPath, args: ['-e', script], env: {}, stopSignal: 'SIGTERM' };
}

it('tells how a part died and what it said last, without escape codes', async () => {
  const lines: string[] = [];
  const part = startChild(
    node('registry', 'console.error("bad \\x1b[31mluck\\x1b[2J"); process.exitCode = 3'),
    (line) => lines.push(line),
  );
  const error = await part.died;
  expect(error).toMatchObject({ code: 'part_failed' });
  expect(error.message).toBe(
    'the registry ended (status 3), so everything ends. It said last:\n    bad luck\\x1b[2J',
  );
  expect(lines).toEqual(['registry | bad luck\\x1b[2J']);
});

it('tells of a program that cannot be started', async () => {
  const part = startChild({ ...node('edge', ''), command: '/nowhere/caddy' }, () => {});
  expect((await part.died).code).toBe('part_failed');
});

it('stops parts in the order opposite to their start, each after the other is gone', async () => {
  const together = createSupervisor();
  const gone: string[] = [];
  for (const name of ['first', 'second']) together.add({ name, stop: async () => void gone.push(name) });
  process.emit('SIGTERM');
  await expect(together.end).rejects.toBeInstanceOf(StopRequested);
  await expect(together.during(() => new Promise(() => {}))).rejects.toBeInstanceOf(StopRequested);
  await together.stop();
  expect(gone).toEqual(['second', 'first']);
});

it('goes on after a SIGHUP that no closed terminal sent', async () => {
  const together = createSupervisor();
  process.emit('SIGHUP');
  expect(await together.during(async () => 'went on')).toBe('went on');
  await together.stop();
});

it('ends when a member dies', async () => {
  const together = createSupervisor();
  const part = startChild(node('edge', 'setTimeout(() => process.exit(1), 50)'), () => {});
  together.add(part);
  await expect(together.end).rejects.toMatchObject({ code: 'part_failed' });
  await together.stop();
});

it('takes along what a part started itself, once the part is gone', async () => {
  const lines: string[] = [];
  const worker = 'console.log("worker " + process.pid); setInterval(() => {}, 1000)';
  const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(worker)}], { stdio: 'inherit' })`;
  const part = startChild(node('edge', script), (line) => lines.push(line));
  await expect.poll(() => lines).toEqual([expect.stringMatching(/worker \d+$/)]);
  const pid = Number(lines[0]?.split(' ').at(-1));
  const master = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[3]);
  process.kill(master, 'SIGKILL');
  expect((await part.died).message).toContain('the edge ended (SIGKILL)');
  // The kernel takes a moment to bury it.
  await expect.poll(() => seeProcess(pid)).toBeUndefined();
});

it('does not go on asking a part when everything has ended', async () => {
  const together = createSupervisor();
  const asked = { times: 0 };
  const probe = async (): Promise<string> => {
    if (asked.times++ === 0) process.emit('SIGTERM');
    return 'not yet';
  };
  let work: Promise<void> | undefined;
  const waiting = together.during((giveUp) => (work = untilAnswers('the edge', probe, giveUp)));
  await expect(waiting).rejects.toBeInstanceOf(StopRequested);
  await work;
  expect(asked.times).toBeLessThan(3);
  await together.stop();
});

it('waits for a part that finishes its work', async () => {
  const lines: string[] = [];
  const script =
    'process.on("SIGTERM", () => setTimeout(() => { console.log("finished"); process.exit(0) }, 100)); console.log("ready"); setInterval(() => {}, 1000)';
  const part = startChild(node('edge', script), (line) => lines.push(line));
  await expect.poll(() => lines).toEqual(['edge | ready']);
  await part.stop();
  expect(lines).toEqual(['edge | ready', 'edge | finished']);
});

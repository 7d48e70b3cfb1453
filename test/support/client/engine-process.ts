import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment, runDirectory } from '../run/environment.ts';
import { descendantsOf, isAlive, seeProcess, untilGone, type Seen } from '../process/process-tree.ts';

// A docker engine beside the machine's own, if it has one: its own files, socket, containerd and bridge, and no
// iptables rules, so that nothing of it is left at the end. Published ports go through docker-proxy; containers reach
// the machine, not the internet (a build that needs npm says --network host).
// This file knows nothing of vitest: clean-up.ts stops the engine when the run is over, however it ended.

const bridge = 'dockpass0';
const bridgeAddress = '172.31.253.1/24';

/** The address of this machine as containers on the bridge see it. */
export const hostFromContainers = bridgeAddress.slice(0, bridgeAddress.indexOf('/'));

/** Where the engine of the vitest run with this process id lives. */
export function engineDirectory(runPid: number): string {
  return join(runDirectory(runPid), 'engine');
}

export function engineSocket(directory: string): string {
  return join(directory, 'd.sock');
}

/** The engine's process, if it runs. A pid file alone proves nothing: the number may be another's by now. */
export function engineProcess(directory: string): Seen | undefined {
  let pid: number;
  try {
    pid = Number(readFileSync(join(directory, 'd.pid'), 'utf8'));
  } catch {
    return undefined;
  }
  const seen = seeProcess(pid);
  return seen?.command.includes(directory) === true ? seen : undefined;
}

/** Starts the engine; it answers a moment later. Its log is DIRECTORY/log. */
export function startEngine(directory: string, dockerd: string): void {
  mkdirSync(directory, { recursive: true });
  setUpBridge();
  writeFileSync(join(directory, 'daemon.json'), '{}');
  const log = openSync(join(directory, 'log'), 'a');
  const child = spawn(
    dockerd,
    [
      // Not the machine's /etc/docker/daemon.json.
      ...['--config-file', join(directory, 'daemon.json')],
      ...['--data-root', join(directory, 'root'), '--exec-root', join(directory, 'exec')],
      ...['-H', `unix://${engineSocket(directory)}`, '--pidfile', join(directory, 'd.pid')],
      ...[`--bridge=${bridge}`, '--iptables=false', '--ip6tables=false', '--ip-masq=false'],
    ],
    // Outlives the worker that started it: the next test file uses it too.
    { env: childEnvironment(), stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  child.unref();
}

/** What the engine has written so far, for messages. */
export function engineLog(directory: string): string {
  const path = join(directory, 'log');
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-4_000) : '(no log)';
}

/** Stops the engine and everything it started, and removes its files. Does nothing where there is none. */
export async function stopEngine(directory: string): Promise<void> {
  if (!existsSync(directory)) return;
  const engine = engineProcess(directory);
  if (engine !== undefined) {
    killContainers(directory);
    const children = descendantsOf(engine.pid);
    process.kill(engine.pid, 'SIGTERM');
    if (!(await untilGone([engine], 20_000))) process.kill(engine.pid, 'SIGKILL');
    await untilGone([engine], 5_000);
    // containerd normally ends with dockerd; after a SIGKILL it, and the shims of containers, do not.
    for (const child of children) if (isAlive(child)) process.kill(child.pid, 'SIGKILL');
    await untilGone(children, 5_000);
  }
  unmountBelow(directory);
  rmSync(directory, { recursive: true, force: true });
}

/** Takes the bridge away; for when no engine is left that uses it. */
export function removeBridge(): void {
  spawnSync('ip', ['link', 'delete', bridge], { env: childEnvironment() });
}

function setUpBridge(): void {
  const ip = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8', env: childEnvironment() });
  if (ip('link', 'show', bridge).status === 0) return;
  for (const args of [
    ['link', 'add', 'name', bridge, 'type', 'bridge'],
    ['address', 'add', bridgeAddress, 'dev', bridge],
    ['link', 'set', bridge, 'up'],
  ]) {
    const { status, stderr } = ip(...args);
    if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
  }
}

/** The engine would give each ten seconds to end by itself. */
function killContainers(directory: string): void {
  const docker = (...args: string[]) =>
    spawnSync('docker', ['--host', `unix://${engineSocket(directory)}`, ...args], {
      encoding: 'utf8',
      env: childEnvironment(),
      timeout: 20_000,
    });
  const ids = (docker('ps', '--quiet').stdout ?? '').split('\n').filter((id) => id !== '');
  if (ids.length > 0) docker('kill', ...ids);
}

function unmountBelow(directory: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${directory}/`));
  // The innermost first.
  for (const path of mounts.reverse()) spawnSync('umount', ['--lazy', path], { env: childEnvironment() });
}

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnvironment, runDirectory } from '../run/environment.ts';
import { descendantsOf, isAlive, seeProcess, untilGone, type Seen } from '../process/process-tree.ts';

// Runs docker engines next to the machine's own engine, if there is one. Each engine of the tests has its own files,
// socket and containerd. Only dockerd has a bridge, because two engines would give the same addresses to containers on
// one bridge. The engines add no iptables rules, so that nothing of them is left at the end. docker-proxy forwards
// published ports. Containers can reach the machine but not the internet; a build that needs npm uses --network host.
// This file must not import vitest, because clean-up.ts uses it to stop the engine when the vitest run is over,
// however that run ended.

/** The engines that tests can use, by the names of their parts: Debian's, and a newer one with the containerd image store. */
export const engineNames = ['dockerd', 'dockerd-29'] as const;
export type EngineName = (typeof engineNames)[number];

const bridge = 'dockpass0';
const bridgeAddress = '172.31.253.1/24';

/** The address of this machine as containers on the bridge see it. */
export const hostFromContainers = bridgeAddress.slice(0, bridgeAddress.indexOf('/'));

/** Returns the directory with the files of an engine that belongs to the vitest run with this process id. */
export function engineDirectory(runPid: number, name: EngineName): string {
  return join(runDirectory(runPid), name);
}

export function engineSocket(directory: string): string {
  return join(directory, 'd.sock');
}

/**
 * Returns the process of the engine, if the engine is running. The process id in the pid file is not enough, because by
 * now another process may have the same id. So this also looks for the directory in the command line of the process.
 */
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

/** Starts the engine, but does not wait until it answers requests. The engine writes its log to DIRECTORY/log. */
export function startEngine(name: EngineName, directory: string, dockerd: string): void {
  mkdirSync(directory, { recursive: true });
  if (name === 'dockerd') setUpBridge();
  writeFileSync(join(directory, 'daemon.json'), '{}');
  const log = openSync(join(directory, 'log'), 'a');
  const child = spawn(
    dockerd,
    [
      // By default, dockerd would read the machine's /etc/docker/daemon.json.
      ...['--config-file', join(directory, 'daemon.json')],
      ...['--data-root', join(directory, 'root'), '--exec-root', join(directory, 'exec')],
      ...['-H', `unix://${engineSocket(directory)}`, '--pidfile', join(directory, 'd.pid')],
      ...[
        `--bridge=${name === 'dockerd' ? bridge : 'none'}`,
        '--iptables=false',
        '--ip6tables=false',
        '--ip-masq=false',
      ],
    ],
    // The engine must outlive the vitest worker that starts it, because later test files use the same engine.
    { env: childEnvironment(), stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  child.unref();
}

/** Returns the last 4,000 characters of the engine's log, for error messages. */
export function engineLog(directory: string): string {
  const path = join(directory, 'log');
  return existsSync(path) ? readFileSync(path, 'utf8').slice(-4_000) : '(no log)';
}

/** Stops the engine and all processes that it started, and removes its files. Does nothing if there is no engine. */
export async function stopEngine(directory: string): Promise<void> {
  if (!existsSync(directory)) return;
  const engine = engineProcess(directory);
  if (engine !== undefined) {
    killContainers(directory);
    const children = descendantsOf(engine.pid);
    process.kill(engine.pid, 'SIGTERM');
    if (!(await untilGone([engine], 20_000))) process.kill(engine.pid, 'SIGKILL');
    await untilGone([engine], 5_000);
    // Normally, containerd and the shims of containers exit together with dockerd. After a SIGKILL they do not.
    for (const child of children) if (isAlive(child)) process.kill(child.pid, 'SIGKILL');
    await untilGone(children, 5_000);
  }
  unmountBelow(directory);
  rmSync(directory, { recursive: true, force: true });
}

/** Removes the network bridge of the engines. Call this only if no engine uses the bridge any longer. */
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

/** Kills all containers of the engine. Otherwise the engine would wait up to ten seconds for each of them to stop. */
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
  // Unmounts the innermost mount points first.
  for (const path of mounts.reverse()) spawnSync('umount', ['--lazy', path], { env: childEnvironment() });
}

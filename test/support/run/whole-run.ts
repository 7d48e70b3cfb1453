import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { childEnvironment, runMarker } from './environment.ts';
import { evidenceDirectory, secretsDirectory } from './evidence.ts';
import { addHostNames, removeHostNames } from './hosts-file.ts';
import { hosts, hostsAddress } from './hosts.ts';
import { searchForLeaks } from './leaks.ts';

type Teardown = () => Promise<void>;

/**
 * The globalSetup of each vitest project. It prepares what all test files of a run share, and makes sure it is removed.
 */
export default async function setup(project: TestProject): Promise<Teardown> {
  const teardown = startCleanUp();
  // Without root and `ip`, tests that use these names are skipped (`needs` in parts.ts).
  if (project.name === 'e2e' && process.getuid?.() === 0 && hasIp()) {
    removeHostNames(hostsAddress);
    addHostNames(Object.values(hosts), hostsAddress, process.pid);
  }
  return teardown;
}

/**
 * Starts one clean-up process for all projects. The first project sets the marker variable, by which the other projects
 * know that the process runs. Workers inherit the variable.
 */
function startCleanUp(): Teardown {
  if (process.env[runMarker] === String(process.pid)) return async () => undefined;
  if (!process.features.typescript) {
    throw new Error(
      `the tests need Node 22.18 or newer, but this is ${process.version}. Run npm test, which uses its own Node.`,
    );
  }
  process.env[runMarker] = String(process.pid);
  const script = fileURLToPath(new URL('clean-up.ts', import.meta.url));
  const cleanUp = spawn(process.execPath, [script, String(process.pid)], {
    // Without the marker, because the clean-up process must not count as a process that the run has left.
    env: childEnvironment({ [runMarker]: '' }),
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  const ended = once(cleanUp, 'exit') as Promise<[number | null]>;
  return async () => {
    try {
      expectNoLeaks(process.pid);
    } finally {
      cleanUp.stdin.end();
    }
    const [status] = await ended;
    if (status !== 0)
      throw new Error(`the clean-up process exited with ${status}: processes or files may be left`);
  };
}

/**
 * Checks, after the last file of all projects, that no output or file of a server contains a secret that a test used.
 */
function expectNoLeaks(run: number): void {
  const { files, bytes, secrets, leaks } = searchForLeaks(evidenceDirectory(run), secretsDirectory(run));
  const searched = `${files} files (${(bytes / 1e6).toFixed(1)} MB) searched for ${secrets} passwords and every token`;
  if (leaks.length === 0) return console.log(`${searched}: none found`);
  const shown = leaks.slice(0, 20).map(({ file, what, around }) => `${file}: a ${what}: ${around}`);
  throw new Error([`${searched}: ${leaks.length} found`, ...shown].join('\n'));
}

function hasIp(): boolean {
  return spawnSync('ip', ['-V'], { env: childEnvironment() }).status === 0;
}

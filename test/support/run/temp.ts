import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterwards } from './afterwards.ts';
import { runDirectory, runPid } from './environment.ts';
import { keepDatabases } from './evidence.ts';

/**
 * Creates an empty directory that is removed after the test, or after the test file (see afterwards.ts). All users may
 * enter it, because nginx changes to another user if root starts it. The name is in lower case, unlike a name by
 * mkdtemp, because podman derives an image name from the path of an OCI layout.
 */
export async function temporaryDirectory(name = 'test'): Promise<string> {
  const path = join(runDirectory(runPid), `${name}-${randomBytes(6).toString('hex')}`);
  await mkdir(path, { mode: 0o755, recursive: true });
  afterwards(() => {
    keepDatabases(path);
    // A server that was just stopped may still write a file.
    return rm(path, { recursive: true, force: true, maxRetries: 5 });
  });
  return path;
}

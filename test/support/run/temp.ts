import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterwards } from './afterwards.ts';
import { runDirectory, runPid } from './environment.ts';
import { keepDatabases } from './evidence.ts';

/**
 * An empty directory that is gone after the test (or the file, see afterwards.ts). Others may enter it, because
 * nginx started by root works as another user. Lower case only (mkdtemp would mix): podman makes an image name of
 * the path of an OCI layout.
 */
export async function temporaryDirectory(name = 'test'): Promise<string> {
  const path = join(runDirectory(runPid), `${name}-${randomBytes(6).toString('hex')}`);
  await mkdir(path, { mode: 0o755, recursive: true });
  afterwards(() => {
    keepDatabases(path);
    // A server that was closed just now may be at a file still.
    return rm(path, { recursive: true, force: true, maxRetries: 5 });
  });
  return path;
}

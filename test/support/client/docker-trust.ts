import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterwards } from '../run/afterwards.ts';

/**
 * Puts a CA where docker (and podman and skopeo) look for the one of a registry: /etc/docker/certs.d/HOST:PORT/ca.crt.
 * Read anew with each request; gone after the test. Needs root.
 */
export async function trustInDocker(hostAndPort: string, certificateFile: string): Promise<void> {
  const directory = join('/etc/docker/certs.d', hostAndPort);
  if (existsSync(directory)) throw new Error(`${directory} is there already, and not ours`);
  await mkdir(directory, { recursive: true });
  afterwards(() => rm(directory, { recursive: true, force: true }));
  await copyFile(certificateFile, join(directory, 'ca.crt'));
}

import { existsSync } from 'node:fs';
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterwards } from '../run/afterwards.ts';

/**
 * Makes docker, podman and skopeo trust a CA for one registry. For this, copies the CA certificate to
 * /etc/docker/certs.d/HOST:PORT/ca.crt, which these clients read again for each request. The file is removed after the
 * test. Requires root.
 */
export async function trustInDocker(hostAndPort: string, certificateFile: string): Promise<void> {
  const directory = join('/etc/docker/certs.d', hostAndPort);
  if (existsSync(directory)) throw new Error(`${directory} already exists, and this test did not create it`);
  await mkdir(directory, { recursive: true });
  afterwards(() => rm(directory, { recursive: true, force: true }));
  await copyFile(certificateFile, join(directory, 'ca.crt'));
}

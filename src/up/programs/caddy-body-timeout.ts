import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const caddyfile = ':1 {\n\trequest_body {\n\t\tread_timeout 1s\n\t}\n}\n';

/**
 * Returns true if this Caddy supports a timeout that applies only to the bodies of some requests. Versions before 2.8
 * do not support it. The function makes Caddy read a configuration file that contains the timeout, because a Caddy that
 * was built from source does not print its version.
 * @param directory a folder in which a temporary folder can be created
 */
export async function hasBodyTimeout(caddy: string, directory: string): Promise<boolean> {
  let draft: string | undefined;
  try {
    draft = await mkdtemp(join(directory, '.caddy-'));
    const file = join(draft, 'Caddyfile');
    await writeFile(file, caddyfile);
    // Caddy creates folders in HOME when it starts.
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: draft,
      XDG_DATA_HOME: draft,
      XDG_CONFIG_HOME: draft,
    };
    const args = ['adapt', '--adapter', 'caddyfile', '--config', file];
    await promisify(execFile)(caddy, args, { timeout: 10_000, env });
    return true;
  } catch {
    return false;
  } finally {
    if (draft !== undefined) await rm(draft, { recursive: true, force: true });
  }
}

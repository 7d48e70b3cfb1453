import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { part } from '../run/parts.ts';
import { start, type Running } from '../process/process.ts';
import { untilPort } from '../process/ready.ts';
import { temporaryDirectory } from '../run/temp.ts';

export interface CaddyOptions {
  /** A complete Caddyfile, including its global options. */
  readonly caddyfile: string;
  /** A port that Caddy listens on. When it accepts connections, Caddy is ready. */
  readonly port: number;
  /** The version of Caddy. Default: the one of the system. */
  readonly program?: CaddyProgram;
}

export type CaddyProgram = 'caddy' | 'caddy-2.10';

export interface Caddy {
  readonly directory: string;
  readonly configFile: string;
  readonly process: Running;
}

/** Starts Caddy in the foreground, with its data and settings in a temporary directory, and waits until it is ready. */
export async function startCaddy({ caddyfile, port, program = 'caddy' }: CaddyOptions): Promise<Caddy> {
  if (!/^\s*admin (off\b|unix\/)/m.test(caddyfile) || !/^\s*auto_https off\b/m.test(caddyfile)) {
    // Otherwise Caddy adds its own CA to the system's trust store, and listens on the ports 80 and 2019.
    throw new Error(
      'a Caddyfile in a test needs `admin off` (or a Unix socket) and `auto_https off` among its global options',
    );
  }
  const directory = await temporaryDirectory('caddy');
  const configFile = join(directory, 'Caddyfile');
  await writeFile(configFile, caddyfile);
  const running = await start(part(program), ['run', '--config', configFile, '--adapter', 'caddyfile'], {
    cwd: directory,
    name: 'caddy',
    env: {
      HOME: directory,
      XDG_DATA_HOME: join(directory, 'data'),
      XDG_CONFIG_HOME: join(directory, 'config'),
    },
  });
  await untilPort(port, { part: running });
  return { directory, configFile, process: running };
}

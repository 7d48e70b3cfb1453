import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { part } from '../run/parts.ts';
import { start, type Running } from '../process/process.ts';
import { until, untilPort } from '../process/ready.ts';
import { temporaryDirectory } from '../run/temp.ts';

export interface NginxOptions {
  /** The content of the `http { … }` block: servers, maps and upstreams, as in a file in conf.d. */
  readonly http: string;
  /** A port that nginx listens on. When it accepts connections, nginx is ready. */
  readonly port: number;
}

export interface Nginx {
  readonly directory: string;
  readonly configFile: string;
  readonly process: Running;
  /** Loads the configuration again, and waits until the workers with the previous configuration have ended. */
  reload(): Promise<void>;
}

/**
 * Starts nginx in the foreground and waits until it is ready. It writes its log to stderr, and all its files are in a
 * temporary directory.
 */
export async function startNginx({ http, port }: NginxOptions): Promise<Nginx> {
  const directory = await temporaryDirectory('nginx');
  const configFile = join(directory, 'nginx.conf');
  await mkdir(join(directory, 'temp'));
  await writeFile(configFile, mainConfig(directory, http));
  // Without -e, nginx writes to the system's error log until it has read its configuration. Only root can write there.
  const running = await start(part('nginx'), ['-e', 'stderr', '-p', directory, '-c', configFile], {
    cwd: directory,
    name: 'nginx',
  });
  await untilPort(port, { part: running });
  const endedWorkers = (): number => running.output().match(/worker process \d+ exited/g)?.length ?? 0;
  const reload = async (): Promise<void> => {
    const before = endedWorkers();
    running.signal('SIGHUP');
    await until('the old workers of nginx to end', { part: running }, async () =>
      endedWorkers() > before ? true : undefined,
    );
  };
  return { directory, configFile, process: running, reload };
}

function mainConfig(directory: string, http: string): string {
  const temp = (kind: string) => `${kind}_temp_path ${join(directory, 'temp', kind)};`;
  // If root starts nginx, its workers run as the user nobody by default, who cannot read the certificates of a test.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  return `${user}daemon off;
worker_processes 1;
pid ${join(directory, 'nginx.pid')};
error_log stderr notice;
events { worker_connections 512; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(temp).join('\n  ')}
${http}
}
`;
}

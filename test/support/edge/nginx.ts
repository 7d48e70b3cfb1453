import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { part } from '../run/parts.ts';
import { start, type Running } from '../process/process.ts';
import { untilPort } from '../process/ready.ts';
import { temporaryDirectory } from '../run/temp.ts';

export interface NginxOptions {
  /** What stands inside `http { … }`: the servers, maps and upstreams, as in a file under conf.d. */
  readonly http: string;
  /** A port that it listens on, to know when it is up. */
  readonly port: number;
}

export interface Nginx {
  readonly directory: string;
  readonly configFile: string;
  readonly process: Running;
}

/** nginx in the foreground, with its log on its output and every file of its own in a temporary directory. */
export async function startNginx({ http, port }: NginxOptions): Promise<Nginx> {
  const directory = await temporaryDirectory('nginx');
  const configFile = join(directory, 'nginx.conf');
  await mkdir(join(directory, 'temp'));
  await writeFile(configFile, mainConfig(directory, http));
  // -e: before it has read the file, nginx would write to the system's error log, which is root's.
  const running = await start(part('nginx'), ['-e', 'stderr', '-p', directory, '-c', configFile], {
    cwd: directory,
    name: 'nginx',
  });
  await untilPort(port, { part: running });
  return { directory, configFile, process: running };
}

function mainConfig(directory: string, http: string): string {
  const temp = (kind: string) => `${kind}_temp_path ${join(directory, 'temp', kind)};`;
  // Started by root, its workers would become nobody, who may not read a test's certificates.
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

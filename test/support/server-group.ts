import { join } from 'node:path';
import { startServe, type DockpassServer } from './dockpass.ts';
import { startNginx } from './nginx.ts';
import { freePort } from './ports.ts';
import { temporaryDirectory } from './temp.ts';

export interface Replicas {
  readonly servers: DockpassServer[];
  /** Starts the one that stood there anew, on its port and configuration. */
  start(at: number): Promise<void>;
}

/** Servers on one database, with one folder of keys. */
export async function startReplicas(
  count: number,
  database: string,
  config: Readonly<Record<string, unknown>> = {},
): Promise<Replicas> {
  const keys = { directory: join(await temporaryDirectory('keys'), 'keys') };
  const whole = { publicDomains: ['127.0.0.1'], database, keys, ...config };
  const ports: string[] = [];
  const start = async (at: number): Promise<DockpassServer> => {
    ports[at] ??= `127.0.0.1:${await freePort()}`;
    return startServe({ config: whole, env: { DOCKPASS_LISTEN: ports[at] } });
  };
  // The first makes keys and schema.
  const servers = [await start(0)];
  servers.push(...(await Promise.all(Array.from({ length: count - 1 }, (_, at) => start(at + 1)))));
  return {
    servers,
    start: async (at) => {
      servers[at] = await start(at);
    },
  };
}

/** nginx before them, which asks the next one where one does not answer. @returns its port */
export async function balance(servers: readonly DockpassServer[]): Promise<number> {
  const port = await freePort();
  const upstreams = servers.map((server) => `server 127.0.0.1:${server.port} max_fails=0;`).join('\n    ');
  await startNginx({
    port,
    http: `  upstream dockpass {
    ${upstreams}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    location /auth/ {
      proxy_pass http://dockpass;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 1s;
      proxy_next_upstream error timeout http_503 non_idempotent;
    }
  }`,
  });
  return port;
}

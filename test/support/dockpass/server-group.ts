import { randomBytes } from 'node:crypto';
import { startServe, type DockpassServer } from './dockpass.ts';
import { registerSecret } from '../run/evidence.ts';
import { startNginx } from '../edge/nginx.ts';
import { freePort } from '../run/ports.ts';

export interface ServerGroup {
  readonly servers: DockpassServer[];
  /** Starts the server at this index of `servers` again, with the same port and configuration. Stop it before. */
  start(at: number): Promise<void>;
}

/** Starts several servers that share one database. The database also contains their signing keys. */
export async function startServerGroup(
  count: number,
  database: string,
  config: Readonly<Record<string, unknown>> = {},
  secret = randomBytes(32).toString('base64'),
): Promise<ServerGroup> {
  const options = { publicDomains: ['127.0.0.1'], database, ...config };
  registerSecret(secret);
  const ports: string[] = [];
  const start = async (at: number): Promise<DockpassServer> => {
    ports[at] ??= `127.0.0.1:${await freePort()}`;
    return startServe({ config: options, env: { DOCKPASS_LISTEN: ports[at], DOCKPASS_KEYS_SECRET: secret } });
  };
  const servers = await Promise.all(Array.from({ length: count }, (_, at) => start(at)));
  return {
    servers,
    start: async (at) => {
      servers[at] = await start(at);
    },
  };
}

/**
 * Starts nginx as a load balancer in front of the servers. If a server does not answer, nginx sends the request to the
 * next server.
 * @returns the port of nginx
 */
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

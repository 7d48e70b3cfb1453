import { randomBytes } from 'node:crypto';
import { startServe, type DockpassServer } from './dockpass.ts';
import { registerSecret } from './evidence.ts';
import { startNginx } from './nginx.ts';
import { freePort } from './ports.ts';

export interface Replicas {
  readonly servers: readonly DockpassServer[];
  /** The load balancer's. */
  readonly url: string;
}

/** Several `dockpass serve` on one database that holds their keys, each in a folder of its own, behind nginx. */
export async function startReplicas(
  count: number,
  config: Readonly<Record<string, unknown>> & { readonly database: string },
  secret = randomBytes(32).toString('base64'),
): Promise<Replicas> {
  const env = { DOCKPASS_KEYS_SECRET: secret.trim() };
  registerSecret(secret.trim());
  // One after the other: a busy machine takes a while for each.
  const servers: DockpassServer[] = [];
  while (servers.length < count) servers.push(await startServe({ config, env }));
  const port = await freePort();
  await startNginx({ port, http: balancer(port, servers) });
  return { servers, url: `http://127.0.0.1:${port}` };
}

function balancer(port: number, servers: readonly DockpassServer[]): string {
  return `
  upstream dockpass {
    ${servers.map((server) => `server 127.0.0.1:${server.port};`).join('\n    ')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    location /auth/ {
      proxy_pass http://dockpass;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }
  }`;
}

import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterwards } from '../run/afterwards.ts';

/** A held request: `pass` lets it go on, `drop` closes its connection. */
export interface Held {
  pass(): void;
  drop(): void;
}

/** A proxy in front of a registry that can hold requests of dockpass for a manifest. */
export interface RegistryGate {
  readonly port: number;
  /**
   * Holds the next request with this method. A `PUT` is held before the registry receives it, and the answer to a `HEAD`
   * is held before dockpass receives it.
   * @returns resolves when there is such a request
   */
  hold(method: 'PUT' | 'HEAD'): Promise<Held>;
}

export async function startRegistryGate(registryPort: number): Promise<RegistryGate> {
  const waiting = new Map<string, (held: Held) => void>();
  const held = async (method: string, response: ServerResponse): Promise<boolean> => {
    const announce = waiting.get(method);
    if (announce === undefined) return true;
    waiting.delete(method);
    return new Promise((resolve) =>
      announce({
        pass: () => resolve(true),
        drop: () => {
          response.destroy();
          resolve(false);
        },
      }),
    );
  };
  const server = createServer((asked, response) => {
    void (async () => {
      const { method = '', url: path = '', rawHeaders: headers } = asked;
      if (method === 'PUT' && !(await held(method, response))) return;
      const onward = request({ host: '127.0.0.1', port: registryPort, method, path, headers: [...headers] });
      onward.on('error', () => response.destroy());
      asked.pipe(onward);
      const [answer] = (await once(onward, 'response')) as [IncomingMessage];
      if (method === 'HEAD' && !(await held(method, response))) return;
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    hold: (method) => new Promise((resolve) => waiting.set(method, resolve)),
  };
}

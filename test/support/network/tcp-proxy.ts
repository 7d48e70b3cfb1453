import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterwards } from '../run/afterwards.ts';

/** A TCP proxy to a port of this machine. It can change the bytes from the server, and stop forwarding. */
export interface TcpProxy {
  readonly port: number;
  /** Stops forwarding in both directions, but closes no connection, as if a cable had been cut. */
  cut(): void;
  /** Forwards again, beginning with the bytes that were sent since `cut`. */
  repair(): void;
}

export async function startTcpProxy(
  target: number,
  fromServer: (chunk: Buffer) => Buffer = (chunk) => chunk,
): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server = createServer((client) => {
    const upstream = connect({ port: target, host: '127.0.0.1' });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    client.on('data', (chunk: Buffer) => void upstream.write(chunk));
    upstream.on('data', (chunk: Buffer) => void client.write(fromServer(chunk)));
    if (isCut) for (const socket of [client, upstream]) socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.pause();
    },
    repair: () => {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
  };
}

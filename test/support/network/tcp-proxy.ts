import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterwards } from '../run/afterwards.ts';

/** A way to a port of this machine on which bytes can be changed, held up or lost. */
export interface TcpProxy {
  readonly port: number;
  /** From now on nothing passes, in either direction, and nobody is told: a cable that was cut. */
  cut(): void;
  /** What was sent meanwhile arrives. */
  mend(): void;
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
    mend: () => {
      isCut = false;
      for (const socket of sockets) socket.resume();
    },
  };
}

import net, { isIP, type Server } from 'node:net';
import type { ListenAddress } from './listen-address.ts';

/** Undefined before Node 26 and some versions of Node 24. */
const BoundSocket: typeof net.BoundSocket | undefined = net.BoundSocket;

/**
 * Lets the server listen at this address, and resolves when it does. The promise rejects with the error of Node, for
 * example with the code `EADDRINUSE`.
 *
 * An IP address is bound directly. `server.listen` would look it up like a host name, and compile Node's pattern of
 * IPv6 addresses for this, which takes 4 % of the start.
 */
export function listenAt(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const onListening = (): void => {
      server.off('error', reject);
      resolve();
    };
    server.once('error', reject);
    if (BoundSocket === undefined || isIP(host) === 0) server.listen(port, host, onListening);
    else server.listen(new BoundSocket({ host, port }), onListening);
  });
}

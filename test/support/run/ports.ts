import { createServer } from 'node:net';

// The range is below the ephemeral ports of the kernel (from 32768), because an outgoing connection could take such a
// port between the check and the start of the server. Each vitest worker uses its own slice of the range, so two files
// never choose the same port. If two runs overlap (.ci/run), TEST_SLICE makes one of them use other slices.
const first = 20_000;
const width = 400;
const slices = 30;

const slice = Number(process.env['VITEST_POOL_ID'] ?? 0) + Number(process.env['TEST_SLICE'] ?? 0);
const start = first + (slice % slices) * width;
let next = Math.floor(Math.random() * width);

/** Returns a TCP port on which no program listens, on any address. It repeats a port only after `width` calls. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < width; tries += 1) {
    const port = start + (next++ % width);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${start} and ${start + width}`);
}

/** Returns several different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  // Check IPv4 and IPv6: a listener on :: alone does not prevent a bind to 0.0.0.0, but gets connections to localhost.
  return (await canListen(port, '0.0.0.0')) && (await canListen(port, '::'));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAFNOSUPPORT'));
    server.listen({ port, host, exclusive: true, ipv6Only: host === '::' }, () =>
      server.close(() => resolve(true)),
    );
  });
}

import { createServer } from 'node:net';

// Below the kernel's ephemeral ports (from 32768): there an outgoing connection could take the port between the look
// and the start. Each vitest worker has its own hundreds, so two files never choose the same one; of two runs at once
// (.ci/run), one is told to begin with other hundreds.
const first = 20_000;
const width = 400;
const slices = 30;

const slice = Number(process.env['VITEST_POOL_ID'] ?? 0) + Number(process.env['TEST_SLICE'] ?? 0);
const start = first + (slice % slices) * width;
let next = Math.floor(Math.random() * width);

/** A TCP port that nothing listens on, on any address. Never the same one twice within `width` calls of a file. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < width; tries += 1) {
    const port = start + (next++ % width);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${start} and ${start + width}`);
}

/** Several at once. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

async function isFree(port: number): Promise<boolean> {
  // Both families: a listener on :: alone does not disturb a bind to 0.0.0.0, but takes the clients of localhost.
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

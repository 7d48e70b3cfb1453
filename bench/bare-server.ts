import { createServer } from 'node:http';

/**
 * A bare node:http server, with which dockpass is compared. It answers each request with a constant body and the
 * headers of a token answer. It runs as a separate process, gets the size of the body in bytes as argument, and prints
 * its port.
 */
const body = 'x'.repeat(Number(process.argv[2]));
const headers = [
  'Content-Type',
  'application/json',
  'Content-Length',
  String(body.length),
  'Cache-Control',
  'no-store',
];

const server = createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`port ${address.port}\n`);
});

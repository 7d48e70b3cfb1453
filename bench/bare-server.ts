import { createServer } from 'node:http';

/**
 * The yardstick: node:http answering a constant body, with the token answer's headers. Run as a process of its own,
 * with the body's size in bytes as argument; it prints its port.
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

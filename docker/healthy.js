// The images' health check. The token server says by itself whether it is fit (/readyz); in the all-in-one the door
// has to answer too: the edge, with what the registry says behind it.
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { giveUpRoot } from './give-up-root.js';

giveUpRoot();
const { DOCKPASS_OPERATIONS_LISTEN: operations = '5003', DOCKPASS_UP_PORT: door } = process.env;
const port = operations.slice(operations.lastIndexOf(':') + 1);

const faults = [];
if ((await statusOf(request, port, '/readyz')) !== 200) faults.push(`not ready, see /readyz on port ${port}`);
if (door !== undefined) {
  // Plain or TLS, as `--tls` says; a registry that wants a token answers 401.
  const plain = await statusOf(request, door, '/v2/');
  if (plain !== 401 && (await statusOf(requestTls, door, '/v2/')) !== 401)
    faults.push(`the door on port ${door} does not answer`);
}
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exit(faults.length === 0 ? 0 : 1);

/** Undefined where nothing answers. Whose certificate it is does not matter: this is about ourselves. */
function statusOf(send, port, path) {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path, agent: false, timeout: 3000, rejectUnauthorized: false };
    send(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once('timeout', function () {
        this.destroy();
      })
      .once('error', () => resolve(undefined))
      .end();
  });
}

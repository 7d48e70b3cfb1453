// The health check of the images. It asks the token server whether it is ready (/readyz). In the all-in-one image, it
// also sends a request through the edge to the registry.
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { dropRoot } from './drop-root.js';

dropRoot();
const { DOCKPASS_OPERATIONS_LISTEN: operations = '5003', DOCKPASS_UP_PORT: edge } = process.env;
const port = portIn(operations);
const edgePort = edge === undefined ? undefined : portIn(edge);

const problems = [];
if ((await statusOf(request, port, '/readyz')) !== 200)
  problems.push(`not ready, see /readyz on port ${port}`);
if (edgePort !== undefined) {
  // `--tls` decides whether the edge speaks HTTP or HTTPS, so try both. A registry that requires a token answers 401.
  const plain = await statusOf(request, edgePort, '/v2/');
  if (plain !== 401 && (await statusOf(requestTls, edgePort, '/v2/')) !== 401)
    problems.push(`the edge on port ${edgePort} does not answer GET /v2/ as a registry`);
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exit(problems.length === 0 ? 0 : 1);

/** Returns the port at the end of a setting. Like dockpass, ignores white space and quotes around the value. */
function portIn(text) {
  return /(\d+)["'\s]*$/.exec(text)?.[1];
}

/**
 * @returns undefined if nothing answers. The certificate is not verified, because the request stays on this machine.
 */
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

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { part } from '../run/parts.ts';
import { freePort } from '../run/ports.ts';
import { start } from '../process/process.ts';
import { untilHttp } from '../process/ready.ts';
import { mustRun } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { testAuthority } from '../tls/tls.ts';

/** An ACME authority (Let's Encrypt's Pebble) that asks names on this machine, on ports 80 and 443. */
export interface AcmeAuthority {
  /** Of its directory. */
  readonly url: string;
  /** Whom its API's own certificate is from. */
  readonly trustFile: string;
  /** The root of what it issues, in PEM. */
  root(): Promise<string>;
}

export async function startAcmeAuthority(): Promise<AcmeAuthority> {
  const directory = await temporaryDirectory('pebble');
  const authority = await testAuthority();
  const { certificateFile: certificate, keyFile: privateKey } = await authority.issue(['localhost']);
  const [port, management] = [await freePort(), await freePort()];
  const pebble = {
    listenAddress: `127.0.0.1:${port}`,
    managementListenAddress: `127.0.0.1:${management}`,
    ...{ certificate, privateKey, httpPort: 80, tlsPort: 443, externalAccountBindingRequired: false },
  };
  const config = join(directory, 'pebble.json');
  await writeFile(config, JSON.stringify({ pebble }));
  const running = await start(part('pebble'), ['-config', config], {
    cwd: directory,
    // It else waits before it looks at a challenge, and refuses some good requests, to try its clients' patience.
    env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' },
    name: 'pebble',
  });
  const url = `https://localhost:${port}/dir`;
  await untilHttp(url, { part: running, status: 200 });
  const trust = ['--cacert', authority.certificateFile, '--silent', '--fail'];
  const root = async (): Promise<string> =>
    (await mustRun(part('curl'), [...trust, `https://localhost:${management}/roots/0`])).stdout;
  return { url, trustFile: authority.certificateFile, root };
}

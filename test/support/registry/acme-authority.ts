import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { part } from '../run/parts.ts';
import { freePort } from '../run/ports.ts';
import { start } from '../process/process.ts';
import { untilHttp } from '../process/ready.ts';
import { mustRun } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { testAuthority } from '../tls/tls.ts';

/**
 * An ACME server (Pebble by Let's Encrypt) that validates domains by connecting to ports 80 and 443 of this machine.
 */
export interface AcmeAuthority {
  /** The URL of the ACME directory. */
  readonly url: string;
  /** The file with the CA certificate that issued the certificate of the ACME API. */
  readonly trustFile: string;
  /** Returns the root certificate of the certificates that the server issues, in PEM. */
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
    // Turn off two default behaviors that test clients: Pebble waits before it validates a challenge, and rejects some
    // valid requests.
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

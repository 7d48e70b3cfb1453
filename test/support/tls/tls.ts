import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { part } from '../run/parts.ts';
import { mustRun } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** A certificate and its key, as files and as text. */
export interface ServerCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificate: string;
  readonly key: string;
}

export interface TestAuthority {
  /** A directory that contains only ca.crt, for the option `--cert-dir` of skopeo and podman. */
  readonly certificateDirectory: string;
  readonly certificateFile: string;
  readonly certificate: string;
  /** Issues a server certificate for these names and addresses, by default for one day. openssl runs with `env`. */
  issue(
    names: readonly string[],
    days?: number,
    env?: Readonly<Record<string, string>>,
  ): Promise<ServerCertificate>;
}

const keyOptions = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/**
 * Creates a CA with openssl and not with the code of dockpass, so that an error in that code cannot affect both sides.
 */
export async function testAuthority(): Promise<TestAuthority> {
  const openssl = part('openssl');
  const directory = await temporaryDirectory('authority');
  const certificateDirectory = await temporaryDirectory('ca');
  const keyFile = join(directory, 'ca.key');
  const certificateFile = join(certificateDirectory, 'ca.crt');
  await mustRun(openssl, [
    ...['req', '-x509', ...keyOptions, '-keyout', keyFile, '-out', certificateFile, '-days', '2'],
    ...['-subj', '/CN=dockpass test authority'],
    ...['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ]);
  let count = 0;
  return {
    certificateDirectory,
    certificateFile,
    certificate: await readFile(certificateFile, 'utf8'),
    issue: async (names, days = 1, env = {}) => {
      count += 1;
      const server = {
        certificateFile: join(directory, `${count}.crt`),
        keyFile: join(directory, `${count}.key`),
      };
      const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`).join(',');
      const args = [
        ...['req', '-x509', '-CA', certificateFile, '-CAkey', keyFile, ...keyOptions],
        ...['-keyout', server.keyFile, '-out', server.certificateFile, '-days', String(days)],
        ...['-subj', `/CN=${names[0] ?? 'nobody'}`, '-addext', `subjectAltName=${alternatives}`],
        ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'extendedKeyUsage=serverAuth'],
      ];
      await mustRun(openssl, args, { env });
      return {
        ...server,
        certificate: await readFile(server.certificateFile, 'utf8'),
        key: await readFile(server.keyFile, 'utf8'),
      };
    },
  };
}

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { part } from '../run/parts.ts';
import { mustRun } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';

/** The type of a key, as arguments of `openssl genpkey`. */
export type KeyKind = readonly [algorithm: 'RSA' | 'EC' | 'ED25519', option?: string];
export const rsa: KeyKind = ['RSA', 'rsa_keygen_bits:2048'];
export const ec: KeyKind = ['EC', 'ec_paramgen_curve:P-256'];

/** The paths of a certificate and its key, which are in separate files. */
export interface Issued {
  readonly certificate: string;
  readonly key: string;
}

export interface IssueOptions {
  readonly kind: KeyKind;
  readonly days?: number;
  /** Whether the certificate may issue other certificates. Default: true. */
  readonly ca?: boolean;
  /** Whether the certificate is a CA for dockpass alone: path length 0 and a subject that says so. Default: false. */
  readonly dedicated?: boolean;
  /** The subject. Default: a name of this PKI. */
  readonly subject?: string;
  /** The passphrase with which the key is encrypted. Default: the key is not encrypted. */
  readonly passphrase?: string;
}

export interface OwnPki {
  readonly directory: string;
  root(options: IssueOptions): Promise<Issued>;
  /** Issues a certificate with another certificate of this PKI, whose key must not be encrypted. */
  under(issuer: Issued, options: IssueOptions): Promise<Issued>;
  /** Writes several certificates to one file, in this order, and returns its path. */
  chain(...issued: readonly Issued[]): Promise<string>;
}

/** Creates a PKI that an operator may already have. It uses only openssl. */
export async function ownPki(): Promise<OwnPki> {
  const directory = await temporaryDirectory('pki');
  const openssl = (...args: string[]) => mustRun(part('openssl'), args, { cwd: directory });
  let count = 0;
  const newKey = async ({ kind: [algorithm, option], passphrase }: IssueOptions): Promise<string> => {
    const file = join(directory, `${(count += 1)}.key`);
    await openssl(
      ...['genpkey', '-algorithm', algorithm, '-out', file],
      ...(option === undefined ? [] : ['-pkeyopt', option]),
      ...(passphrase === undefined ? [] : ['-aes256', '-pass', `pass:${passphrase}`]),
    );
    await mustRun('chmod', ['600', file]);
    return file;
  };
  const request = (
    key: string,
    { passphrase, days = 20, ca = true, dedicated = false, subject }: IssueOptions,
  ): string[] => [
    ...['req', '-x509', '-key', key, '-days', String(days)],
    ...['-subj', subject ?? (dedicated ? `/O=Corp/OU=dockpass/CN=Tokens ${count}` : `/CN=Corp ${count}`)],
    ...(passphrase === undefined ? [] : ['-passin', `pass:${passphrase}`]),
    ...['-addext', `basicConstraints=critical,CA:${ca ? 'TRUE' : 'FALSE'}${dedicated ? ',pathlen:0' : ''}`],
  ];
  const certified = async (options: IssueOptions, issuer?: Issued): Promise<Issued> => {
    const key = await newKey(options);
    const certificate = key.replace(/key$/, 'crt');
    const by = issuer === undefined ? [] : ['-CA', issuer.certificate, '-CAkey', issuer.key];
    await openssl(...request(key, options), ...by, '-out', certificate);
    return { certificate, key };
  };
  return {
    directory,
    root: (options) => certified(options),
    under: (issuer, options) => certified(options, issuer),
    chain: async (...issued) => {
      const file = join(directory, `${(count += 1)}.pem`);
      const texts = await Promise.all(issued.map(({ certificate }) => readFile(certificate, 'utf8')));
      await writeFile(file, texts.join(''));
      return file;
    },
  };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import type { EdgeTls } from '../../edge/edge.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import { acmeNames, certificateNames } from '../domain-names.ts';
import { selfSignedTls, tlsDirectory, type SelfSigned } from './self-signed.ts';
import type { TlsChoice } from './tls-choice.ts';
import { readTlsPair } from './tls-pair.ts';

/** The TLS certificate of the edge that `up` runs. */
export interface EdgeCertificate {
  readonly tls: EdgeTls;
  /** For a self-signed certificate: the file with the CA certificate that clients on other machines have to trust. */
  readonly authority: string | undefined;
  /**
   * The files of `--tls CERTIFICATE,KEY`, which their owner may change at any time. Empty for all other values of
   * `--tls`.
   */
  readonly sources: readonly string[];
  /**
   * Updates the file from which the edge reads its certificate and key. The file is rewritten if the source files have
   * changed or if a self-signed certificate expires soon.
   * @returns true if the content of the file has changed since the last call. The edge must then load the file again.
   * @throws DockpassError `bad_configuration`, `key_files`; the file is then unchanged
   */
  renew(): Promise<boolean>;
  /**
   * Ensures that a self-signed certificate contains the names of a changed configuration. Does nothing for other kinds
   * of certificates.
   * @throws DockpassError `key_files`
   */
  cover(config: Config): Promise<void>;
}

/** @throws DockpassError `bad_configuration`, `key_files` */
export async function edgeCertificate(
  config: Config,
  choice: TlsChoice,
  clock: Clock,
): Promise<EdgeCertificate> {
  switch (choice.kind) {
    case 'off':
      return { ...unmanaged, tls: choice };
    case 'acme': {
      const server = config.up.acmeServer?.href;
      return { ...unmanaged, tls: { kind: 'acme', names: acmeNames(config), server } };
    }
    case 'files':
      return certificateFromFiles(config, choice);
    case 'self-signed':
      return selfSignedCertificate(config, clock);
  }
}

/**
 * The properties of a certificate that dockpass does not renew. Without TLS, there is no certificate. With ACME, Caddy
 * renews its certificates itself.
 */
const unmanaged = {
  authority: undefined,
  sources: [],
  renew: async () => false,
  cover: async () => undefined,
};

async function certificateFromFiles(
  config: Config,
  choice: TlsChoice & { kind: 'files' },
): Promise<EdgeCertificate> {
  const file = join(tlsDirectory(config), 'given.pem');
  const renew = async (): Promise<boolean> => {
    const pair = await readTlsPair(choice);
    if ((await contentOf(file)) === pair) return false;
    await replaceFile(file, pair, 0o600);
    return true;
  };
  await renew();
  return { ...unmanaged, tls: inFile(file), sources: [choice.certificate, choice.key], renew };
}

async function selfSignedCertificate(config: Config, clock: Clock): Promise<EdgeCertificate> {
  let names = certificateNames(config);
  const ensureValid = (): Promise<SelfSigned> => selfSignedTls(tlsDirectory(config), names, clock);
  const { server, authority } = await ensureValid();
  // The file may have been written by `cover`, or by `dockpass init` in another process. Therefore detect a change by
  // comparing the content of the file.
  let lastContent = await contentOf(server);
  const renew = async (): Promise<boolean> => {
    await ensureValid();
    const before = lastContent;
    lastContent = await contentOf(server);
    return lastContent !== before;
  };
  const cover = async (changed: Config): Promise<void> => {
    names = certificateNames(changed);
    await ensureValid();
  };
  return { ...unmanaged, tls: inFile(server), authority, renew, cover };
}

function inFile(file: string): EdgeTls {
  return { kind: 'files', certificate: file, key: file };
}

function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

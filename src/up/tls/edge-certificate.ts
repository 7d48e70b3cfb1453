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

/** The TLS certificate of the edge that `dockpass up` runs. */
export interface EdgeCertificate {
  readonly tls: EdgeTls;
  /**
   * The path of the CA certificate that clients on other machines must trust. Undefined if the certificate of the edge
   * is not self-signed.
   */
  readonly authority: string | undefined;
  /**
   * The paths of the certificate and the key in `--tls CERTIFICATE,KEY`. The owner of these files may change them at
   * any time. Empty for all other values of `--tls`.
   */
  readonly sources: readonly string[];
  /**
   * Updates the file from which the edge reads its certificate and key. The file is rewritten if the files in `sources`
   * have changed, or if a self-signed certificate expires soon.
   * @returns true if the content of the file has changed since the previous call. The caller must then make the edge
   *   load the file.
   * @throws DockpassError `bad_configuration`, `key_files`; the file is then unchanged
   */
  renew(): Promise<boolean>;
  /**
   * Ensures that a self-signed certificate contains the host names of a changed configuration. Other kinds of
   * certificates stay unchanged.
   * @throws DockpassError `key_files`
   */
  cover(config: Config): Promise<void>;
}

/** Creates the `EdgeCertificate` for the setting `up.tls`. @throws DockpassError `bad_configuration`, `key_files` */
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
 * The default properties of an `EdgeCertificate`. They describe an edge whose certificate dockpass does not renew: an
 * edge without TLS has no certificate, and with ACME, Caddy renews the certificates itself.
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
  // Detect a change by comparing the content of the file, because not only `renew` writes this file. `cover` writes it,
  // and so does `dockpass init` in another process.
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

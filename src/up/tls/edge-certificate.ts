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

/** What the edge of `up` shows to clients. */
export interface EdgeCertificate {
  readonly tls: EdgeTls;
  /** Of a self-signed certificate: the file that clients on other machines have to trust. */
  readonly authority: string | undefined;
  /** Somebody's own files, which may change at any time. */
  readonly sources: readonly string[];
  /**
   * Writes the edge's one file of certificate and key anew where the sources say something else, or it nears its end.
   * @returns whether it did
   * @throws DockpassError `bad_configuration`, `key_files`; the file is then as it was
   */
  renew(): Promise<boolean>;
  /** Has one of our own making hold the names of a changed configuration. @throws DockpassError `key_files` */
  cover(config: Config): Promise<void>;
}

/** @throws DockpassError `bad_configuration`, `key_files` */
export async function edgeCertificate(
  config: Config,
  choice: TlsChoice,
  clock: Clock,
): Promise<EdgeCertificate> {
  const none = {
    authority: undefined,
    sources: [],
    renew: async () => false,
    cover: async () => undefined,
  };
  switch (choice.kind) {
    case 'off':
      return { ...none, tls: choice };
    case 'acme':
      return { ...none, tls: { kind: 'acme', names: acmeNames(config), server: config.up.acmeServer?.href } };
    case 'files': {
      const file = join(tlsDirectory(config), 'given.pem');
      const renew = async (): Promise<boolean> => {
        const wanted = await readTlsPair(choice);
        if ((await contentOf(file)) === wanted) return false;
        await replaceFile(file, wanted, 0o600);
        return true;
      };
      await renew();
      return { ...none, tls: inFile(file), sources: [choice.certificate, choice.key], renew };
    }
    case 'self-signed': {
      let names = certificateNames(config);
      const make = (): Promise<SelfSigned> => selfSignedTls(tlsDirectory(config), names, clock);
      const { server, authority } = await make();
      // Whoever made it anew, the edge is to be told once more.
      let told = await contentOf(server);
      const renew = async (): Promise<boolean> => {
        await make();
        const before = told;
        told = await contentOf(server);
        return told !== before;
      };
      const cover = async (wanted: Config): Promise<void> => {
        names = certificateNames(wanted);
        await make();
      };
      return { ...none, tls: inFile(server), authority, renew, cover };
    }
  }
}

function inFile(file: string): EdgeTls {
  return { kind: 'files', certificate: file, key: file };
}

function contentOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config/load.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import type { SystemUser } from '../process/system-user.ts';
import type { EdgeCertificate } from './edge-certificate.ts';

/**
 * If the edge runs as another user, makes it read a copy of its certificate and key, because only dockpass can read the
 * original. The copy is in the folder `edge`. docker/separate-users.js creates this folder so that files in it get the
 * group of the edge, and only dockpass and the edge can enter it.
 */
export async function forEdge(
  certificate: EdgeCertificate,
  { up }: Pick<Config, 'up'>,
  user: SystemUser | undefined,
): Promise<EdgeCertificate> {
  const { tls } = certificate;
  if (user === undefined || tls.kind !== 'files') return certificate;
  const copy = join(up.directory, 'edge', 'server.pem');
  const update = async (): Promise<void> => {
    const text = await readFile(tls.certificate, 'utf8');
    if ((await readFile(copy, 'utf8').catch(() => undefined)) !== text) await replaceFile(copy, text, 0o640);
  };
  await update();
  return {
    ...certificate,
    tls: { ...tls, certificate: copy, key: copy },
    renew: async () => {
      const hasChanged = await certificate.renew();
      await update();
      return hasChanged;
    },
    cover: async (config) => {
      await certificate.cover(config);
      await update();
    },
  };
}

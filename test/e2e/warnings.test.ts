import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startUp } from '../support/dockpass/dockpass.ts';
import { needs, part } from '../support/run/parts.ts';
import { ownPki, rsa } from '../support/tls/pki.ts';
import { smallDisk } from '../support/process/small-disk.ts';
import { testAuthority } from '../support/tls/tls.ts';

needs(
  'root',
  'openssl',
  'registry-3.1',
  'caddy',
)('problems that will occur soon', () => {
  test('are reported in the log, in /readyz and as a metric, while dockpass still works', async () => {
    const { certificate, key } = await (await ownPki()).root({ kind: rsa, days: 10, dedicated: true });
    const tls = await (await testAuthority()).issue(['localhost', '127.0.0.1']);
    const directory = await smallDisk(16 * 1024);
    await mkdir(join(directory, 'keys'));
    const up = await startUp({
      directory,
      config: { publicDomains: ['127.0.0.1'], keys: { authority: { certificate, key } } },
      args: [
        ...['--registry', part('registry-3.1'), '--edge', part('caddy')],
        ...['--tls', `${tls.certificateFile},${tls.keyFile}`],
      ],
    });
    const ready = await fetch(`${up.operationsUrl}/readyz`);
    const { status, faults, warnings } = (await ready.json()) as {
      status: string;
      faults: string[];
      warnings: { code: string; message: string }[];
    };
    expect([ready.status, status, faults]).toEqual([200, 'degraded', []]);
    const codes = ['authority_near_end', 'disk_filling_up', 'leaf_near_end', 'tls_near_end'];
    expect(warnings.map(({ code }) => code).sort()).toEqual(codes);
    const metrics = await (await fetch(`${up.operationsUrl}/metrics`)).text();
    for (const code of codes) {
      expect(metrics).toContain(`dockpass_warning{code="${code}"} 1`);
      expect(up.process.output()).toContain(`"code":"${code}"`);
    }
    expect(metrics).toContain('dockpass_warning{code="clock_jumped"} 0');
    const token = await fetch(`${up.url}/auth/token?service=registry&scope=repository:a:pull`);
    expect(token.status).toBe(200);
  });
});

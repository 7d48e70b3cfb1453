import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DockpassHome } from '../dockpass/dockpass.ts';
import { writeLeafOf } from '../machine/doctor-faults.ts';
import { start, type Running } from '../process/process.ts';
import { untilPort } from '../process/ready.ts';
import { part } from '../run/parts.ts';
import { temporaryDirectory } from '../run/temp.ts';

export interface ZotOptions {
  readonly program: 'zot' | 'zot-2';
  readonly port: number;
  /** The host of the edge. zot sends all clients to this host for their tokens. */
  readonly edge: string;
  /** Where zot sends its events, and the token that it sends with them. Only zot 2 can send events. */
  readonly events?: { readonly url: string; readonly token: string };
}

/** Starts zot in bearer mode, with the leaf certificate of `server`. */
export async function startZot(
  server: DockpassHome,
  { program, port, edge, events }: ZotOptions,
): Promise<Running> {
  const directory = await temporaryDirectory('zot');
  const config = join(directory, 'zot.json');
  const cert = await writeLeafOf(server, directory);
  const sink = events && {
    ...{ type: 'http', address: events.url, timeout: '20s' },
    credentials: { token: events.token },
  };
  await writeFile(
    config,
    JSON.stringify({
      storage: { rootDirectory: join(directory, 'images') },
      http: {
        ...{ address: '127.0.0.1', port: String(port) },
        auth: { bearer: { realm: `https://${edge}/auth/token`, service: 'registry', cert } },
      },
      log: { level: 'error' },
      ...(sink && { extensions: { events: { enable: true, sinks: [sink] } } }),
    }),
  );
  const zot = await start(part(program), ['serve', config], { cwd: directory, name: program });
  await untilPort(port, { part: zot });
  return zot;
}

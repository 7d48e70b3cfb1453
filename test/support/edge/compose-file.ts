import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repository } from '../run/environment.ts';

/** What of a service a test needs to start it without a container. */
export interface ComposeService {
  readonly environment: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly entrypoint: readonly string[];
  /** Mounts, host or volume before the colon. */
  readonly volumes: readonly string[];
}

interface Read {
  readonly services: Readonly<
    Record<
      string,
      Partial<Omit<ComposeService, 'replicas'>> & {
        readonly deploy?: { readonly replicas?: number | string };
      }
    >
  >;
}

/** deploy/compose/compose.yaml with `${NAME:-default}` filled in from `values`. */
export async function composeServices(
  values: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, ComposeService>>> {
  const text = await readFile(join(repository, 'deploy/compose/compose.yaml'), 'utf8');
  const filled = text.replaceAll(
    /\$\{(\w+):-([^}]*)\}/g,
    (_whole, name: string, usual: string) => values[name] ?? usual,
  );
  const { services } = parse(filled, { merge: true }) as Read;
  return Object.fromEntries(
    Object.entries(services).map(([name, { environment, deploy, entrypoint, volumes }]) => [
      name,
      {
        environment: environment ?? {},
        replicas: Number(deploy?.replicas ?? 1),
        entrypoint: entrypoint ?? [],
        volumes: volumes ?? [],
      },
    ]),
  );
}

/** What the image `dockpass` sets by itself: DOCKPASS_… of that stage of the Dockerfile. */
export async function imageEnvironment(): Promise<Record<string, string>> {
  const text = await readFile(join(repository, 'Dockerfile'), 'utf8');
  const stage = text.split(/^FROM /m).find((part) => part.startsWith('runtime AS dockpass\n')) ?? '';
  return Object.fromEntries(
    [...stage.matchAll(/\b(DOCKPASS_[A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

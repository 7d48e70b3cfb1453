import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repository } from '../run/environment.ts';

/** The part of a compose service that a test needs to start the service without a container. */
export interface ComposeService {
  readonly environment: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly entrypoint: readonly string[];
  /** The mounts. The path on the host or the name of the volume is before the first colon. */
  readonly volumes: readonly string[];
}

interface ComposeFile {
  readonly services: Readonly<
    Record<
      string,
      Partial<Omit<ComposeService, 'replicas'>> & {
        readonly deploy?: { readonly replicas?: number | string };
      }
    >
  >;
}

/**
 * Reads the services of deploy/compose/compose.yaml. Each `${NAME:-default}` is replaced with its value in `values`, or
 * with the default if `values` lacks the name. `${NAME:?message}`, which has no default, is replaced with a test value.
 */
export async function composeServices(
  values: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, ComposeService>>> {
  const text = await readFile(join(repository, 'deploy/compose/compose.yaml'), 'utf8');
  const filled = text.replaceAll(
    /\$\{(\w+):([-?])([^}]*)\}/g,
    (_match, name: string, kind: string, fallback: string) =>
      values[name] ?? (kind === '-' ? fallback : 'test-secret-of-the-compose-file'),
  );
  const { services } = parse(filled, { merge: true }) as ComposeFile;
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

/** Returns the variables DOCKPASS_… that the image `dockpass` sets, from its stage in the Dockerfile. */
export async function imageEnvironment(): Promise<Record<string, string>> {
  const text = await readFile(join(repository, 'Dockerfile'), 'utf8');
  const stage = text.split(/^FROM /m).find((part) => part.startsWith('runtime AS dockpass\n')) ?? '';
  return Object.fromEntries(
    [...stage.matchAll(/\b(DOCKPASS_[A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

import { DockpassError } from '../errors.ts';
import { put, valueAt, resolveSettings, type Config, type GivenSettings, type Origin } from './load.ts';
import { reloadedSettings } from './reload.ts';
import { schema, secretKeys, type Settings } from './schema.ts';
import { settingAt } from './show.ts';

/** What a running server tells the commands about itself. It contains no secrets. */
export interface RunningServer {
  /** The command that started the server. */
  readonly program: 'serve' | 'up';
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The absolute path of the configuration file. Undefined if the server has read no file. */
  readonly file?: string | undefined;
  readonly given: GivenSettings;
  readonly origins: Readonly<Record<string, Origin>>;
}

type Identity = Omit<RunningServer, 'file' | 'given' | 'origins'> & { readonly file: string | undefined };

/**
 * Describes a running server as text.
 * @param initial the configuration with which the server has started
 * @param latest the configuration that the server has loaded last. Only the settings that can change without a restart
 *   are taken from it.
 * @param actual the values of settings that differ from the configuration, for example a port that the operating system
 *   has chosen
 */
export function describeServer(
  identity: Identity,
  initial: Config,
  latest: Config,
  actual: Readonly<Record<string, string>>,
): string {
  const first = JSON.parse(initial.given) as GivenSettings;
  const last = JSON.parse(latest.given) as GivenSettings;
  const values: Record<string, unknown> = { ...first.values };
  const origins = new Map(initial.origins);
  for (const key of reloadedSettings(initial, latest)) {
    put(values, key, valueAt(last.values, key));
    const origin = latest.origins.get(key);
    if (origin === undefined) origins.delete(key);
    else origins.set(key, origin);
  }
  for (const [key, value] of Object.entries(actual)) put(values, key, value);
  const server: RunningServer = {
    ...identity,
    given: { values, folder: first.folder },
    origins: Object.fromEntries(origins),
  };
  return JSON.stringify(server);
}

/** Parses the text of `describeServer`. Returns undefined if another version of dockpass wrote it in another form. */
export function parseServer(text: string): RunningServer | undefined {
  try {
    const server = JSON.parse(text) as RunningServer;
    return typeof server.pid === 'number' && typeof server.given.folder === 'string' ? server : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns the configuration that a running server uses. Secrets are those of `local`, the configuration of this
 * command, because the server does not tell its secrets.
 * @throws DockpassError `bad_configuration` if the server runs another version of dockpass with other settings
 */
export function configOfServer({ given, origins, file }: RunningServer, local: Config): Config {
  const values = { ...given.values };
  for (const key of secretKeys) {
    const secret = settingAt(local, key);
    if (secret !== null) put(values, key, secret);
  }
  const read = schema.safeParse(values);
  if (!read.success) {
    throw new DockpassError(
      'bad_configuration',
      'the running server has settings that this version of dockpass cannot read. Run the command with the version of dockpass that the server runs.',
    );
  }
  const settings: Settings = resolveSettings(read.data, given.folder);
  return Object.freeze({
    ...settings,
    database: local.database,
    file,
    origins: new Map(Object.entries(origins)),
    given: JSON.stringify(given),
  });
}

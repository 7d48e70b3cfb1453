import type { NamedAdmin } from '../admin/bootstrap-admin.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import type { Log } from '../observe/log.ts';

/** The options of one run of `dockpass up`. */
export interface UpOptions {
  readonly config: Config;
  /** Reads the configuration again from the same file, environment and flags. */
  readonly reload: () => Promise<Config>;
  readonly admin: NamedAdmin | undefined;
  readonly environment: Environment;
  /** Path of the registry program (`--registry`). If undefined, the program is searched for on PATH. */
  readonly registry: string | undefined;
  /** Path of the edge program (`--edge`). If undefined, the program is searched for on PATH. */
  readonly edge: string | undefined;
  readonly log: Log;
  /** Writes a line to stderr: warnings, progress, and the logs of the registry and the edge. */
  readonly printStatus: (line: string) => void;
  /** Writes a line to stdout: the next steps. */
  readonly print: (line: string) => void;
}

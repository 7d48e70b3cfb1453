import type { NamedAdmin } from '../admin/bootstrap-admin.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import type { Log } from '../observe/log.ts';
import type { SystemUsers } from './process/system-user.ts';

/** The options of one run of `dockpass up`. */
export interface UpOptions {
  readonly config: Config;
  /** Reads the configuration from the same file, environment variables and flags as at the start. */
  readonly reload: () => Promise<Config>;
  readonly admin: NamedAdmin | undefined;
  readonly environment: Environment;
  /** Path of the registry program (`--registry`). If undefined, dockpass searches for the program on PATH. */
  readonly registry: string | undefined;
  /** Path of the edge program (`--edge`). If undefined, dockpass searches for the program on PATH. */
  readonly edge: string | undefined;
  /** The users as whom the registry and the edge can run. If undefined, they run as the user of dockpass. */
  readonly users: SystemUsers | undefined;
  readonly log: Log;
  /** Returns the version of dockpass, which `dockpass status` shows. */
  readonly describeVersion: () => string;
  /** Writes one line to stderr: a warning, a progress message, or a line that the registry or the edge logged. */
  readonly printStatus: (line: string) => void;
  /** Writes one line to stdout. `dockpass up` uses it for the commands that the user needs next. */
  readonly print: (line: string) => void;
}

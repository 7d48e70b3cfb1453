import type { Clock } from '../clock.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import type { Store } from '../store/store.ts';
import type { ProbedDomain } from './domains.ts';
import { sendRequest, type HttpAnswer, type Target } from './network/http-request.ts';
import type { OwnKeys } from './own-keys.ts';
import type { RegistryFile } from './registry/registry-file.ts';
import type { DoctorRobot } from './robot.ts';

/** The state that all probes share: the configuration, the keys, the domains, and what doctor has found so far. */
export interface DoctorContext {
  readonly config: Config;
  readonly environment: Environment;
  readonly clock: Clock;
  /** The keys of dockpass. Undefined if there are no keys, or if they cannot be read. */
  readonly keys: OwnKeys | undefined;
  /** The reason why the keys cannot be read. Undefined if they can be read, or if there are no keys. */
  readonly keysError: string | undefined;
  /** The configured domains, and how doctor reaches the edge under each of them. */
  readonly domains: readonly ProbedDomain[];
  /** If true, doctor writes nothing to the registry or to the database. */
  readonly readOnly: boolean;
  /** True if someone has stopped pushes. `readOnly` is true then, too. */
  readonly writesAreStopped: boolean;
  /** See `DoctorOptions`. */
  readonly store: Store | undefined;
  /** The registries that the command line names. */
  readonly registries: readonly URL[];
  /** True if dockpass receives the events of registries: under `dockpass up`, or because `events.secret` is set. */
  readonly receivesEvents: boolean;
  /**
   * False if doctor found a fault in a registry. In this case, doctor skips some checks of the domains, because these
   * checks would only report the same fault for each domain.
   */
  readonly registriesAreHealthy: boolean;
  /**
   * The robot account with which doctor logs in as a client. Undefined before the robot is created, and if the robot
   * cannot be created.
   */
  readonly robot: DoctorRobot | undefined;
  readonly ask: Ask;
}

/**
 * A registry to check. `target` is the registry itself. If doctor cannot reach the registry directly, `target` is the
 * edge in front of the registry.
 */
export interface Registry {
  readonly url: URL;
  readonly target: Target;
  /**
   * True if doctor reaches the registry only through the edge. In this case, the edge and not the registry may have
   * sent an answer.
   */
  readonly behindEdge: boolean;
  /**
   * The configuration file of the registry. Undefined unless `--registry-config` gives its path, or doctor found the
   * file on this machine.
   */
  readonly file: RegistryFile | undefined;
  /**
   * The version of the registry, such as `3.1.1`. Undefined if the registry does not run on this machine, or if doctor
   * may not examine its process.
   */
  readonly version: string | undefined;
}

/**
 * Sends a GET request and returns the answer. If doctor has already sent a request with the same target, path and
 * headers, this function returns the earlier answer and sends nothing.
 */
export type Ask = (
  target: Target,
  path: string,
  headers?: Readonly<Record<string, string>>,
) => Promise<HttpAnswer>;

export function createAsk(): Ask {
  const answers = new Map<string, Promise<HttpAnswer>>();
  return (target, path, headers = {}) => {
    const key = JSON.stringify([target, path, headers]);
    const known = answers.get(key) ?? sendRequest(target, path, { headers });
    answers.set(key, known);
    return known;
  };
}

/**
 * Sends a GET request to the token server directly, not through the edge. `host` becomes the Host header.
 * @returns undefined if the token server cannot be reached from this machine
 */
export async function askTokenServer(
  { config: { listen }, ask }: DoctorContext,
  path: string,
  host = 'localhost',
): Promise<HttpAnswer | undefined> {
  const address = { '::': '::1', '0.0.0.0': '127.0.0.1' }[listen.host] ?? listen.host;
  const target = { host: address, port: listen.port, as: host, tls: false };
  return ask(target, path).catch(() => undefined);
}

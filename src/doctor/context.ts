import type { Clock } from '../clock.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import type { ProbedDomain } from './domains.ts';
import { sendRequest, type HttpAnswer, type Target } from './network/http-request.ts';
import type { OwnKeys } from './own-keys.ts';
import type { RegistryFile } from './registry/registry-file.ts';
import type { DoctorRobot } from './robot.ts';

/** What all probes look at. */
export interface DoctorContext {
  readonly config: Config;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Undefined if there are none, or if they cannot be read. */
  readonly keys: OwnKeys | undefined;
  /** Why the keys cannot be read; undefined if they can be read, or if there are none. */
  readonly keysError: string | undefined;
  /** The edge under each configured domain. */
  readonly domains: readonly ProbedDomain[];
  /** Nothing may be written: neither to the registry nor to the database. */
  readonly readOnly: boolean;
  /** False if a registry has a fault that every domain in front of it would show too. */
  readonly registriesAreHealthy: boolean;
  /** The robot with which doctor logs in as a client does; undefined before it is created, or if it cannot be. */
  readonly robot: DoctorRobot | undefined;
  readonly ask: Ask;
}

/** A registry, or the edge in front of it if the registry itself cannot be reached. */
export interface Registry {
  readonly url: URL;
  readonly target: Target;
  /** It is reached through the edge, so its answers may come from the edge. */
  readonly behindEdge: boolean;
  /** Its configuration file, if doctor was told of it or found it on this machine. */
  readonly file: RegistryFile | undefined;
  /** Such as `3.1.1`; undefined if it does not run on this machine, or may not be examined. */
  readonly version: string | undefined;
}

/** Sends a GET request. Each combination of target, path and headers is sent once; later callers get that answer. */
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
 * Asks the token server directly, around the edge, as a client that sent `host` as its Host header.
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

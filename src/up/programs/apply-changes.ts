import { isDeepStrictEqual } from 'node:util';
import type { TokenServer } from '../../app/server.ts';
import type { Config } from '../../config/load.ts';
import type { EdgePart } from './edge.ts';
import { reloadEdge } from './reload-edge.ts';
import type { ChildProcess } from '../process/child-process.ts';
import type { UpOptions } from '../up.ts';

/** The registry reads these when it starts: to change them beside it would have it refuse every token. */
const ofTheRegistry = ['service', 'issuer', 'externalUrl'] as const;

export interface Changes {
  /** Has the token server, and the edge if it runs, take over the configuration as it is now. Never throws. */
  readonly take: (server: TokenServer) => Promise<void>;
  /** From now on also for this edge, which was started with the configuration of the start. */
  of(part: EdgePart, running: ChildProcess): Promise<void>;
}

/** A changed configuration under `up` changes all parts that it is about, or says that they want a restart. */
export function followChanges(
  { config, reload, log }: UpOptions,
  prepare: (config: Config) => Promise<EdgePart>,
): Changes {
  let inForce = config;
  let edge: { readonly part: EdgePart; readonly running: ChildProcess } | undefined;

  const load = async (): Promise<Config> => {
    const wanted = await reload();
    const kept = ofTheRegistry.filter((key) => !isDeepStrictEqual(config[key], wanted[key]));
    if (kept.length > 0) log.warn(`changed, but wants a restart: ${kept.join(', ')}`);
    const { service, issuer, externalUrl } = config;
    return { ...wanted, service, issuer, externalUrl };
  };
  /** The edge knows the public names, and whose word about the client counts; ports and upstreams stay. */
  const follow = async (): Promise<void> => {
    if (edge === undefined) return;
    const { publicDomains, trustedProxies } = inForce;
    try {
      const part = await prepare({ ...config, publicDomains, trustedProxies });
      if (part.text === edge.part.text) return;
      await reloadEdge(part, edge.running);
      edge = { part, running: edge.running };
      log.info('the edge has taken over the changed configuration');
    } catch (error) {
      log.error('the edge did not take over the changed configuration: it wants a restart', error);
    }
  };
  return {
    take: async (server) => {
      const taken = await server.reload(load);
      if (taken === undefined) return;
      inForce = taken;
      await follow();
    },
    of: (part, running) => {
      edge = { part, running };
      return follow();
    },
  };
}

import type { DoctorContext, Registry } from '../context.ts';
import type { Target } from '../network/http-request.ts';
import { localAddressOf } from '../../net/listen-address.ts';
import { endpointsIn, type EventEndpoint } from '../registry/registry-file.ts';

/** What doctor knows about the events that a registry sends. */
export interface SentEvents {
  /** Where the running registry sends its events, or where its configuration says that it sends them. */
  readonly endpoints: readonly EventEndpoint[];
  /** How many events wait in the memory of the registry. Undefined if the registry does not tell. */
  readonly waitingCount: number | undefined;
}

/**
 * Finds out where a registry sends its events: from its debug server, which also knows how many events wait, or else
 * from its configuration file.
 * @returns undefined if doctor can read neither of them
 */
export async function sentEvents(
  { ask }: DoctorContext,
  { file, target }: Registry,
): Promise<SentEvents | undefined> {
  if (file === undefined) return undefined;
  const { debugListen, endpoints } = file;
  if (debugListen !== undefined) {
    const { host, port } = localAddressOf(debugListen);
    const debug: Target = { host, port, as: target.as, tls: false };
    const answer = await ask(debug, '/debug/vars').catch(() => undefined);
    const running = answer?.status === 200 ? parseVariables(answer.body) : undefined;
    if (running !== undefined) return running;
  }
  return { endpoints, waitingCount: undefined };
}

interface Variables {
  readonly registry?: {
    readonly notifications?: {
      readonly endpoints?: readonly { readonly Metrics?: { readonly Pending?: number } }[];
    };
  };
}

/** Reads the variables of a debug server (the package `expvar` of Go). */
function parseVariables(text: string): SentEvents | undefined {
  try {
    const list = (JSON.parse(text) as Variables).registry?.notifications?.endpoints ?? [];
    const waiting = list.map(({ Metrics }) => Metrics?.Pending ?? 0);
    return { endpoints: endpointsIn(list), waitingCount: Math.max(0, ...waiting) };
  } catch {
    return undefined;
  }
}

/** Returns the endpoint that is meant for dockpass. */
export function endpointOfDockpass(
  endpoints: readonly EventEndpoint[],
  { config }: Pick<DoctorContext, 'config'>,
): EventEndpoint | undefined {
  const port = String(config.events.listen.port);
  const enabled = endpoints.filter(({ isDisabled }) => !isDisabled);
  return (
    enabled.find(({ name }) => name === 'dockpass') ??
    enabled.find(
      ({ url }) => URL.canParse(url) && (new URL(url).port === port || new URL(url).pathname === '/events'),
    )
  );
}

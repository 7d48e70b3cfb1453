import { setTimeout as wait } from 'node:timers/promises';
import { eventsUrl } from '../../registry/registry-config.ts';
import type { ReceivedEvent, Usage } from '../../store/store.ts';
import { askTokenServer, type DoctorContext, type Registry } from '../context.ts';
import { noFindings, warning, wrong, type Finding } from '../finding.ts';
import type { Target } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { restartRegistryOr } from '../registry/registry-fix.ts';
import { registryDeletes } from '../registry/registry-deletes.ts';
import type { EventEndpoint } from '../registry/registry-file.ts';
import { endpointOfDockpass, sentEvents, type SentEvents } from './event-endpoint.ts';
import { listenerTarget, nothingCounted, sendNotification, type ListenerAnswer } from './listener.ts';
import { withUsage } from './read-usage-store.ts';
import { causeEvent, type ScratchEvent } from './scratch-event.ts';

/** How long doctor waits for an event. A registry sends it at once, and again after 1 s if dockpass was busy. */
const waitMs = 5000;
/** How long doctor waits if the configuration of the registry has a fault. Then most likely no event arrives. */
const faultyWaitMs = 500;
const pollMs = 50;

interface Sent {
  readonly hasArrived: boolean;
  /** True if the registry has also sent events about layers. */
  readonly hasLayers: boolean;
  /** Undefined if doctor can read neither the configuration nor the debug server of the registry. */
  readonly sent: SentEvents | undefined;
  /** The endpoint for dockpass. */
  readonly endpoint: EventEndpoint | undefined;
  /** How the URL of the endpoint answers to a notification. Undefined if the endpoint is not known. */
  readonly answer: ListenerAnswer | undefined;
}

/**
 * Causes the registry to send an event, and checks that it arrives. If it does not, finds out why from the
 * configuration of the registry, and by sending a notification to the URL that this configuration contains.
 */
export const registrySendsEvents = createProbe<Registry, Sent | undefined>({
  after: [registryDeletes],
  measure: (context, registry) => measure(context, registry),
  judge: (measured, registry, context) => {
    if (measured === undefined) return noFindings;
    return measured.hasArrived ? judgeArrived(measured, registry) : judgeMissing(measured, registry, context);
  },
});

async function measure(context: DoctorContext, registry: Registry): Promise<Sent | undefined> {
  if (context.readOnly || context.keys === undefined || !(await isListening(context))) return undefined;
  return withUsage(context, async (usage) => {
    const [newest] = await usage.arrivals({ limit: 1 });
    const event = await causeEvent(context, registry.target);
    if (event === undefined) return undefined;
    const sent = await sentEvents(context, registry);
    const endpoint = sent && endpointOfDockpass(sent.endpoints, context);
    const answer = endpoint && (await answerOf(endpoint));
    const isFaulty = sent !== undefined && answer !== 200;
    const arrived = await waitFor(usage, event, newest?.seq ?? 0, isFaulty ? faultyWaitMs : waitMs);
    return {
      hasArrived: arrived.length > 0,
      hasLayers: arrived.some(({ kind }) => kind === 'blob') || endpoint?.ignoresLayers === false,
      ...{ sent, endpoint, answer },
    };
  });
}

/** Returns false if dockpass receives no events at the moment. The probe `eventsReceived` has reported why. */
async function isListening(context: DoctorContext): Promise<boolean> {
  const { receivesEvents, config, ask } = context;
  if (!receivesEvents || (await askTokenServer(context, '/auth/jwks')) === undefined) return false;
  // Without a secret in the configuration, `dockpass up` may use another port.
  if (config.events.secret === null) return true;
  return ask(listenerTarget(context), '/events').then(
    ({ status }) => status === 405,
    () => false,
  );
}

async function waitFor(
  usage: Usage,
  { actor, repository }: ScratchEvent,
  afterSeq: number,
  timeoutMs: number,
): Promise<readonly ReceivedEvent[]> {
  for (const end = performance.now() + timeoutMs; ;) {
    const arrivals = await usage.arrivals({ afterSeq, repository, limit: 1000 });
    const ours = arrivals.filter((event) => event.actor === actor);
    // Events about layers are sent before the event about the manifest.
    if (ours.some(({ kind }) => kind !== 'blob') || performance.now() > end) return ours;
    await wait(pollMs);
  }
}

async function answerOf({ url, authorization }: EventEndpoint): Promise<ListenerAnswer> {
  if (!URL.canParse(url)) return 'closed';
  const { protocol, hostname, port, host, pathname, search } = new URL(url);
  const tls = protocol === 'https:';
  const target: Target = {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || (tls ? 443 : 80)),
    as: host,
    tls,
  };
  return sendNotification(target, pathname + search, authorization, []);
}

function judgeArrived({ hasLayers }: Sent, { url, file }: Registry): readonly Finding[] {
  if (!hasLayers) return noFindings;
  return warning('events_of_layers', {
    problem: `The registry at ${url.origin} also sends events about layers, which dockpass does not count.`,
    impact:
      'A large push sends thousands of events. They need space in the database, and later events wait for them.',
    fix: `In ${file?.path ?? "the registry's configuration"}, set \`ignore: {mediatypes: [application/octet-stream]}\` in the endpoint of dockpass under notifications.endpoints. Then restart the registry.`,
  });
}

function judgeMissing(
  { sent, endpoint, answer }: Sent,
  registry: Registry,
  context: DoctorContext,
): readonly Finding[] {
  const waiting = sent?.waitingCount ?? 0;
  const problem = [
    `The registry at ${registry.url.origin} has sent no event about a request of doctor.`,
    ...(waiting > 0 ? [`${waiting} events wait in its memory.`] : []),
  ].join(' ');
  const impact = nothingCounted;
  if (sent === undefined)
    return wrong('events_missing', {
      problem,
      impact,
      fix: 'Add the endpoint in docs/usage.md to notifications.endpoints in the configuration of the registry, and restart it. If it is there, read the log of the registry for "dockpass": "401" means that the secret is wrong, "connection refused" that the URL is. To find the exact cause, run doctor with --registry-config FILE.',
    });
  const where = registry.file?.path ?? "the registry's configuration";
  const ours = eventsUrl(context.config.events.listen);
  const isFileRight = endpoint !== undefined && differsFromFile(endpoint, registry, context);
  if (endpoint === undefined)
    return wrong('events_not_configured', {
      problem: `${problem} It has no endpoint for dockpass.`,
      impact,
      fix: restartRegistryOr(
        registry,
        endpointOfDockpass(registry.file?.endpoints ?? [], context) !== undefined,
        `add the endpoint in docs/usage.md under notifications.endpoints, with the URL ${ours}`,
      ),
    });
  if (answer === 401)
    return wrong('events_wrong_secret', {
      problem: `${problem} ${endpoint.url} rejects the secret that it sends.`,
      impact,
      fix: restartRegistryOr(
        registry,
        isFileRight,
        'set the header Authorization of the endpoint to "Bearer " and the value of events.secret in dockpass.yml',
      ),
    });
  if (answer !== 200)
    return wrong('events_wrong_url', {
      problem: `${problem} It sends events to ${endpoint.url}, where ${answer === 'closed' ? 'no server answers this machine' : `the answer is ${answer}`}.`,
      impact,
      fix: restartRegistryOr(
        registry,
        isFileRight,
        `set the URL of the endpoint to ${ours}, or to the address at which the machine of the registry reaches it`,
      ),
    });
  return wrong('events_missing', {
    problem: `${problem} The endpoint in ${where} is correct.`,
    impact,
    fix: 'If the endpoint was changed after the registry started, restart the registry. Otherwise read the log of the registry for "dockpass".',
  });
}

/** Returns true if the running registry uses another endpoint than its configuration file now contains. */
function differsFromFile(running: EventEndpoint, { file }: Registry, context: DoctorContext): boolean {
  const written = endpointOfDockpass(file?.endpoints ?? [], context);
  return (
    written !== undefined && (written.url !== running.url || written.authorization !== running.authorization)
  );
}

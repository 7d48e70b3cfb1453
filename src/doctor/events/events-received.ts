import { randomUUID } from 'node:crypto';
import { formatListen } from '../../net/listen-address.ts';
import type { ReceivedEvent } from '../../store/store.ts';
import { askTokenServer, type DoctorContext } from '../context.ts';
import { noFindings, warning, wrong, type Finding } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { scratch } from '../scratch.ts';
import { isKnownHost, knowsAllHosts } from './known-hosts.ts';
import { listenerTarget, nothingCounted, sendNotification, type ListenerAnswer } from './listener.ts';
import { withUsage } from './read-usage-store.ts';

const minuteMs = 60_000;
/** An event that arrives this much later than it happened has waited in the queue of the registry. */
const lateMs = minuteMs;
/** The part of the past in which doctor looks for late events. An interruption that ended earlier needs no fix. */
const lateSinceMs = 10 * minuteMs;
const hostsSinceMs = 60 * minuteMs;
/** The number of events that doctor examines. */
const examined = 1000;

interface Received {
  /** The answer to doctor's own event. Undefined if doctor did not send it. */
  readonly answer: ListenerAnswer | undefined;
  /** False if the listener has accepted doctor's own event, but the database does not contain it. */
  readonly isStored: boolean;
  /** The events that arrived last, without those of doctor. */
  readonly arrivals: readonly ReceivedEvent[];
}

/**
 * Sends an event as a registry does, and checks that the database contains it. Then examines the events that arrived
 * last: how late they arrived, and from which hosts they came.
 */
export const eventsReceived = createProbe<undefined, Received | undefined>({
  measure: async (context) => {
    if (!context.receivesEvents) return undefined;
    const id = `dockpass-doctor-${randomUUID()}`;
    const answer = await sendOwnEvent(context, id);
    const arrivals = await withUsage(context, (usage) => usage.arrivals({ limit: examined }));
    const isSent = answer === 200 && !context.readOnly;
    return {
      answer,
      isStored: !isSent || arrivals === undefined || arrivals.some((event) => event.id === id),
      arrivals: (arrivals ?? []).filter(({ repository }) => repository !== scratch),
    };
  },
  judge: (received, _subject, context) => {
    if (received === undefined) return noFindings;
    const fault = judgeListener(received, context);
    if (fault.length > 0) return fault;
    return [...judgeDelay(received, context), ...judgeHosts(received, context)];
  },
});

/**
 * Sends an event that does not count to the listener. With `--read-only`, sends a notification without events.
 * @returns undefined if the secret is not known, or if the token server does not run
 */
async function sendOwnEvent(context: DoctorContext, id: string): Promise<ListenerAnswer | undefined> {
  const { config, clock, readOnly } = context;
  const { secret } = config.events;
  if (secret === null || (await askTokenServer(context, '/auth/jwks')) === undefined) return undefined;
  const event = {
    id,
    timestamp: new Date(clock()).toISOString(),
    action: 'pull',
    target: { repository: scratch, mediaType: 'application/vnd.oci.image.manifest.v1+json' },
    request: { method: 'HEAD', host: 'localhost', useragent: 'dockpass-doctor' },
    actor: { name: 'dockpass-doctor' },
  };
  return sendNotification(listenerTarget(context), '/events', `Bearer ${secret}`, readOnly ? [] : [event]);
}

function judgeListener({ answer, isStored }: Received, { config }: DoctorContext): readonly Finding[] {
  const where = `http://${formatListen(config.events.listen)}/events`;
  if (answer === 'closed')
    return wrong('events_listener', {
      problem: `dockpass runs, but does not receive events at ${where}, the address of events.listen.`,
      impact: nothingCounted,
      fix: 'Restart dockpass, because it reads events.listen and events.secret only when it starts. If another machine runs it, run doctor there.',
    });
  if (answer === 401)
    return wrong('events_listener', {
      problem: `${where} rejects the secret in events.secret of this configuration.`,
      impact: 'The running server uses another secret. A registry that sends the new one is rejected.',
      fix: 'Restart dockpass, because it reads events.secret only when it starts. Or run doctor with the configuration file of the running server: --config FILE.',
    });
  if (answer !== undefined && answer !== 200)
    return wrong('events_listener', {
      problem: `${where} answers a notification with the status ${answer}.`,
      impact: nothingCounted,
      fix:
        answer === 503
          ? 'Read the log of dockpass. Most often the database cannot be reached, or its disk is full.'
          : 'Another program listens there. Choose another port with events.listen, and restart dockpass.',
    });
  if (isStored) return noFindings;
  return wrong('events_listener', {
    problem: `${where} accepts an event, but the database of this configuration does not contain it.`,
    impact: 'The events of the registry are counted in another database.',
    fix: 'Run doctor with the configuration file of the running server: --config FILE. Or stop the other dockpass that listens there.',
  });
}

function judgeDelay({ arrivals }: Received, { clock }: DoctorContext): readonly Finding[] {
  const recent = arrivals.filter(({ receivedAt }) => receivedAt >= clock() - lateSinceMs);
  const delays = recent.map(({ at, receivedAt }) => receivedAt - at).filter((delay) => delay > lateMs);
  if (delays.length === 0) return noFindings;
  const minutes = Math.ceil(delays.reduce((one, other) => Math.max(one, other)) / minuteMs);
  return warning('events_late', {
    problem: `${delays.length} of the last ${recent.length} events arrived more than a minute after they happened, up to ${minutes} minutes.`,
    impact:
      'The events waited in the memory of the registry. If the registry is restarted during that time, they are lost. Until they arrive, images that are in use look unused.',
    fix: 'Read the log of the registry for "dockpass", and the log of dockpass for "cannot store events". If dockpass was stopped during that time, nothing needs to be done.',
  });
}

function judgeHosts({ arrivals }: Received, context: DoctorContext): readonly Finding[] {
  if (!knowsAllHosts(context.config)) return noFindings;
  const recent = arrivals.filter(
    ({ receivedAt, host }) => receivedAt >= context.clock() - hostsSinceMs && host !== '',
  );
  const unknown = recent.filter(({ host }) => !isKnownHost(host, context));
  const [last] = unknown;
  if (last === undefined) return noFindings;
  return warning('events_unknown_registry', {
    problem: `${unknown.length} of the last ${recent.length} events are about requests to a host that is neither a configured domain nor a configured registry. The last one: ${JSON.stringify(last.host.slice(0, 80))}, repository ${JSON.stringify(last.repository.slice(0, 80))}.`,
    impact:
      'Another registry sends its events to this dockpass, or clients use a domain that is not configured. Its pulls and pushes are counted together with those of your registry.',
    fix: 'If it is a domain of yours, add it to up.privateDomains or publicDomains. If it is another registry, remove the endpoint from its configuration. If you do not know it, someone else knows the secret: change events.secret, here and in your registry.',
  });
}

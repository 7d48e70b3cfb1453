import type { Clock } from '../clock.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import { createAsk, type DoctorContext, type Registry } from './context.ts';
import {
  describeDomain,
  findDomains,
  reachableDomains,
  type EdgeOverrides,
  type ProbedDomain,
  type ReachableDomain,
} from './domains.ts';
import { clientProbes } from './edge/client-probes.ts';
import { uploadsShared } from './edge/uploads-shared.ts';
import { domainProbes, nameProbes } from './edge/domain-probes.ts';
import { isWrong, type Finding } from './finding.ts';
import { localProbes } from './local/local-probes.ts';
import { readOwnKeys } from './own-keys.ts';
import { runProbes } from './probe.ts';
import { locateRegistries } from './registry/locate-registries.ts';
import { registryProbes } from './registry/registry-probes.ts';
import { createDoctorRobot } from './robot.ts';
import type { Store } from '../store/store.ts';
import { removeEmptyScratch } from './scratch.ts';
import { writesFolder } from '../writes/writes-folder.ts';
import { readWritesStop } from '../writes/writes-stop.ts';

export interface DoctorOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly clock: Clock;
  /** The URLs of the registries to check. If empty, doctor checks the registries in the configuration. */
  readonly registries: readonly URL[];
  /** The path of a registry's configuration file. doctor compares this file with the configuration of dockpass. */
  readonly registryConfig: string | undefined;
  readonly overrides: Omit<EdgeOverrides, 'registries'>;
  /** If true, doctor writes nothing to the registry or to the database. */
  readonly readOnly: boolean;
  /**
   * The database in which doctor creates its robot. A running server passes its own. If undefined, doctor opens the
   * database of the configuration as a command.
   */
  readonly store?: Store;
  /** `own edge` if the running server is `dockpass up`, whose edge is on this machine. */
  readonly edge: 'own edge' | 'other edge';
}

export interface Diagnosis extends Checked {
  /** What doctor has checked: this machine, each registry and each domain. */
  readonly checked: readonly string[];
}

interface Checked {
  /**
   * The findings, with the root cause first. Each code appears only once in the list, because all domains of one edge
   * usually have the same faults.
   */
  readonly findings: readonly Finding[];
  /** A sentence that says which checks were skipped, and why; undefined if no check was skipped. */
  readonly skipped: string | undefined;
}

/**
 * Checks this machine and the registries, and sends requests through each domain as a client does. At the end, doctor
 * removes the robot and the images that it has created.
 */
export async function runDoctor(options: DoctorOptions): Promise<Diagnosis> {
  const context = await openContext(options);
  const registries = await locateRegistries(options, context);
  const direct = registries.filter(({ behindEdge }) => !behindEdge);
  const throughEdge = registries.filter(({ behindEdge }) => behindEdge);

  const ofMachine = await runProbes(localProbes, context, undefined, 'this machine');
  const ofRegistries = await checkRegistries(context, direct);
  const seenSoFar = { ...context, registriesAreHealthy: !ofRegistries.some(isRegistryFault) };
  const ofDomains = await checkDomains(seenSoFar);
  // doctor checks these registries through the edge, because it cannot reach them directly. If the edge works for no
  // domain, skip these checks, because they would only report the faults of the edge again.
  const ofHidden = ofDomains.sound.length > 0 ? await checkRegistries(seenSoFar, throughEdge) : [];
  const found = [...ofMachine, ...ofRegistries, ...ofDomains.findings, ...ofHidden];

  // If the token server or a registry has a fault, the tokens of clients fail under every domain because of this fault.
  // So doctor skips the client checks, which would only report the fault again.
  const others = [...ofMachine, ...ofRegistries, ...ofHidden].filter(isRegistryFault);
  const { findings, skipped } =
    others.length > 0
      ? clientNotChecked('fix the problems above first')
      : await checkAsClient(seenSoFar, ofDomains.sound);
  if (!options.readOnly)
    for (const { file } of direct) if (file?.storage !== undefined) await removeEmptyScratch(file.storage);
  return {
    findings: withoutRepeats([...found, ...findings]),
    skipped,
    checked: [
      'this machine: configuration, keys, database and clock',
      ...registries.map(
        ({ url, behindEdge }) => `registry ${url.origin}${behindEdge ? ', through the edge' : ''}`,
      ),
      ...context.domains.map(describeDomain),
      ...(context.domains.length === 0
        ? ['no domain, because none is configured, and no edge listens on this machine']
        : []),
    ],
  };
}

async function openContext(options: DoctorOptions): Promise<DoctorContext> {
  const { config, environment, clock, readOnly, registries, overrides } = options;
  const keys = await readOwnKeys(config, clock).catch(messageOf);
  const stop = await readWritesStop(writesFolder(config)).catch(() => undefined);
  return {
    config,
    environment,
    clock,
    readOnly: readOnly || stop !== undefined,
    writesAreStopped: stop !== undefined,
    store: options.store,
    registries,
    receivesEvents: options.edge === 'own edge' || config.events.secret !== null,
    keys: typeof keys === 'string' ? undefined : keys,
    keysError: typeof keys === 'string' ? keys : undefined,
    domains: await findDomains(config, { ...overrides, registries }, options.edge),
    registriesAreHealthy: true,
    robot: undefined,
    ask: createAsk(),
  };
}

async function checkRegistries(
  context: DoctorContext,
  registries: readonly Registry[],
): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const registry of registries)
    found.push(...(await runProbes(registryProbes, context, registry, registry.url.origin)));
  return found;
}

interface DomainsChecked {
  readonly findings: readonly Finding[];
  /** The domains for which doctor found nothing wrong. They may have warnings. */
  readonly sound: readonly ReachableDomain[];
}

async function checkDomains(context: DoctorContext): Promise<DomainsChecked> {
  const ofNames = await Promise.all(
    context.domains.map((domain: ProbedDomain) => runProbes(nameProbes, context, domain, domain.name)),
  );
  const checked = await Promise.all(
    reachableDomains(context.domains).map(async (domain) => ({
      domain,
      findings: await runProbes(domainProbes, context, domain, domain.name),
    })),
  );
  const { findings, sound } = domainsChecked(checked);
  return { findings: [...ofNames.flat(), ...findings], sound };
}

function domainsChecked(
  checked: readonly { readonly domain: ReachableDomain; readonly findings: readonly Finding[] }[],
): DomainsChecked {
  return {
    findings: checked.flatMap(({ findings }) => findings),
    sound: checked.filter(({ findings }) => !findings.some(isWrong)).map(({ domain }) => domain),
  };
}

/**
 * Checks uploads through the domains, one domain after the other. An edge may send requests to several registries in
 * turn. If doctor checked two domains at the same time, the requests for one domain would change which registry gets
 * the next request for the other domain.
 */
async function checkUploads(
  context: DoctorContext,
  domains: readonly ReachableDomain[],
): Promise<DomainsChecked> {
  const checked: { readonly domain: ReachableDomain; readonly findings: readonly Finding[] }[] = [];
  for (const domain of domains)
    checked.push({ domain, findings: await runProbes([uploadsShared], context, domain, domain.name) });
  return domainsChecked(checked);
}

function clientNotChecked(reason: string, findings: readonly Finding[] = []): Checked {
  return { findings, skipped: `Logging in, pushing and pulling were not checked: ${reason}.` };
}

/**
 * Logs in, pushes and pulls through each domain as a client does. doctor creates a robot account for these checks and
 * removes it afterwards.
 */
async function checkAsClient(context: DoctorContext, domains: readonly ReachableDomain[]): Promise<Checked> {
  const uploads = await checkUploads(context, domains);
  const { sound } = uploads;
  if (sound.length === 0) return clientNotChecked('every domain has a problem', uploads.findings);
  const robot = context.readOnly
    ? { reason: context.writesAreStopped ? 'pushes are stopped' : '--read-only was given' }
    : await createDoctorRobot(context.config, context.clock, context.store);
  const isCreated = !('reason' in robot);
  try {
    const client = { ...context, robot: isCreated ? robot : undefined };
    const findings = await Promise.all(
      sound.map((domain) => runProbes(clientProbes, client, domain, domain.name)),
    );
    const all = [...uploads.findings, ...findings.flat()];
    return isCreated ? { findings: all, skipped: undefined } : clientNotChecked(robot.reason, all);
  } finally {
    // If the robot cannot be removed, for example because the database is no longer writable, still return the
    // findings. The robot expires on its own.
    if (isCreated) await robot.remove().catch(() => undefined);
  }
}

/**
 * Returns true if other checks would fail because of this finding. A registry that does not allow deletion, or sends no
 * events, still supports all other requests.
 */
function isRegistryFault(finding: Finding): boolean {
  return isWrong(finding) && finding.code !== 'deletion_off' && !finding.code.startsWith('events_');
}

function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ code }, at) => findings.findIndex((other) => other.code === code) === at);
}

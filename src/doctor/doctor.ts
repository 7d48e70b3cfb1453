import type { Clock } from '../clock.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import { createAsk, type DoctorContext, type Registry } from './context.ts';
import {
  findDomains,
  reachableDomains,
  type EdgeOverrides,
  type ProbedDomain,
  type ReachableDomain,
} from './domains.ts';
import { clientProbes } from './edge/client-probes.ts';
import { domainProbes, nameProbes } from './edge/domain-probes.ts';
import { isWrong, type Finding } from './finding.ts';
import { localProbes } from './local/local-probes.ts';
import { readOwnKeys } from './own-keys.ts';
import { runProbes } from './probe.ts';
import { locateRegistries } from './registry/locate-registries.ts';
import { registryProbes } from './registry/registry-probes.ts';
import { createDoctorRobot } from './robot.ts';

export interface DoctorOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly clock: Clock;
  /** Empty: those of the configuration. */
  readonly registries: readonly URL[];
  /** A registry's configuration file, to compare with. */
  readonly registryConfig: string | undefined;
  readonly overrides: Omit<EdgeOverrides, 'registries'>;
  /** Writes neither to the registry nor to the database. */
  readonly readOnly: boolean;
}

export interface Diagnosis {
  /** The root cause first. Each code comes once: the domains of one edge mostly have the same fault. */
  readonly findings: readonly Finding[];
  /** What was not checked and why, in a sentence. */
  readonly skipped: string | undefined;
}

/**
 * Checks this machine, the registries, and each domain the way a client takes. It leaves nothing behind: it removes the
 * robot and the images that it creates.
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
  // Answers of a registry behind an edge come through that edge, so the edge has to be sound.
  const ofHidden = ofDomains.sound.length > 0 ? await checkRegistries(seenSoFar, throughEdge) : [];
  const found = [...ofMachine, ...ofRegistries, ...ofDomains.findings, ...ofHidden];

  // Tokens of a faulty token server or for a faulty registry fail in every domain, for a reason that is known already.
  const others = [...ofMachine, ...ofRegistries, ...ofHidden].filter(isRegistryFault);
  const { findings, skipped } =
    others.length > 0 ? nothingChecked : await checkAsClient(seenSoFar, ofDomains.sound);
  return { findings: withoutRepeats([...found, ...findings]), skipped };
}

async function openContext(options: DoctorOptions): Promise<DoctorContext> {
  const { config, environment, clock, readOnly, registries, overrides } = options;
  const keys = await readOwnKeys(config, clock).catch(messageOf);
  return {
    config,
    environment,
    clock,
    readOnly,
    keys: typeof keys === 'string' ? undefined : keys,
    keysError: typeof keys === 'string' ? keys : undefined,
    domains: await findDomains(config, { ...overrides, registries }),
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
  /** Those with no finding but warnings. */
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
  return {
    findings: [...ofNames.flat(), ...checked.flatMap(({ findings }) => findings)],
    sound: checked.filter(({ findings }) => !findings.some(isWrong)).map(({ domain }) => domain),
  };
}

const nothingChecked: Diagnosis = { findings: [], skipped: undefined };

/** Goes the way that a client takes through each domain, with a robot that lives for this check only. */
async function checkAsClient(
  context: DoctorContext,
  domains: readonly ReachableDomain[],
): Promise<Diagnosis> {
  if (domains.length === 0) return nothingChecked;
  const robot = context.readOnly
    ? { reason: '--read-only was given' }
    : await createDoctorRobot(context.config, context.clock);
  const isCreated = !('reason' in robot);
  try {
    const client = { ...context, robot: isCreated ? robot : undefined };
    const findings = await Promise.all(
      domains.map((domain) => runProbes(clientProbes, client, domain, domain.name)),
    );
    const skipped = isCreated
      ? undefined
      : `Logging in, pushing and pulling were not checked: ${robot.reason}.`;
    return { findings: findings.flat(), skipped };
  } finally {
    if (isCreated) await robot.remove();
  }
}

/** Deletion that is switched off does not stop anything else. */
function isRegistryFault(finding: Finding): boolean {
  return isWrong(finding) && finding.code !== 'deletion_off';
}

function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ code }, at) => findings.findIndex((other) => other.code === code) === at);
}

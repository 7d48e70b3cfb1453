import type { Clock } from '../clock.ts';
import type { Environment } from '../config/environment.ts';
import type { Config } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import { formatListen } from '../net/listen-address.ts';
import { sendRequest, type Target } from './http-request.ts';
import {
  findDomains,
  reachableDomains,
  type ProbedDomain,
  type ReachableDomain,
  type Ways,
} from './domains.ts';
import { isWrong, wrong, type Finding } from './finding.ts';
import { ownKeys } from './own-keys.ts';
import type { DoctorContext, Registry } from './context.ts';
import { bodySize } from './edge/body-size.ts';
import { certificate, speaksTls } from './edge/certificate.ts';
import { database } from './local/database.ts';
import { edgeIssuesTokens } from './edge/edge-issues-tokens.ts';
import { edgeReachesTokenServer, isKeySet } from './edge/edge-reaches-us.ts';
import { edgeListens } from './edge/edge-listens.ts';
import { edgePassesHost } from './edge/edge-passes-host.ts';
import { edgeTokenServers } from './edge/edge-token-servers.ts';
import { keyFilesOpen } from './local/key-files-open.ts';
import { keysReadable } from './local/keys-readable.ts';
import { leafValid } from './local/leaf-valid.ts';
import { registryAnswers } from './registry/registry-answers.ts';
import { registryAsksForToken } from './registry/registry-asks-for-token.ts';
import { registryChallenge } from './registry/registry-challenge.ts';
import { registryClock } from './registry/registry-clock.ts';
import { registryDeletes } from './registry/registry-deletes.ts';
import { registryExposed } from './registry/registry-exposed.ts';
import { registryKnowsAlgorithm } from './registry/registry-knows-algorithm.ts';
import { registryTrustsUs } from './registry/registry-trusts-us.ts';
import { roundTrip } from './edge/round-trip.ts';
import { tokenServerClock } from './edge/token-server-clock.ts';
import { uploadsStream } from './edge/uploads-stream.ts';
import { readRegistryFile, type RegistryFile } from './registry/registry-file.ts';
import { registryProcessOn } from './registry/registry-process.ts';
import { isOnThisMachine } from './this-machine.ts';

// What doctor looks at, from the root to the branches. Within a chapter each probe relies on those before it: the
// first that finds something wrong ends the chapter, and what follows from it is not told as well.

const thisMachine = [keyFilesOpen, keysReadable, leafValid, database, tokenServerClock] as const;

const eachRegistry = [
  registryAnswers,
  registryClock,
  registryAsksForToken,
  registryChallenge,
  registryKnowsAlgorithm,
  registryTrustsUs,
  registryDeletes,
  registryExposed,
] as const;

const eachDoor = [
  (_patient: DoctorContext, door: ReachableDomain) => speaksTls(door),
  edgeReachesTokenServer,
  (_patient: DoctorContext, door: ReachableDomain) => certificate(door),
  edgePassesHost,
  edgeTokenServers,
  edgeIssuesTokens,
  bodySize,
  (_patient: DoctorContext, door: ReachableDomain) => uploadsStream(door),
] as const;

export interface DoctorOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly registries: readonly URL[];
  readonly registryConfig: string | undefined;
  readonly ways: Ways;
  readonly readOnly: boolean;
}

/** All that is wrong, the root cause first. Changes nothing but for the scratch repository, and that back again. */
export async function runDoctor(order: DoctorOptions): Promise<readonly Finding[]> {
  const { config, environment, clock, readOnly } = order;
  const keys = await ownKeys(config, clock).catch(messageOf);
  const domains = await findDomains(config, order.ways);
  const patient: DoctorContext = {
    ...{ config, environment, clock, domains, readOnly, registriesAreHealthy: true },
    ...(typeof keys === 'string' ? { keys: undefined, keysFault: keys } : { keys, keysFault: undefined }),
  };
  const registries = await Promise.all(registriesOf(order).map((url) => registryAt(url, order, patient)));

  const machine = await allOf(thisMachine.map((probe) => () => probe(patient)));
  const ofRegistries = await throughRegistries(
    patient,
    registries.filter(({ behindEdge }) => !behindEdge),
  );
  const registriesAreHealthy = !ofRegistries.some(
    (finding) => isWrong(finding) && finding.code !== 'deletion_off',
  );
  const ofDoors = await throughDoors({ ...patient, registriesAreHealthy }, domains);
  // What is known of a registry behind an edge, the edge says: so the edge comes first.
  const behind = ofDoors.some(isWrong) ? [] : registries.filter(({ behindEdge }) => behindEdge);
  const found = [...machine, ...ofRegistries, ...ofDoors, ...(await throughRegistries(patient, behind))];
  const [registry] = registries;
  if (found.some(isWrong) || registry === undefined) return withoutRepeats(found);
  return withoutRepeats([
    ...found,
    ...(await chapter('the round trip', [() => roundTrip(patient, registry)])),
  ]);
}

async function throughRegistries(
  patient: DoctorContext,
  registries: readonly Registry[],
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const registry of registries) {
    const looks = eachRegistry.map((probe) => () => probe(patient, registry));
    found.push(...(await chapter(registry.url.origin, looks)));
  }
  return found;
}

/** The doors of one edge are broken alike, most often: what is said of one name is not said again of the next. */
async function throughDoors(patient: DoctorContext, doors: readonly ProbedDomain[]): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const door of doors) found.push(...(await edgeListens(door)));
  const chapters = reachableDomains(doors).map((door) =>
    chapter(
      door.name,
      eachDoor.map((probe) => () => probe(patient, door)),
    ),
  );
  return [...found, ...(await Promise.all(chapters)).flat()];
}

type Look = () => Promise<readonly Finding[]>;

async function allOf(looks: readonly Look[]): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const look of looks) found.push(...(await look()));
  return found;
}

async function chapter(subject: string, looks: readonly Look[]): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const look of looks) {
    try {
      found.push(...(await look()));
    } catch (error) {
      found.push(...brokenOff(subject, error));
    }
    if (found.some(isWrong)) break;
  }
  return found;
}

/** A connection that ends in the middle of a probe says something, too. */
function brokenOff(subject: string, error: unknown): Finding[] {
  return wrong('connection_broken', {
    problem: `while ${subject} was asked, the connection ended: ${messageOf(error)}.`,
    impact: 'What comes after it could not be looked at.',
    fix: 'See the log of the edge and of the registry; then run doctor again.',
  });
}

function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ code }, at) => findings.findIndex((other) => other.code === code) === at);
}

function registriesOf({ registries, config }: DoctorOptions): readonly URL[] {
  if (registries.length > 0) return registries;
  if (config.registries.length > 0) return config.registries;
  const { host, port } = config.up.registryListen;
  const reached = host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
  return [new URL(`http://${formatListen({ host: reached, port })}`)];
}

async function registryAt(url: URL, order: DoctorOptions, { domains }: DoctorContext): Promise<Registry> {
  const tls = url.protocol === 'https:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target: Target = { host, port: Number(url.port || (tls ? 443 : 80)), as: url.host, tls };
  const door = reachableDomains(domains).find(
    (open) => open.hostname === host && open.target.port === target.port,
  );
  const behindEdge = door !== undefined || (await isEdge(target));
  // Asked as clients ask the edge, so that a realm that follows the Host shows a real one.
  const as = behindEdge ? url.host : (reachableDomains(domains)[0]?.target.as ?? url.host);
  const file = await fileOf(target, order, behindEdge);
  return { url, target: door?.target ?? { ...target, as }, behindEdge, file };
}

async function isEdge(target: Target): Promise<boolean> {
  const keys = await sendRequest(target, '/auth/jwks').catch(() => undefined);
  return keys !== undefined && isKeySet(keys);
}

/** As it was told; else, of a registry on this machine, the file that it runs with. */
async function fileOf(
  target: Target,
  { registryConfig }: DoctorOptions,
  behindEdge: boolean,
): Promise<RegistryFile | undefined> {
  if (registryConfig !== undefined) return readRegistryFile(registryConfig);
  if (behindEdge || !isOnThisMachine(target.host)) return undefined;
  const running = await registryProcessOn(target.port).catch(() => undefined);
  if (running === undefined) return undefined;
  return readRegistryFile(running.configuration, running.environment).catch(() => undefined);
}

import type { Registry } from '../context.ts';
import { registrySendsEvents } from '../events/registry-sends-events.ts';
import type { Probe } from '../probe.ts';
import { registryAnswers } from './registry-answers.ts';
import { registryAsksForToken } from './registry-asks-for-token.ts';
import { registryBundle } from './registry-bundle.ts';
import { registryCachesBlobs } from './registry-caches-blobs.ts';
import { registryChallenge } from './registry-challenge.ts';
import { registryClock } from './registry-clock.ts';
import { registryDeletes } from './registry-deletes.ts';
import { registryExposed } from './registry-exposed.ts';
import { registryKnowsAlgorithm } from './registry-knows-algorithm.ts';
import { registryOutdated } from './registry-outdated.ts';
import { registryTakesPushes } from './registry-takes-pushes.ts';
import { registryTrustsUs } from './registry-trusts-us.ts';

/**
 * The checks of one registry. doctor runs them in this order, so that it finds the root cause of a fault before the
 * consequences.
 */
export const registryProbes: readonly Probe<Registry>[] = [
  registryAnswers,
  registryClock,
  registryAsksForToken,
  registryChallenge,
  registryKnowsAlgorithm,
  registryTrustsUs,
  registryBundle,
  registryTakesPushes,
  registryDeletes,
  registryExposed,
  registryOutdated,
  registrySendsEvents,
  registryCachesBlobs,
];

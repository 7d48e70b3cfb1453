import type { ProbedDomain, ReachableDomain } from '../domains.ts';
import type { Probe } from '../probe.ts';
import { certificate, speaksTls } from './certificate.ts';
import { challengeIntact } from './challenge-intact.ts';
import { edgeIssuesTokens } from './edge-issues-tokens.ts';
import { edgeListens } from './edge-listens.ts';
import { edgeOutdated } from './edge-outdated.ts';
import { edgePassesHost } from './edge-passes-host.ts';
import { edgeReachesBoth } from './edge-reaches-us.ts';
import { edgeStopsWrites } from './edge-stops-writes.ts';
import { edgeTokenServers } from './edge-token-servers.ts';
import { answersIntact } from './answers-intact.ts';
import { forwardHidden } from './forward-hidden.ts';
import { queryIntact } from './query-intact.ts';
import { tokenIntact } from './token-intact.ts';

/**
 * Checks that the domain name has an address, and that a server listens at each address. doctor runs these checks
 * first, because the checks of the edge need a connection to the domain.
 */
export const nameProbes: readonly Probe<ProbedDomain>[] = [edgeListens];

/**
 * The checks of the edge under one domain. None of these checks needs a login. doctor runs them in this order, so that
 * it finds the root cause of a fault before the consequences.
 */
export const domainProbes: readonly Probe<ReachableDomain>[] = [
  speaksTls,
  edgeReachesBoth,
  certificate,
  challengeIntact,
  edgePassesHost,
  edgeTokenServers,
  queryIntact,
  edgeIssuesTokens,
  tokenIntact,
  forwardHidden,
  answersIntact,
  edgeOutdated,
  edgeStopsWrites,
];

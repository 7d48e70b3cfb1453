import { describeConnectionError } from './network/connection-error.ts';
import type { DoctorContext } from './context.ts';
import { isWrong, wrong, type Finding } from './finding.ts';

/** A check of one subject. The subject is this machine, a registry or a domain. */
export interface Probe<Subject> {
  /**
   * The dependencies of this probe. This probe runs only if all of them found nothing wrong. If it ran in other cases,
   * it would only report the consequences of faults that the dependencies have already reported.
   */
  readonly after: readonly Probe<Subject>[];
  run(context: DoctorContext, subject: Subject): Promise<readonly Finding[]>;
}

/**
 * Creates a probe from two functions: `measure` sends requests or reads files, and `judge` is a pure function that
 * converts the result of `measure` to findings.
 * @param definition.after the probes that the new probe depends on
 */
export function createProbe<Subject, Measured>({
  after = [],
  measure,
  judge,
}: {
  readonly after?: readonly Probe<Subject>[];
  readonly measure: (context: DoctorContext, subject: Subject) => Promise<Measured>;
  readonly judge: (measured: Measured, subject: Subject, context: DoctorContext) => readonly Finding[];
}): Probe<Subject> {
  return {
    after,
    run: async (context, subject) => judge(await measure(context, subject), subject, context),
  };
}

interface Outcome {
  readonly findings: readonly Finding[];
  /**
   * True if the probe ran and found nothing wrong. A probe does not run if `sound` is false for one of its
   * dependencies.
   */
  readonly sound: boolean;
}

/**
 * Runs each probe as soon as all its dependencies have finished, but only if all of them found nothing wrong. Probes
 * that do not depend on each other run at the same time. The findings are returned in the order of `probes`.
 * @param subject what the probes check, such as a registry or a domain
 * @param name the name of the subject in messages
 */
export async function runProbes<Subject>(
  probes: readonly Probe<Subject>[],
  context: DoctorContext,
  subject: Subject,
  name: string,
): Promise<readonly Finding[]> {
  const outcomes = new Map<Probe<Subject>, Promise<Outcome>>();
  for (const probe of probes) {
    // If a dependency is not in `probes`, it has already run in an earlier call of `runProbes`.
    const earlier = probe.after.flatMap((dependency) => outcomes.get(dependency) ?? []);
    outcomes.set(probe, runAfter(earlier, probe, context, subject, name));
  }
  const finished = await Promise.all(outcomes.values());
  return finished.flatMap(({ findings }) => findings);
}

async function runAfter<Subject>(
  earlier: readonly Promise<Outcome>[],
  probe: Probe<Subject>,
  context: DoctorContext,
  subject: Subject,
  name: string,
): Promise<Outcome> {
  const dependencies = await Promise.all(earlier);
  if (dependencies.some(({ sound }) => !sound)) return { findings: [], sound: false };
  const findings = await probe.run(context, subject).catch((error: unknown) => connectionBroken(name, error));
  return { findings, sound: !findings.some(isWrong) };
}

function connectionBroken(name: string, error: unknown): readonly Finding[] {
  return wrong('connection_broken', {
    problem: `The connection to ${name} ended before the answer was complete: ${describeConnectionError(error)}.`,
    impact: 'The checks that depend on this answer did not run.',
    fix: 'Read the logs of the edge and of the registry. Then run doctor again.',
  });
}

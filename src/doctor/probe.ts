import { messageOf } from '../errors.ts';
import type { DoctorContext } from './context.ts';
import { isWrong, wrong, type Finding } from './finding.ts';

/** One check of one subject: this machine, a registry or a domain. */
export interface Probe<Subject> {
  /**
   * The probes that must find nothing wrong before this probe runs. Otherwise this probe would only report consequences
   * of their findings.
   */
  readonly after: readonly Probe<Subject>[];
  run(context: DoctorContext, subject: Subject): Promise<readonly Finding[]>;
}

/**
 * Creates a probe from two functions: `measure` asks the network or the disk, and `judge` is a pure function that turns
 * the result of `measure` into findings.
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
   * False if the probe found something wrong, or if it did not run because `sound` is false for a probe that it depends
   * on.
   */
  readonly sound: boolean;
}

/**
 * Runs each probe as soon as all probes that it depends on have found nothing wrong. Probes that do not depend on each
 * other run at the same time. The findings are returned in the order of `probes`.
 * @param name the name of the subject, for the finding that reports a broken connection to the subject
 */
export async function runProbes<Subject>(
  probes: readonly Probe<Subject>[],
  context: DoctorContext,
  subject: Subject,
  name: string,
): Promise<readonly Finding[]> {
  const outcomes = new Map<Probe<Subject>, Promise<Outcome>>();
  for (const probe of probes) {
    // A dependency that is not in `probes` has already run as part of an earlier list of probes.
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
    problem: `The connection to ${name} ended before the answer was complete: ${messageOf(error)}.`,
    impact: 'The checks that depend on this answer did not run.',
    fix: 'Read the logs of the edge and of the registry. Then run doctor again.',
  });
}

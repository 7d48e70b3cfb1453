import { createHash, randomBytes } from 'node:crypto';
import { DockpassError, messageOf, type ErrorCode } from '../../errors.ts';
import type { Deletion, PlannedDeletions } from '../../retention/plan.ts';
import type { RepositorySnapshot } from '../../retention/snapshot.ts';
import type { StoredPlan } from '../../store/store.ts';
import { quoted } from '../change.ts';

/** What the database stores of a plan, as JSON. */
export interface PlanContent extends PlannedDeletions {
  /** The origin of the registry. */
  readonly registry: string;
  /** The time for which the plan was made, in milliseconds since the epoch. */
  readonly now: number;
  /** See `PlanFacts`. Null for undefined. */
  readonly eventsSince: number | null;
  /** For each repository with a deletion, a hash of its tags and their digests. */
  readonly tags: Readonly<Record<string, string>>;
}

/** How long a plan can be applied, in milliseconds. */
export const planValidMs = 24 * 60 * 60 * 1000;

export function noSuchPlan(id: string): DockpassError {
  return new DockpassError(
    'no_such_plan',
    `there is no plan ${quoted(id)}. Make one with "dockpass retention plan".`,
  );
}

export function createPlanId(): string {
  return randomBytes(6).toString('hex');
}

/** Returns the content of a plan that was planned. @throws Error if the plan has no content */
export function contentOf({ id, content }: Pick<StoredPlan, 'id' | 'content'>): PlanContent {
  if (content === null) throw new Error(`the plan ${id} has no content`);
  return JSON.parse(content) as PlanContent;
}

/** Returns a hash of the tags of a repository and their digests. */
export function fingerprintOf({ tags }: Pick<RepositorySnapshot, 'tags'>): string {
  const pairs = tags.map(({ name, digest }) => [name, digest]);
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex');
}

/** Deletions that one request to the registry does: an entry, and the entries after it that need no request. */
export type DeletionStep = readonly [Deletion, ...Deletion[]];

export function stepsOf(deletions: readonly Deletion[]): DeletionStep[] {
  const steps: [Deletion, ...Deletion[]][] = [];
  for (const deletion of deletions) {
    const last = steps.at(-1);
    if (deletion.request === 'nothing' && last !== undefined) last.push(deletion);
    else steps.push([deletion]);
  }
  return steps;
}

/** Returns the repositories in which a plan deletes something, each once. */
export function repositoriesOf(deletions: readonly Deletion[]): string[] {
  return [...new Set(deletions.map(({ repository }) => repository))];
}

/** Formats an error for the column `problem` of a plan. */
export function formatProblem(error: unknown): string {
  const code: ErrorCode = error instanceof DockpassError ? error.code : 'internal';
  return JSON.stringify({ code, message: messageOf(error) });
}

/** Returns the error that a plan failed with. */
export function problemOf({ problem }: Pick<StoredPlan, 'problem'>): DockpassError | undefined {
  if (problem === null) return undefined;
  const { code, message } = JSON.parse(problem) as { code: ErrorCode; message: string };
  return new DockpassError(code, message);
}

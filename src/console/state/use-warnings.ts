import { useResource, type Resource } from '../api/use-resource.ts';

export interface Warning {
  readonly code: string;
  readonly severity: 'warning';
  readonly problem: string;
  readonly impact: string;
  readonly fix: string;
  /** The users, robots or other things that have the problem. */
  readonly details: string | null;
}

/** How often the console asks for warnings. The health checks run every 15 seconds. */
const intervalMs = 30_000;

/** Reads the warnings of the server, and again every 30 seconds in the background. Only administrators may see them. */
export function useWarnings(): Resource<{ readonly items: readonly Warning[] }> {
  return useResource('/warnings', { pollMs: intervalMs });
}

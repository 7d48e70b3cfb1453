import type { PlanDetails } from '../../admin/retention/plan-view.ts';

export interface RetentionOperations {
  /**
   * Makes a plan.
   * @param onProgress called with a text that says what is done
   * @throws DockpassError `clock_implausible`, `list_incomplete`, `registry_unreachable`
   */
  plan(onProgress: (text: string) => void): Promise<PlanDetails>;
  /** @throws DockpassError `no_such_plan` */
  find(id: string): Promise<PlanDetails>;
  /**
   * Does what a plan says.
   * @param onDeleted called with the number of deletions that are done. It can skip numbers
   * @throws DockpassError `plan_outdated`, `plan_used`, `retention_busy`, `deletion_is_off`, and the errors of `plan`: nothing was deleted;
   *   `retention_stopped`: some deletions are done
   */
  apply(id: string, onDeleted: (count: number) => void): Promise<void>;
}

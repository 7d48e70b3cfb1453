import type { DoctorOptions } from '../../doctor/doctor.ts';
import type { DoctorRun, DoctorRuns } from '../../doctor/doctor-runs.ts';
import { importLate } from '../../errors.ts';
import type { ListenAddress } from '../../net/listen-address.ts';
import type { Warning } from '../../observe/monitors/health-checks.ts';

/** What the running server itself tells the API. */
export interface ServerHealth {
  /** Returns the warnings of the last health check, which is at most 15 seconds old. */
  warnings(): readonly Warning[];
  /** Returns the address at which the server listens. The configured port can be 0. */
  address(): ListenAddress;
  /** `own edge` if the server is part of `dockpass up`, whose edge is on this machine. */
  readonly edge: 'own edge' | 'other edge';
}

/** What the API shows of the running server, and what it starts there. */
export interface Operations {
  warnings(): readonly Warning[];
  /** Runs doctor in this server, see `DoctorRuns`. */
  diagnose(options: Omit<DoctorOptions, 'edge' | 'environment'>): Promise<DoctorRun>;
}

export function createOperations({ warnings, address, edge }: ServerHealth): Operations {
  let runs: DoctorRuns | undefined;
  return {
    warnings,
    diagnose: async (options) => {
      // doctor is loaded with its first run, because it needs many modules.
      const { createDoctorRuns } = await importLate(() => import('../../doctor/doctor-runs.ts'));
      runs ??= createDoctorRuns();
      const config = { ...options.config, listen: address() };
      return runs.run({ ...options, config, edge, environment: process.env });
    },
  };
}

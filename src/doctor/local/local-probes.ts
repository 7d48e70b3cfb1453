import { eventsReceived } from '../events/events-received.ts';
import type { Probe } from '../probe.ts';
import { authorityDedicated } from './authority-dedicated.ts';
import { database, databaseWritable } from './database.ts';
import { databaseRights } from './database-rights.ts';
import { filesUnprotected } from './files-unprotected.ts';
import { keyFilesOpen } from './key-files-open.ts';
import { keysReadable } from './keys-readable.ts';
import { leafValid } from './leaf-valid.ts';
import { tokenServerClock } from './token-server-clock.ts';
import { writesStopped } from './writes-stopped.ts';

/** The probes that check this machine: its key files, its database, and its clock. */
export const localProbes: readonly Probe<undefined>[] = [
  keyFilesOpen,
  filesUnprotected,
  keysReadable,
  leafValid,
  authorityDedicated,
  database,
  databaseWritable,
  databaseRights,
  tokenServerClock,
  eventsReceived,
  writesStopped,
];

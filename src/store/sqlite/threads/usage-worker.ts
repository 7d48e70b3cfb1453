// This script runs in the usage thread, which records the events of registries on its own database connection.
import { Kysely } from 'kysely';
import type { PlacedEvent } from '../../../events/registry-event.ts';
import type { Tables } from '../../sql/tables.ts';
import { recordEvents } from '../../sql/usage/record.ts';
import { sqliteDialect } from '../dialect.ts';
import { answerGroups, openThreadDatabase } from './answer-groups.ts';

/** The message to the usage thread, as JSON: a text is cheaper to send than thousands of objects. */
export interface EventGroup {
  readonly events: readonly PlacedEvent[];
  /** In milliseconds since the epoch. */
  readonly receivedAt: number;
}

const kysely = new Kysely<Tables>({ dialect: sqliteDialect(openThreadDatabase()) });

answerGroups((group) => {
  const { events, receivedAt } = JSON.parse(group) as EventGroup;
  return recordEvents(kysely, events, receivedAt);
});

import { watchedTables } from '../watched-tables.ts';

/**
 * SQL that creates triggers. The triggers count every change that any process makes to data on which access decisions
 * depend. Each start of dockpass replaces the triggers, under the write lock, so that they match its version.
 */
export const changeTriggers = [
  'create table if not exists change_counter (changes bigint not null)',
  'insert into change_counter select 0 where not exists (select 1 from change_counter)',
  ...watchedTables.flatMap(([table, events]) =>
    events.map((event) => {
      const name = `dockpass_count_${table}_${event.split(' ')[0]}`;
      return `drop trigger if exists ${name};
        create trigger ${name} after ${event} on ${table} begin update change_counter set changes = changes + 1; end`;
    }),
  ),
].join(';\n');

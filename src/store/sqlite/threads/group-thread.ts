import Database from 'better-sqlite3';
import { Thread } from '../../../thread.ts';
import type { GroupAnswer } from './answer-groups.ts';

/** A thread with a database connection of its own, which writes groups of rows. The first group starts it. */
export interface GroupThread<Result> {
  /** @throws SqliteError if the thread cannot write the group */
  write(group: string): Promise<Result>;
  close(): Promise<void>;
}

/** @param path the file of the database */
export function createGroupThread<Result>(file: URL, path: string): GroupThread<Result> {
  const thread = new Thread<string, GroupAnswer<Result>>(file, path);
  return {
    write: async (group) => {
      const answer = await new Promise<GroupAnswer<Result>>((done, failed) => {
        thread.ask(group, { done, failed });
      });
      if ('error' in answer) throw new Database.SqliteError(answer.error.message, answer.error.code);
      return answer.result;
    },
    close: () => thread.end(),
  };
}

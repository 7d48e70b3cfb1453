/** Told to every process, in the order in which the database commits them: the same for all. */
export const announcementChannel = 'dockpass_announcements';

export interface Broadcast {
  /**
   * Resolves when the database has it: it is heard a moment later, by ourselves too. At most 8,000 bytes.
   * @throws DockpassError `database`
   */
  tell(text: string): Promise<void>;
  /** @returns what stops it */
  hear(listener: (text: string) => void): () => void;
}

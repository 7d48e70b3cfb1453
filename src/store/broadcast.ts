/**
 * The name of the PostgreSQL notification channel through which processes send messages to each other. Each process
 * receives the messages in the order in which the database commits them.
 */
export const broadcastChannel = 'dockpass_announcements';

export interface Broadcast {
  /**
   * Sends a message, which must be shorter than 8,000 bytes. Resolves when the database has accepted the message. A
   * moment later, every process receives the message, including the process that sent it.
   * @throws DockpassError `database`
   */
  publish(text: string): Promise<void>;
  /** Calls `listener` with each message. @returns a function that stops listening */
  subscribe(listener: (text: string) => void): () => void;
}

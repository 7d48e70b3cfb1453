/**
 * The channel for messages between processes. Each process receives them in the order in which the database commits
 * them.
 */
export const broadcastChannel = 'dockpass_announcements';

export interface Broadcast {
  /**
   * Resolves when the database has the message. Every process, this one too, receives it a moment later. At most
   * 8,000 bytes.
   * @throws DockpassError `database`
   */
  publish(text: string): Promise<void>;
  /** @returns a function that stops listening */
  subscribe(listener: (text: string) => void): () => void;
}

/** The announcement of a server: as long as it lasts, commands find the settings that the server uses. */
export interface Announcement {
  /** Call this method when the description of the server has changed. */
  changed(): Promise<void>;
  end(): Promise<void>;
}

export interface FoundServers {
  /** The descriptions of the servers that run on the database, the latest one first. */
  readonly descriptions: readonly string[];
  /** Why a running server cannot be asked, for example because it runs as another user. */
  readonly fault: string | undefined;
}

/** The announcement of a running server. Until `end` is called, commands can read the settings that the server uses. */
export interface Announcement {
  /** Call this method when the description of the server has changed. */
  changed(): Promise<void>;
  end(): Promise<void>;
}

export interface FoundServers {
  /** The descriptions of the servers that run on the database, in no particular order. */
  readonly descriptions: readonly string[];
  /** Why a running server cannot be asked, for example because it runs as another user. */
  readonly fault: string | undefined;
}

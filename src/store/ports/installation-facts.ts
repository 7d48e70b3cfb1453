/** Facts about the whole installation that all its servers share. Each fact is a text with a name. */
export interface InstallationFacts {
  /** Returns all facts: a map from names to texts. */
  read(): Promise<ReadonlyMap<string, string>>;
  /** Stores a fact. If there is a fact with this name, it is replaced. */
  set(name: string, value: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** The parameters of a path and of the query: `params.name` for `:name`. Values are decoded. */
export interface ScreenProps {
  readonly params: Readonly<Record<string, string>>;
}

/** The parameters of the path of a screen: `params.name` for `:name`. Values are decoded. */
export interface ScreenProps {
  readonly params: Readonly<Record<string, string>>;
}

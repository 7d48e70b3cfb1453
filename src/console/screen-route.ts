import type { ComponentType } from 'preact';

/** The parameters of a path and of the query: `params.name` for `:name`. Values are decoded. */
export interface ScreenProps {
  readonly params: Readonly<Record<string, string>>;
}

export interface ScreenRoute {
  /** A path of preact-iso. `:name` is one segment, in which a slash is written `%2F`. */
  readonly path: string;
  readonly access: 'everyone' | 'administrators';
  readonly Screen: ComponentType<ScreenProps>;
}

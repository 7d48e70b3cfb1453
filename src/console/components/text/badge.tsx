import type { ComponentChildren } from 'preact';

export interface BadgeProps {
  readonly kind?: 'neutral' | 'accent' | 'good' | 'warning' | 'danger';
  readonly children: ComponentChildren;
}

/** A short state next to a name. The text says what the color shows. */
export function Badge({ kind = 'neutral', children }: BadgeProps) {
  return <span class={`badge badge-${kind}`}>{children}</span>;
}

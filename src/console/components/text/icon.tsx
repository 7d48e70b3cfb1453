import { h, type VNode } from 'preact';

export interface IconProps {
  /** Width and height in CSS pixels. The default is 16. */
  readonly size?: number;
  readonly class?: string;
}

export type Icon = (props: IconProps) => VNode;

/** An element of an icon: its name and its attributes. */
export type IconShape = readonly [string, Readonly<Record<string, string>>];

/**
 * Creates the component of an icon. Icons are decoration: a screen reader ignores them, so the text next to an icon, or
 * the label of its button, must say what it means. scripts/console/icons.ts writes the calls of this function.
 */
export function createIcon(shapes: readonly IconShape[]): Icon {
  return ({ size = 16, class: className }) => (
    <svg
      class={className === undefined ? 'icon' : `icon ${className}`}
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {shapes.map(([name, attributes]) => h(name, attributes))}
    </svg>
  );
}

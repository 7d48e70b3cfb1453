import type { ButtonHTMLAttributes, ComponentChildren } from 'preact';
import type { Icon as IconComponent } from '../text/icon.tsx';

export interface ButtonProps extends Omit<ButtonHTMLAttributes, 'icon' | 'class'> {
  /** `primary` once per page at most; `danger` for what cannot be undone. */
  readonly kind?: 'primary' | 'secondary' | 'danger' | 'quiet';
  readonly Icon?: IconComponent;
  /** True while the action runs. The button keeps the focus and ignores clicks. */
  readonly isBusy?: boolean;
  readonly children: ComponentChildren;
}

/** A button. Its type is `button` unless it submits a form. */
export function Button({
  kind = 'secondary',
  Icon,
  isBusy = false,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={`button button-${kind}`}
      aria-disabled={isBusy ? 'true' : undefined}
      onClick={
        isBusy
          ? (event) => {
              event.preventDefault();
            }
          : onClick
      }
    >
      {isBusy ? <span class="spinner" aria-hidden="true" /> : Icon && <Icon />}
      <span>{children}</span>
    </button>
  );
}

export interface LinkButtonProps {
  readonly href: string;
  readonly kind?: 'primary' | 'secondary' | 'quiet';
  readonly Icon?: IconComponent;
  readonly children: ComponentChildren;
}

/** A link that looks like a button. */
export function LinkButton({ href, kind = 'secondary', Icon, children }: LinkButtonProps) {
  return (
    <a class={`button button-${kind}`} href={href}>
      {Icon && <Icon />}
      <span>{children}</span>
    </a>
  );
}

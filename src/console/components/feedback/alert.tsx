import type { ComponentChildren } from 'preact';
import Info from 'lucide-static/icons/info.svg';
import CircleCheck from 'lucide-static/icons/circle-check.svg';
import CircleX from 'lucide-static/icons/circle-x.svg';
import TriangleAlert from 'lucide-static/icons/triangle-alert.svg';

const icons = { info: Info, success: CircleCheck, warning: TriangleAlert, error: CircleX };

export interface AlertProps {
  readonly kind: 'info' | 'success' | 'warning' | 'error';
  readonly title?: string;
  readonly children?: ComponentChildren;
  readonly actions?: ComponentChildren;
}

/** A message in the page. A screen reader reads an error at once. */
export function Alert({ kind, title, children, actions }: AlertProps) {
  const Icon = icons[kind];
  return (
    <div class={`alert alert-${kind}`} role={kind === 'error' ? 'alert' : undefined}>
      <Icon />
      <div class="alert-text">
        {title !== undefined && <p class="alert-title">{title}</p>}
        {children !== undefined && <div>{children}</div>}
        {actions !== undefined && <div class="alert-actions">{actions}</div>}
      </div>
    </div>
  );
}

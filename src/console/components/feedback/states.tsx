import type { ComponentChildren } from 'preact';
import Refresh from 'lucide-static/icons/refresh-cw.svg';
import type { ApiError } from '../../api/problem.ts';
import { Button } from '../form/button.tsx';
import type { Icon as IconComponent } from '../text/icon.tsx';
import { Alert } from './alert.tsx';

export interface EmptyStateProps {
  readonly Icon: IconComponent;
  readonly title: string;
  /** What to do now. */
  readonly children: ComponentChildren;
  readonly action?: ComponentChildren;
}

/** Shown in place of a list that has no rows. */
export function EmptyState({ Icon, title, children, action }: EmptyStateProps) {
  return (
    <div class="empty">
      <Icon size={28} />
      <p class="empty-title">{title}</p>
      <div class="empty-text">{children}</div>
      {action !== undefined && <div class="empty-action">{action}</div>}
    </div>
  );
}

/** Grey bars that stand for content which is on its way. */
export function Skeleton({
  lines = 4,
  label = 'Loading',
}: {
  readonly lines?: number;
  readonly label?: string;
}) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, index) => (
        <span class={`bar bar-${(index % 4) + 1}`} key={index} />
      ))}
    </div>
  );
}

export interface ErrorStateProps {
  readonly error: ApiError;
  onRetry?(): void;
}

/** Shown in place of content that could not be read. The message of the server says what to do. */
export function ErrorState({ error, onRetry }: ErrorStateProps) {
  return (
    <Alert
      kind="error"
      title={titleOf(error)}
      actions={
        onRetry && (
          <Button Icon={Refresh} onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      {error.message}
    </Alert>
  );
}

function titleOf({ status }: ApiError): string {
  if (status === 0) return 'The server cannot be reached';
  if (status === 403) return 'You may not see this';
  if (status === 404) return 'This does not exist';
  if (status === 429) return 'Too many requests';
  if (status >= 500) return 'The server failed';
  return 'The request was rejected';
}

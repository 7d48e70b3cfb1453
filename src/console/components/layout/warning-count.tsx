import { useWarnings } from '../../state/use-warnings.ts';

/** The number of warnings, next to the link to them. */
export function WarningCount() {
  const count = useWarnings().data?.items.length ?? 0;
  if (count === 0) return null;
  return (
    <span class="nav-count">
      {count}
      <span class="visually-hidden">{count === 1 ? ' warning' : ' warnings'}</span>
    </span>
  );
}

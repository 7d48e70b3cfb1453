import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Mark } from './brand.tsx';

export interface PlainProps {
  /** The heading and the title of the document. */
  readonly title?: string;
  readonly lead?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page without navigation, for people who are not signed in. */
export function Plain({ title, lead, children }: PlainProps) {
  useEffect(() => {
    if (title !== undefined) document.title = `${title} · dockpass`;
  }, [title]);
  return (
    <main class="plain">
      <div class="plain-brand">
        <Mark size={36} />
        <span>
          <span class="brand-name">dockpass</span>
          <span class="brand-host">{location.host}</span>
        </span>
      </div>
      <div class="plain-box">
        {title !== undefined && <h1>{title}</h1>}
        {lead !== undefined && <p class="page-lead">{lead}</p>}
        {children}
      </div>
    </main>
  );
}

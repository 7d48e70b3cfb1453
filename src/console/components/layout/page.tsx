import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import ChevronRight from 'lucide-static/icons/chevron-right.svg';
import { wasNavigated } from '../../state/navigation-count.ts';

export interface Crumb {
  readonly label: string;
  readonly href: string;
}

export interface PageProps {
  /** The heading. It is also the title of the document. */
  readonly title: string;
  /** One or two sentences below the heading. */
  readonly lead?: ComponentChildren;
  /** Links to the pages above this one. */
  readonly crumbs?: readonly Crumb[];
  /** Buttons at the right of the heading. */
  readonly actions?: ComponentChildren;
  /** Shown behind the heading, for example badges. */
  readonly badges?: ComponentChildren;
  readonly children: ComponentChildren;
}

/**
 * A page: heading, breadcrumbs, actions and content. After a navigation, the heading gets the focus, so that a screen
 * reader reads it and the next Tab is in the content.
 */
export function Page({ title, lead, crumbs = [], actions, badges, children }: PageProps) {
  const { path } = useLocation();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · dockpass`;
  }, [title]);
  useEffect(() => {
    if (wasNavigated()) heading.current?.focus();
  }, [path]);
  return (
    <div class="page">
      <header class="page-header">
        {crumbs.length > 0 && (
          <nav class="crumbs" aria-label="Breadcrumb">
            <ol>
              {crumbs.map(({ label, href }) => (
                <li key={href}>
                  <a href={href}>{label}</a>
                  <ChevronRight size={14} />
                </li>
              ))}
              <li aria-current="page">{title}</li>
            </ol>
          </nav>
        )}
        <div class="page-title">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {badges}
          {actions !== undefined && <div class="page-actions">{actions}</div>}
        </div>
        {lead !== undefined && <p class="page-lead">{lead}</p>}
      </header>
      {children}
    </div>
  );
}

export interface SectionProps {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A part of a page with a heading of the second level. */
export function Section({ title, lead, actions, children }: SectionProps) {
  return (
    <section class="section">
      <header class="section-header">
        <h2>{title}</h2>
        {actions !== undefined && <div class="page-actions">{actions}</div>}
      </header>
      {lead !== undefined && <p class="section-lead">{lead}</p>}
      {children}
    </section>
  );
}

import { useLocation } from 'preact-iso/router';

export interface Tab {
  readonly label: string;
  readonly href: string;
}

/** Links between the pages about one thing. Each has an address of its own, so they are links and no ARIA tabs. */
export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  const { path } = useLocation();
  return (
    <nav class="tabs" aria-label={label}>
      <ul>
        {tabs.map((tab) => (
          <li key={tab.href}>
            <a href={tab.href} aria-current={path === tab.href ? 'page' : undefined}>
              {tab.label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

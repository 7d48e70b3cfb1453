import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import Close from 'lucide-static/icons/x.svg';
import Menu from 'lucide-static/icons/menu.svg';
import { navigation } from '../../navigation.ts';
import { useMe } from '../../state/session.tsx';
import { Brand } from './brand.tsx';
import { PersonMenu } from './person-menu.tsx';

/** The frame around each page: brand, navigation, menu of the person, and content. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  const { path } = useLocation();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const closeOnEscape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      document.getElementById('menu-button')?.focus();
    };
    addEventListener('keydown', closeOnEscape);
    return () => removeEventListener('keydown', closeOnEscape);
  }, [isOpen]);
  return (
    <div class="shell">
      <a class="skip-link" href="#content">
        Skip to content
      </a>
      <header class="topbar">
        <button
          id="menu-button"
          type="button"
          class="button button-quiet button-icon menu-button"
          aria-expanded={isOpen}
          aria-controls="navigation"
          aria-label={isOpen ? 'Close navigation' : 'Open navigation'}
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? <Close size={20} /> : <Menu size={20} />}
        </button>
        <Brand />
        <PersonMenu />
      </header>
      <nav id="navigation" class={isOpen ? 'sidebar sidebar-open' : 'sidebar'} aria-label="Main">
        <div class="sidebar-scroll">
          <Navigation path={path} />
        </div>
      </nav>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function Navigation({ path }: { readonly path: string }) {
  const { isAdministrator } = useMe();
  return (
    <>
      {navigation
        .map(({ title, links }) => ({
          title,
          links: links.filter(({ access }) => access === 'everyone' || isAdministrator),
        }))
        .filter(({ links }) => links.length > 0)
        .map(({ title, links }) => (
          <div class="nav-group" key={title}>
            {title !== '' && <h2 class="nav-title">{title}</h2>}
            <ul>
              {links.map(({ label, href, Icon, Count }) => (
                <li key={href}>
                  <a class="nav-link" href={href} aria-current={isCurrent(path, href) ? 'page' : undefined}>
                    <Icon />
                    {label}
                    {Count && <Count />}
                  </a>
                </li>
              ))}
            </ul>
          </div>
        ))}
    </>
  );
}

function isCurrent(path: string, href: string): boolean {
  const target = href.replace(/\/$/, '');
  return path === target || (target !== '/auth' && path.startsWith(`${target}/`));
}

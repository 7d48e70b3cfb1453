import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import ChevronDown from 'lucide-static/icons/chevron-down.svg';
import LogOut from 'lucide-static/icons/log-out.svg';
import Profile from 'lucide-static/icons/circle-user-round.svg';
import { useMe, useSession } from '../../state/session.tsx';
import { useToast } from '../../state/toasts.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

/** The name of the person, with links to the profile, the choice of the theme, and the button that signs out. */
export function PersonMenu() {
  const me = useMe();
  const { signOut } = useSession();
  const toast = useToast();
  const { path } = useLocation();
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const closeOutside = (event: Event): void => {
      if (!(event.target instanceof Node) || root.current?.contains(event.target) !== true) setOpen(false);
    };
    const closeOnEscape = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      setOpen(false);
      button.current?.focus();
    };
    addEventListener('pointerdown', closeOutside);
    addEventListener('focusin', closeOutside);
    addEventListener('keydown', closeOnEscape);
    return () => {
      removeEventListener('pointerdown', closeOutside);
      removeEventListener('focusin', closeOutside);
      removeEventListener('keydown', closeOnEscape);
    };
  }, [isOpen]);
  return (
    <div class="person" ref={root}>
      <button
        ref={button}
        type="button"
        class="button button-quiet person-button"
        aria-expanded={isOpen}
        aria-controls="person-panel"
        onClick={() => setOpen(!isOpen)}
      >
        <span class="avatar" aria-hidden="true">
          {me.name.slice(0, 1).toUpperCase()}
        </span>
        <span class="person-name">{me.name}</span>
        <ChevronDown />
      </button>
      <div id="person-panel" class="person-panel" hidden={!isOpen}>
        <p class="person-summary">
          <strong>{me.name}</strong>
          <span>{me.isAdministrator ? 'Administrator' : `Role ${me.role}`}</span>
        </p>
        <a class="menu-item" href="/auth/profile">
          <Profile />
          Your profile
        </a>
        <ThemeSwitch />
        <button
          type="button"
          class="menu-item"
          onClick={() => {
            signOut().catch((error: Error) => toast(error.message));
          }}
        >
          <LogOut />
          Sign out
        </button>
        <p class="person-version">dockpass {me.version}</p>
      </div>
    </div>
  );
}

import Home from 'lucide-static/icons/house.svg';
import Profile from 'lucide-static/icons/circle-user-round.svg';
import type { Icon } from './components/text/icon.tsx';

export interface NavigationLink {
  readonly label: string;
  readonly href: string;
  readonly Icon: Icon;
  /** Who sees the link. `administrators` hides it from all others. */
  readonly access: 'everyone' | 'administrators';
}

export interface NavigationGroup {
  /** Empty for the first group, which has no heading. */
  readonly title: string;
  readonly links: readonly NavigationLink[];
}

/** The navigation at the left. Add one line for each new screen; routes.ts names the screen itself. */
export const navigation: readonly NavigationGroup[] = [
  {
    title: '',
    links: [{ label: 'Overview', href: '/auth/', Icon: Home, access: 'everyone' }],
  },
  {
    title: 'Images',
    links: [],
  },
  {
    title: 'People and robots',
    links: [],
  },
  {
    title: 'Access',
    links: [],
  },
  {
    title: 'Operations',
    links: [],
  },
  {
    title: 'You',
    links: [{ label: 'Your profile', href: '/auth/profile', Icon: Profile, access: 'everyone' }],
  },
];

import Bot from 'lucide-static/icons/bot.svg';
import Home from 'lucide-static/icons/house.svg';
import KeyRound from 'lucide-static/icons/key-round.svg';
import Laptop from 'lucide-static/icons/monitor-smartphone.svg';
import Profile from 'lucide-static/icons/circle-user-round.svg';
import ShieldCheck from 'lucide-static/icons/shield-check.svg';
import User from 'lucide-static/icons/user.svg';
import UsersRound from 'lucide-static/icons/users-round.svg';
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
    links: [
      { label: 'Users', href: '/auth/users', Icon: User, access: 'administrators' },
      { label: 'Groups', href: '/auth/groups', Icon: UsersRound, access: 'administrators' },
      { label: 'Robots', href: '/auth/robots', Icon: Bot, access: 'administrators' },
    ],
  },
  {
    title: 'Access',
    links: [
      { label: 'Grants', href: '/auth/grants', Icon: ShieldCheck, access: 'administrators' },
      { label: 'Access tokens', href: '/auth/tokens', Icon: KeyRound, access: 'administrators' },
      { label: 'Sessions', href: '/auth/sessions', Icon: Laptop, access: 'administrators' },
    ],
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

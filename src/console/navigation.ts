import ArchiveX from 'lucide-static/icons/archive-x.svg';
import Bell from 'lucide-static/icons/bell.svg';
import Bot from 'lucide-static/icons/bot.svg';
import ChartColumn from 'lucide-static/icons/chart-column.svg';
import Explain from 'lucide-static/icons/circle-question-mark.svg';
import Home from 'lucide-static/icons/house.svg';
import IdCard from 'lucide-static/icons/id-card.svg';
import FileKey from 'lucide-static/icons/file-key.svg';
import Laptop from 'lucide-static/icons/monitor-smartphone.svg';
import Package from 'lucide-static/icons/package.svg';
import Profile from 'lucide-static/icons/circle-user-round.svg';
import Scale from 'lucide-static/icons/scale.svg';
import ScrollText from 'lucide-static/icons/scroll-text.svg';
import ShieldCheck from 'lucide-static/icons/shield-check.svg';
import Stethoscope from 'lucide-static/icons/stethoscope.svg';
import User from 'lucide-static/icons/user.svg';
import UsersRound from 'lucide-static/icons/users-round.svg';
import type { ComponentType } from 'preact';
import { WarningCount } from './components/layout/warning-count.tsx';
import KeyRound from 'lucide-static/icons/key-round.svg';
import type { Icon } from './components/text/icon.tsx';

export interface NavigationLink {
  readonly label: string;
  readonly href: string;
  readonly Icon: Icon;
  /** Who sees the link. `administrators` hides it from all others. */
  readonly access: 'everyone' | 'administrators';
  /** A number at the right of the link, for example that of the warnings. */
  readonly Count?: ComponentType;
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
    links: [
      { label: 'Repositories', href: '/auth/repositories', Icon: Package, access: 'everyone' },
      { label: 'Usage', href: '/auth/usage', Icon: ChartColumn, access: 'everyone' },
      { label: 'Retention', href: '/auth/retention', Icon: ArchiveX, access: 'administrators' },
    ],
  },
  {
    title: 'People and robots',
    links: [
      { label: 'Users', href: '/auth/users', Icon: User, access: 'administrators' },
      { label: 'Groups', href: '/auth/groups', Icon: UsersRound, access: 'administrators' },
      { label: 'Robots', href: '/auth/robots', Icon: Bot, access: 'administrators' },
      { label: 'Federated identities', href: '/auth/trust', Icon: IdCard, access: 'administrators' },
    ],
  },
  {
    title: 'Access',
    links: [
      { label: 'Grants', href: '/auth/grants', Icon: ShieldCheck, access: 'administrators' },
      { label: 'Access tokens', href: '/auth/tokens', Icon: KeyRound, access: 'administrators' },
      { label: 'Sessions', href: '/auth/sessions', Icon: Laptop, access: 'administrators' },
      { label: 'Rules', href: '/auth/rules', Icon: Scale, access: 'administrators' },
      { label: 'Explain access', href: '/auth/explain', Icon: Explain, access: 'administrators' },
    ],
  },
  {
    title: 'Operations',
    links: [
      { label: 'Audit log', href: '/auth/audit', Icon: ScrollText, access: 'administrators' },
      {
        label: 'Warnings',
        href: '/auth/warnings',
        Icon: Bell,
        access: 'administrators',
        Count: WarningCount,
      },
      { label: 'Doctor', href: '/auth/doctor', Icon: Stethoscope, access: 'administrators' },
      { label: 'Keys and certificates', href: '/auth/keys', Icon: FileKey, access: 'administrators' },
    ],
  },
  {
    title: 'You',
    links: [{ label: 'Your profile', href: '/auth/profile', Icon: Profile, access: 'everyone' }],
  },
];

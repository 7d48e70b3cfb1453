import type { RadioChoice } from '../../components/form/radio-cards.tsx';
import type { Role } from '../../api/types.ts';

/** What each role gives, for forms. */
export const roleChoices: readonly RadioChoice<Role>[] = [
  { value: 'writer', label: 'Writer', description: 'Pulls and pushes all repositories.' },
  { value: 'reader', label: 'Reader', description: 'Pulls all repositories.' },
  { value: 'none', label: 'None', description: 'Has only what grants and rules give.' },
  {
    value: 'admin',
    label: 'Administrator',
    description: 'Does everything: manages people and rights, and deletes images.',
  },
];

/** The name of a role, for people. */
export function labelOfRole(role: Role | null): string {
  return roleChoices.find(({ value }) => value === role)?.label ?? 'None';
}

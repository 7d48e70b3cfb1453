import { TextField } from '../../components/form/fields.tsx';
import { RadioCards } from '../../components/form/radio-cards.tsx';

export interface PasswordChoice {
  readonly kind: 'generate' | 'set';
  readonly password: string;
}

export const generated: PasswordChoice = { kind: 'generate', password: '' };

export interface PasswordFieldsProps {
  readonly value: PasswordChoice;
  onValue(value: PasswordChoice): void;
  readonly error: string | undefined;
}

/** Asks whether dockpass generates the password of a user, or the administrator sets it. */
export function PasswordFields({ value, onValue, error }: PasswordFieldsProps) {
  return (
    <>
      <RadioCards
        legend="Password"
        value={value.kind}
        onValue={(kind) => onValue({ ...value, kind })}
        choices={[
          {
            value: 'generate',
            label: 'Generate a password',
            description: 'It is shown once, so that you can pass it on.',
          },
          { value: 'set', label: 'Set a password', description: 'You choose it.' },
        ]}
      />
      {value.kind === 'set' && (
        <TextField
          label="New password"
          type="password"
          autocomplete="new-password"
          value={value.password}
          onValue={(password) => onValue({ ...value, password })}
          error={error}
        />
      )}
    </>
  );
}

/** Returns the members of a request body for a choice. */
export function passwordBody({ kind, password }: PasswordChoice): { password: string } | { generate: true } {
  return kind === 'generate' ? { generate: true } : { password };
}

/** Returns the option of the command line for a choice. */
export function passwordOption({ kind }: PasswordChoice): string {
  return kind === 'generate' ? '--generate' : '--password-stdin';
}

/** Returns the body for an example, without the password. */
export function exampleBody(choice: PasswordChoice): { password: string } | { generate: true } {
  return choice.kind === 'generate' ? { generate: true } : { password: 'PASSWORD' };
}

/** Returns the error of a choice that cannot be sent. */
export function passwordError({ kind, password }: PasswordChoice): string | undefined {
  return kind === 'set' && password === '' ? 'Enter a password.' : undefined;
}

import Plus from 'lucide-static/icons/plus.svg';
import Trash from 'lucide-static/icons/trash-2.svg';
import { Button } from './button.tsx';
import { TextField } from './fields.tsx';

/** A right in a form: a pattern of repository names, and actions. */
export interface RightDraft {
  readonly pattern: string;
  readonly actions: readonly string[];
}

export const emptyRight: RightDraft = { pattern: '', actions: ['pull'] };

const actionNames = ['pull', 'push', 'delete'] as const;

/** Returns `PATTERN:ACTIONS`, as the API and the command line read it. */
export function formatRight({ pattern, actions }: RightDraft): string {
  return `${pattern.trim()}:${actions.join(',')}`;
}

/** Reads a right as {@link formatRight} writes it. */
export function parseRight(text: string): RightDraft {
  const colon = text.lastIndexOf(':');
  return { pattern: text.slice(0, colon), actions: text.slice(colon + 1).split(',') };
}

export interface OnlyFieldsProps {
  readonly rights: readonly RightDraft[];
  onRights(rights: readonly RightDraft[]): void;
  readonly error: string | undefined;
}

/** Asks for one or more rights. */
export function OnlyFields({ rights, onRights, error }: OnlyFieldsProps) {
  const replace = (index: number, right: RightDraft): void =>
    onRights(rights.map((old, at) => (at === index ? right : old)));
  return (
    <div class="stack">
      {rights.map((right, index) => (
        <div class="only-fields" key={index}>
          <RightFields
            right={right}
            onRight={(next) => replace(index, next)}
            number={rights.length > 1 ? index + 1 : undefined}
            error={index === 0 ? error : undefined}
          />
          {rights.length > 1 && (
            <Button
              kind="quiet"
              Icon={Trash}
              onClick={() => onRights(rights.filter((_, at) => at !== index))}
            >
              Remove right {index + 1}
            </Button>
          )}
        </div>
      ))}
      <div>
        <Button kind="quiet" Icon={Plus} onClick={() => onRights([...rights, emptyRight])}>
          Add another right
        </Button>
      </div>
    </div>
  );
}

export interface RightFieldsProps {
  readonly right: RightDraft;
  onRight(right: RightDraft): void;
  /** The number of the right, if there is more than one. */
  readonly number?: number | undefined;
  readonly error: string | undefined;
}

/** Asks for a pattern and actions. */
export function RightFields({ right, onRight, number, error }: RightFieldsProps) {
  const suffix = number === undefined ? '' : ` ${number}`;
  return (
    <>
      <TextField
        label={`Repositories${suffix}`}
        hint={
          number === undefined || number === 1 ? (
            <>
              A name such as <code>team/app</code>, or a pattern: <code>team/*</code> is one level,{' '}
              <code>team/**</code> all levels, <code>**</code> everything.
            </>
          ) : undefined
        }
        value={right.pattern}
        onValue={(pattern) => onRight({ ...right, pattern })}
        maxLength={255}
        error={error}
      />
      <fieldset class="check-row">
        <legend>Actions{suffix}</legend>
        {actionNames.map((action) => (
          <label key={action}>
            <input
              type="checkbox"
              checked={right.actions.includes(action)}
              onChange={(event) => {
                const isChecked = event.currentTarget.checked;
                onRight({
                  ...right,
                  actions: actionNames.filter((name) =>
                    name === action ? isChecked : right.actions.includes(name),
                  ),
                });
              }}
            />
            {action}
          </label>
        ))}
      </fieldset>
    </>
  );
}

/** Returns what is missing in the rights of a form. */
export function rightsError(rights: readonly RightDraft[]): string | undefined {
  if (rights.some(({ pattern }) => pattern.trim() === ''))
    return 'Enter the name of a repository, or a pattern.';
  if (rights.some(({ actions }) => actions.length === 0)) return 'Select at least one action.';
  return undefined;
}

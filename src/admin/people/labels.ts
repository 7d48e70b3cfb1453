import { DockpassError } from '../../errors.ts';
import type { Label } from '../../store/store.ts';

/** The largest length of a description or an owner in characters. */
const maxLength = 200;

/**
 * Checks the description and the owner of a robot or an access token, and removes spaces at both ends. An empty text
 * stands for no description or no owner.
 * @throws DockpassError `bad_usage` if a text is too long or contains characters that a terminal could interpret
 */
export function parseLabel(label: Label): Label {
  return {
    ...(label.description !== undefined && { description: parseText('description', label.description) }),
    ...(label.owner !== undefined && { owner: parseText('owner', label.owner) }),
  };
}

function parseText(what: keyof Label, text: string): string {
  const trimmed = text.trim();
  if ([...trimmed].length > maxLength)
    throw new DockpassError('bad_usage', `the ${what} must have at most ${maxLength} characters`);
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(trimmed))
    throw new DockpassError(
      'bad_usage',
      `the ${what} must be one line of text without control characters or invisible characters`,
    );
  return trimmed;
}

/**
 * Formats a label (the owner and the description) for the audit log. A text that is undefined is left out. Example: `,
 * owner: team web, description: deploys the shop`.
 */
export function formatLabel({ description, owner }: Label): string {
  return [
    ...(owner === undefined ? [] : [`, owner: ${owner || 'none'}`]),
    ...(description === undefined ? [] : [`, description: ${description || 'none'}`]),
  ].join('');
}

/** Says for the audit log that the administration API accepts a new token or robot. Empty if it does not. */
export function formatApi(api: boolean): string {
  return api ? ', accepted by the API' : '';
}

/** Returns the label without an empty description and without an empty owner. */
export function withoutEmptyTexts({ description, owner }: Label): Label {
  return { ...(description && { description }), ...(owner && { owner }) };
}

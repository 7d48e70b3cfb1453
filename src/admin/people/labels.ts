import { DockpassError } from '../../errors.ts';
import type { Label } from '../../store/store.ts';

/** The largest length of a description or an owner in characters. */
const maxLength = 200;

/**
 * Checks the description and the owner of a robot or an access token, and removes spaces at both ends. An empty text
 * means that there is no such text.
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

/** Formats a label for the audit log: `, owner: team web, description: deploys the shop`. Empty if there is no label. */
export function formatLabel({ description, owner }: Label): string {
  return [
    ...(owner === undefined ? [] : [`, owner: ${owner || 'none'}`]),
    ...(description === undefined ? [] : [`, description: ${description || 'none'}`]),
  ].join('');
}

/** Returns the texts of a label that are not empty. */
export function withoutEmptyTexts({ description, owner }: Label): Label {
  return { ...(description && { description }), ...(owner && { owner }) };
}

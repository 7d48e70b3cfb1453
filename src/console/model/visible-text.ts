/** How many characters of a text are shown. A claim can have 16 KiB. */
const defaultLength = 500;

/** Control characters, and characters that are invisible or change the direction of the text around them. */
const confusing = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}]/gu;

/**
 * Prepares a text that a stranger has chosen for display. Characters that would make one text look like another are
 * shown as escapes, for example `\u202e`. A long text is shortened.
 */
export function visible(text: string, maxLength = defaultLength): string {
  const shown = text.slice(0, maxLength).replaceAll(confusing, escapeOf);
  return text.length > maxLength ? `${shown}… (${text.length} characters)` : shown;
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff
    ? String.raw`\u{${code.toString(16)}}`
    : String.raw`\u${code.toString(16).padStart(4, '0')}`;
}

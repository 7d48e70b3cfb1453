/** How the outcome of a step is written in a table. */
export const marks = { right: 'yes', wrong: '**no**', none: '–' } as const;

/** Returns a text as the cell of a Markdown table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

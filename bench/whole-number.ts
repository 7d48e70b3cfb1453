export function wholeNumber(flag: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new TypeError(`${flag} must be a positive whole number, not ${text}`);
  return Number(text);
}

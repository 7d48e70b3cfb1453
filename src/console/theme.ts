// Sets the theme before the page is shown for the first time, so that a dark page does not flash white. It is a file of
// its own, which the page loads before its style, because the CSP forbids inline scripts.
import { applyTheme, storedTheme } from './state/theme-choice.ts';

applyTheme(storedTheme());

/** `system` follows the operating system. */
export type Theme = 'system' | 'light' | 'dark';

const key = 'dockpass-theme';

/** Returns the theme that the person has chosen in this browser. */
export function storedTheme(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    // A browser can forbid storage. The console then follows the system.
    return 'system';
  }
}

/** Applies a theme to the page. The style sheet reads the attribute (src/console/styles/tokens.css). */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.setAttribute('data-theme', theme);
}

/** Applies a theme and remembers it in this browser. */
export function chooseTheme(theme: Theme): void {
  applyTheme(theme);
  try {
    if (theme === 'system') localStorage.removeItem(key);
    else localStorage.setItem(key, theme);
  } catch {
    // Without storage, the choice lasts until the page is loaded again.
  }
}

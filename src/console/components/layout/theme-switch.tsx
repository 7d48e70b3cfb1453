import { useState } from 'preact/hooks';
import Monitor from 'lucide-static/icons/monitor.svg';
import Moon from 'lucide-static/icons/moon.svg';
import Sun from 'lucide-static/icons/sun.svg';
import { chooseTheme, storedTheme, type Theme } from '../../state/theme-choice.ts';

const choices = [
  { theme: 'system', label: 'System', Icon: Monitor },
  { theme: 'light', label: 'Light', Icon: Sun },
  { theme: 'dark', label: 'Dark', Icon: Moon },
] as const;

/** Chooses between the theme of the system, light and dark. The browser remembers the choice. */
export function ThemeSwitch() {
  const [current, setCurrent] = useState<Theme>(storedTheme);
  return (
    <fieldset class="theme-switch">
      <legend>Theme</legend>
      {choices.map(({ theme, label, Icon }) => (
        <label key={theme}>
          <input
            type="radio"
            name="theme"
            value={theme}
            checked={current === theme}
            onChange={() => {
              chooseTheme(theme);
              setCurrent(theme);
            }}
          />
          <Icon size={14} />
          {label}
        </label>
      ))}
    </fieldset>
  );
}

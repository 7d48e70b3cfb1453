import { useEffect, useRef, useState } from 'preact/hooks';
import Search from 'lucide-static/icons/search.svg';

export interface SearchBoxProps {
  /** What is searched, for example `Search users`. */
  readonly label: string;
  readonly value: string;
  /** Called when the person pauses typing. */
  onSearch(value: string): void;
}

const pauseMs = 200;

/** A search box. The key `/` moves the focus into it. */
export function SearchBox({ label, value, onSearch }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const focusOnSlash = (event: KeyboardEvent): void => {
      const { target } = event;
      const isTyping =
        target instanceof Element && target.closest('input, textarea, select, dialog') !== null;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener('keydown', focusOnSlash);
    return () => removeEventListener('keydown', focusOnSlash);
  }, []);
  const change = (next: string, delayMs: number): void => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onSearch(next.trim()), delayMs);
  };
  return (
    <form
      class="search-box"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        change(text, 0);
      }}
    >
      <Search />
      <input
        ref={input}
        class="input"
        type="search"
        aria-label={label}
        placeholder={label}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        maxLength={255}
        value={text}
        onInput={(event) => change(event.currentTarget.value, pauseMs)}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

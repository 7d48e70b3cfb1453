import { useEffect, useRef, useState } from 'preact/hooks';
import Check from 'lucide-static/icons/check.svg';
import Copy from 'lucide-static/icons/copy.svg';

export interface CopyButtonProps {
  readonly text: string;
  /** What is copied, for a screen reader: `Copy command`. */
  readonly label: string;
  /** True shows the label next to the icon. */
  readonly isProminent?: boolean;
}

/** Copies a text. If the browser forbids it, the button says so. */
export function CopyButton({ text, label, isProminent = false }: CopyButtonProps) {
  const [state, setState] = useState<'ready' | 'copied' | 'failed'>('ready');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async (): Promise<void> => {
    setState((await writeClipboard(text)) ? 'copied' : 'failed');
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setState('ready'), 2500);
  };
  const words = { ready: label, copied: 'Copied', failed: 'Select the text and copy it yourself' }[state];
  return (
    <button
      type="button"
      class={isProminent ? 'button button-primary' : 'button button-quiet button-icon copy-button'}
      data-state={state}
      aria-label={words}
      title={words}
      onClick={() => void copy()}
    >
      {state === 'copied' ? <Check /> : <Copy />}
      {isProminent && <span>{state === 'ready' ? label : words}</span>}
      <span class="visually-hidden" aria-live="polite">
        {state === 'ready' ? '' : words}
      </span>
    </button>
  );
}

async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without TLS, or without the permission, there is no clipboard.
    return false;
  }
}

/** A command or another text to copy, in one line that scrolls. */
export function CopyableCode({
  text,
  label = 'Copy command',
}: {
  readonly text: string;
  readonly label?: string;
}) {
  return (
    <div class="copyable">
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} label={label} />
    </div>
  );
}

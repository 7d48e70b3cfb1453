import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import Close from 'lucide-static/icons/x.svg';

export interface DialogProps {
  readonly title: string;
  /** Called by Escape, by the button Close and by a click outside. */
  onClose(): void;
  /** True if only the content closes the dialog: no Escape, no button Close. */
  readonly isPersistent?: boolean;
  readonly children: ComponentChildren;
}

/**
 * A modal dialog. The browser keeps the focus inside. When the dialog closes, the focus returns to the element that had
 * it before, or to the heading of the page if that element is gone.
 */
export function Dialog({ title, onClose, isPersistent = false, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  // A layout effect, so that the focus has returned when the dialog leaves the page.
  useLayoutEffect(() => {
    const before = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    (
      element?.querySelector<HTMLElement>('[data-focus]') ?? element?.querySelector<HTMLElement>(focusable)
    )?.focus();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
      else document.querySelector<HTMLElement>('h1')?.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        if (!isPersistent) onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === dialog.current && !isPersistent) onClose();
      }}
    >
      <div class="dialog-box">
        <header class="dialog-header">
          <h2 id={id}>{title}</h2>
          {!isPersistent && (
            <button
              type="button"
              class="button button-quiet button-icon"
              aria-label="Close dialog"
              onClick={onClose}
            >
              <Close />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}

const focusable = 'form input, form select, form textarea, form button, .dialog-box > :not(header) button';

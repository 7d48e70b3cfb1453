import { createContext, type ComponentChildren } from 'preact';
import { useContext, useMemo, useState } from 'preact/hooks';
import Check from 'lucide-static/icons/circle-check.svg';
import Close from 'lucide-static/icons/x.svg';

interface Toast {
  readonly id: number;
  readonly text: string;
}

type Notify = (text: string) => void;

const ToastContext = createContext<Notify>(() => {});
const visibleMs = 6000;
let lastId = 0;

/** Shows short messages about what was done. A screen reader reads them without moving the focus. */
export function ToastProvider({ children }: { readonly children: ComponentChildren }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const notify = useMemo(() => {
    const remove = (id: number): void => setToasts((old) => old.filter((toast) => toast.id !== id));
    return {
      add: (text: string): void => {
        const id = ++lastId;
        setToasts((old) => [...old.slice(-2), { id, text }]);
        setTimeout(() => remove(id), visibleMs);
      },
      remove,
    };
  }, []);
  return (
    <ToastContext.Provider value={notify.add}>
      {children}
      <div class="toasts" role="status" aria-live="polite">
        {toasts.map(({ id, text }) => (
          <div class="toast" key={id}>
            <Check />
            <span>{text}</span>
            <button
              type="button"
              class="button button-quiet button-icon"
              aria-label="Dismiss message"
              onClick={() => notify.remove(id)}
            >
              <Close />
            </button>
          </div>
        ))}
      </div>
    </ToastContext.Provider>
  );
}

/** Returns a function that shows a short message, for example `alice was disabled.` */
export function useToast(): Notify {
  return useContext(ToastContext);
}

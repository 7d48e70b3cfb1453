import { useRef, useState } from 'preact/hooks';
import { createIdempotencyKey } from '../../api/client.ts';
import { ApiError } from '../../api/problem.ts';

export interface FormState {
  readonly isBusy: boolean;
  /** An error that belongs to no field. */
  readonly error: ApiError | undefined;
  /** Returns the error of a field by the name of its member in the request body. */
  errorOf(member: string): string | undefined;
  /** For the attribute `onSubmit` of a form. */
  onSubmit(event: Event): void;
}

export interface FormOptions {
  /** The members of the request body that have a field. Errors of other members are shown above the form. */
  readonly fields: readonly string[];
  /** Checks the values before anything is sent. Returns the errors by member. */
  validate?(): Readonly<Record<string, string | undefined>>;
  /**
   * Sends the form.
   * @param idempotencyKey stays the same until the form was sent successfully, so that a retry does nothing twice
   */
  send(idempotencyKey: string): Promise<void>;
}

/**
 * Sends a form and shows errors at their fields. The first invalid field gets the focus.
 */
export function useForm({ fields, validate, send }: FormOptions): FormState {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [invalid, setInvalid] = useState<Readonly<Record<string, string | undefined>>>({});
  const key = useRef<string>(undefined);

  const submit = async (form: HTMLFormElement): Promise<void> => {
    const found = validate?.() ?? {};
    setError(undefined);
    setInvalid(found);
    if (Object.values(found).some((text) => text !== undefined)) {
      focusFirstInvalid(form);
      return;
    }
    setBusy(true);
    try {
      key.current ??= createIdempotencyKey();
      await send(key.current);
      key.current = undefined;
    } catch (failure) {
      const apiError = toApiError(failure);
      // The server has rejected this body. A corrected one is another request.
      if (apiError.status !== 0) key.current = undefined;
      const byField = fieldErrors(apiError, fields);
      setInvalid(byField);
      if (Object.keys(byField).length > 0) focusFirstInvalid(form);
      else setError(apiError);
    } finally {
      setBusy(false);
    }
  };

  return {
    isBusy,
    error,
    errorOf: (member) => invalid[member],
    onSubmit: (event) => {
      event.preventDefault();
      if (!isBusy) void submit(event.currentTarget as HTMLFormElement);
    },
  };
}

function toApiError(failure: unknown): ApiError {
  if (failure instanceof ApiError) return failure;
  return new ApiError({
    status: 0,
    code: 'console',
    message: `The console failed: ${String(failure)}. Load the page again.`,
  });
}

/** Returns the errors of the fields, if each error of the answer belongs to a field. */
function fieldErrors(error: ApiError, fields: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { pointer, detail } of error.fields) {
    const member = pointer.split('/')[1] ?? '';
    if (!fields.includes(member)) return {};
    found[member] ??= detail.charAt(0).toUpperCase() + detail.slice(1);
  }
  return found;
}

function focusFirstInvalid(form: HTMLFormElement): void {
  // After the next frame, because the attribute is set when preact has rendered.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()),
  );
}

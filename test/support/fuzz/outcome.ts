/** What a call has returned or thrown, in a form that tests can compare. */
export type Outcome = { readonly returned: unknown } | { readonly thrown: Readonly<Record<string, unknown>> };

/** Calls a function. Two calls have equal outcomes if they return equal values, or throw errors with equal fields. */
export function outcomeOf(call: () => unknown): Outcome {
  try {
    return { returned: call() };
  } catch (error) {
    return thrown(error);
  }
}

/** The outcome of an asynchronous call, see `outcomeOf`. */
export async function outcomeOfAsync(call: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { returned: await call() };
  } catch (error) {
    return thrown(error);
  }
}

function thrown(error: unknown): Outcome {
  if (!(error instanceof Error)) return { thrown: { value: error } };
  return { thrown: { ...error, name: error.name, message: error.message } };
}

import { z } from 'zod';
import { messageOf } from '../../../errors.ts';

/**
 * Returns the schema of a text that a function must be able to parse. What the function throws becomes the fault at this
 * member. The value stays the text, so that the OpenAPI document describes what clients send.
 */
export function parsedText(parse: (text: string) => unknown, maxLength: number): z.ZodType<string, string> {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .superRefine((text, context) => {
      try {
        parse(text);
      } catch (error) {
        context.addIssue({ code: 'custom', message: messageOf(error) });
      }
    });
}

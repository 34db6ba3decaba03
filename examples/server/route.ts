import type { z } from 'zod';
import type { Served } from './served.ts';

/** What goes back: an object at once, or events as they come. */
export type Answer = { body: object; events?: undefined } | { events: AsyncGenerator<object> };

/** One endpoint: what its body looks like, and what it answers. */
export interface Route<Schema extends z.ZodType> {
  schema: Schema;
  answer(served: Served, request: z.infer<Schema>, signal: AbortSignal): Promise<Answer>;
}

import { EfEnvError } from '../../base/errors.ts';

/** What a server gave as its reason. */
interface Refusal {
  code: string;
  /** In words, one fault a line. */
  message: string;
}

/** The error for a request, `caller: what`, that a server refused; what to do is `advice`. */
export function refusedWith(request: string, refusal: Refusal, advice: string): EfEnvError {
  const message = refusal.message.trim().replace(/\s*\n\s*/g, '; ');
  return new EfEnvError(
    'server',
    `${request} was refused (${refusal.code}): ${message.replace(/[.]?$/, '.')} ${advice}`,
    { cause: refusal },
  );
}

/** The server's reason, if that is what `error` is about. */
export function refusalOf(error: unknown): Refusal | null {
  const cause = error instanceof EfEnvError ? error.cause : null;
  return cause && typeof cause === 'object' && 'code' in cause ? (cause as Refusal) : null; // only `refusedWith` sets it
}

/** The `errors` of a message or the `detail` of a 422, one line each: `field: what is wrong with it`. */
export function faultLines(errors: unknown): string {
  if (typeof errors === 'string') return errors;
  if (!Array.isArray(errors)) return '';
  return errors.map(faultLine).join('\n');
}

function faultLine(fault: unknown): string {
  const { loc, msg } = (fault ?? {}) as { loc?: unknown; msg?: unknown }; // pydantic's, but any JSON may come
  if (typeof msg !== 'string') return JSON.stringify(fault);
  return Array.isArray(loc) && loc.length > 0 ? `${loc.join('.')}: ${msg}` : msg;
}

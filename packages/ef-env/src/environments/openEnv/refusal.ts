import { EfEnvError } from '../../base/errors.ts';

/** What a server gave as its reason; the `cause` of the {@link EfEnvError} `server` that reports it. */
export interface OpenEnvRefusal {
  /** The server's own word, such as `'VALIDATION_ERROR'`; over HTTP `'HTTP 503'`, or `'VALIDATION_ERROR'` for 422. */
  code: string;
  /** In words, one fault a line. */
  message: string;
}

const ADVICE: Record<string, string> = {
  VALIDATION_ERROR:
    "Send what the server's schema asks for: openEnvClient(options).schema() shows it.",
  EXECUTION_ERROR: 'The environment itself failed on it: see the log of the server.',
  CAPACITY_REACHED:
    'Make sessions as small as the limit named, wait for other clients to leave, or start the server with a higher max_concurrent_envs.',
  FACTORY_ERROR: 'The server cannot make its environment: see its log.',
  'HTTP 401': 'Give the token of the server in headers.',
  'HTTP 403': 'Give the token of the server in headers.',
  'HTTP 404':
    'Correct the url. Servers of openenv-core 0.1 have no metadata and schema, those of openenv no HTTP reset and step in production mode.',
};

/** The error for a request that a server refused. */
export function refused(what: string, refusal: OpenEnvRefusal): EfEnvError {
  const advice = ADVICE[refusal.code] ?? 'See the log of the server.';
  const message = refusal.message.trim().replace(/\s*\n\s*/g, '; ');
  return new EfEnvError(
    'server',
    `openEnv: ${what} was refused (${refusal.code}): ${message.replace(/[.]?$/, '.')} ${advice}`,
    { cause: refusal },
  );
}

/** The server's reason, if that is what `error` is about. */
export function refusalOf(error: unknown): OpenEnvRefusal | null {
  const cause = error instanceof EfEnvError ? error.cause : null;
  return cause && typeof cause === 'object' && 'code' in cause ? (cause as OpenEnvRefusal) : null; // only `refused` sets it
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

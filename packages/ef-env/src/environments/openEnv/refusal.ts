import type { EfEnvError } from '../../base/errors.ts';
import { refusedWith } from '../remote/refusal.ts';

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
  return refusedWith(`openEnv: ${what}`, refusal, advice);
}

import { EfEnvError } from '../../base/errors.ts';
import type { RemoteServer } from '../remote/serverUrl.ts';
import { type OpenEnvResult, recordOf, resultOf } from './answer.ts';
import { httpJson } from './httpJson.ts';
import type { OpenEnvSession } from './openEnvSession.ts';

/**
 * A session over HTTP, for servers whose HTTP endpoints share one environment (openenv-core 0.1). Those of
 * openenv-core 0.2 and later make a new environment for every request: an attempt would be judged by one that was
 * never reset. That is seen from the state after the first step, and refused; so is an environment that does not
 * count its steps.
 */
export function httpSession(server: RemoteServer): OpenEnvSession {
  const where = server.url.shown('');
  let checked = false;

  const checkedStep = async (
    action: Readonly<Record<string, unknown>>,
    signal: AbortSignal | undefined,
  ): Promise<OpenEnvResult> => {
    const result = resultOf(
      `/step of ${where}`,
      await httpJson(server, '/step', { body: { action }, signal }),
    );
    if (!checked) checkKept(where, await state(signal));
    checked = true;
    return result;
  };
  const state = async (signal: AbortSignal | undefined): Promise<Record<string, unknown>> =>
    recordOf(`/state of ${where}`, await httpJson(server, '/state', { signal }));

  return {
    reset: async (args = {}, { signal } = {}) =>
      resultOf(`/reset of ${where}`, await httpJson(server, '/reset', { body: args, signal })),
    step: (action, { signal } = {}) => checkedStep(action, signal),
    state: ({ signal } = {}) => state(signal),
    close: async () => {},
  };
}

function checkKept(where: string, state: Record<string, unknown>): void {
  if (state.step_count !== 0) return;
  throw new EfEnvError(
    'server',
    `openEnv: ${where} must keep its environment between HTTP requests, its step_count is 0 after a step. The package openenv, and openenv-core since 0.2, make a new one for each: use transport: 'websocket'.`,
  );
}

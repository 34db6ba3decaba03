import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

// For tests only: what the echo environment of openenv-core 0.3.0 says, as recorded in fixtures/openEnv.json.

/** A message of a client, or what could be read of it. */
export interface FakeMessage {
  type?: string;
  data?: Record<string, unknown>;
}

/** The recorded exchange; conformance/openEnvRecord.ts says what it is. */
export const RECORD: {
  http: { method: string; path: string; body?: unknown; status: number; answer: unknown }[];
  webSocket: { session: string; send: unknown; answer: unknown }[];
} = JSON.parse(readFileSync(new URL('../../../fixtures/openEnv.json', import.meta.url), 'utf8'));

export interface EchoState {
  episode_id: string;
  step_count: number;
}

const PYDANTIC = 'https://errors.pydantic.dev/2.14/v';
/** The message that reports an error. */
export const error = (data: object): string => JSON.stringify({ type: 'error', data });
/** A new environment. */
export const newState = (): EchoState => ({ episode_id: randomUUID(), step_count: 0 });
const observation = (text: string, length: number): object => ({
  observation: { echoed_message: text, message_length: length },
  reward: length / 10,
  done: false,
});

function reset(state: EchoState): object {
  Object.assign(state, newState());
  return observation('Echo Env environment ready!', 0);
}

function step(state: EchoState, { message }: Record<string, unknown>): object {
  state.step_count++;
  return observation(String(message), String(message).length);
}

/** What the schema of the action has against it. */
function actionFaults(action: Record<string, unknown>): object[] {
  const faults: object[] = [];
  if (!('message' in action)) faults.push(missing(['message'], action));
  for (const [name, input] of Object.entries(action)) {
    if (name === 'message') continue;
    const msg = 'Extra inputs are not permitted';
    faults.push({
      type: 'extra_forbidden',
      loc: [name],
      msg,
      input,
      url: `${PYDANTIC}/extra_forbidden`,
    });
  }
  return faults;
}

function missing(loc: string[], input: unknown): object {
  return { type: 'missing', loc, msg: 'Field required', input, url: `${PYDANTIC}/missing` };
}

function invalid(errors: object[]): string {
  return error({ message: 'Invalid message', code: 'VALIDATION_ERROR', errors });
}

/** The server's answer to a message, `null` for goodbye. */
export function messageAnswer(state: EchoState, text: string): string | null {
  const message = parsed(text);
  if (message === null) {
    const words = 'Invalid JSON: Expecting value: line 1 column 1 (char 0)';
    return error({ message: words, code: 'INVALID_JSON' });
  }
  const { type = '', data } = message;
  if (type === 'reset') return JSON.stringify({ type: 'observation', data: reset(state) });
  if (type === 'state') return JSON.stringify({ type, data: state });
  if (type === 'close') return null;
  if (type !== 'step')
    return error({ message: `Unknown message type: ${type}`, code: 'UNKNOWN_TYPE' });
  if (data === undefined) return invalid([missing(['data'], message)]);
  const faults = actionFaults(data);
  if (faults.length > 0) return invalid(faults);
  return JSON.stringify({ type: 'observation', data: step(state, data) });
}

/** `null` for what is no JSON. */
export function parsed(text: string): FakeMessage | null {
  try {
    return JSON.parse(text) as FakeMessage; // tests send nothing else
  } catch {
    return null;
  }
}

/** Status and JSON. */
export function httpAnswer(state: EchoState, path: string, body: string): [number, unknown] {
  if (path === '/state') return [200, state];
  if (path === '/reset') {
    const { seed = 0 } = JSON.parse(body);
    if (seed >= 0) return [200, reset(state)];
    const msg = 'Input should be greater than or equal to 0';
    const fault = { type: 'greater_than_equal', loc: ['body', 'seed'], msg, input: seed };
    return [422, { detail: [{ ...fault, ctx: { ge: 0 } }] }];
  }
  if (path === '/step') {
    const request = JSON.parse(body);
    if (request.action === undefined) {
      const { url: _, ...fault } = missing(['body', 'action'], request) as { url?: string }; // FastAPI's own has none
      return [422, { detail: [fault] }];
    }
    const faults = actionFaults(request.action);
    return faults.length > 0 ? [422, { detail: faults }] : [200, step(state, request.action)];
  }
  // the descriptions of the environment are as recorded
  const known = RECORD.http.find((each) => each.method === 'GET' && each.path === path);
  return known ? [known.status, known.answer] : [404, { detail: 'Not Found' }];
}

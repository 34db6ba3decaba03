import { EfEnvError } from '../../base/errors.ts';
import { parseJson } from '../remote/json.ts';
import { refusalOf } from '../remote/refusal.ts';
import { withinTime } from '../remote/withinTime.ts';
import { ANSWERS, type Answer, readAnswer } from './answers.ts';
import { keepAlive } from './keepAlive.ts';
import type { OpenRewardServer } from './openRewardServer.ts';
import type { OpenRewardSession } from './openRewardSession.ts';
import { refused } from './refusal.ts';
import { request } from './request.ts';
import type { SecretFields } from './secretFields.ts';
import { stream } from './stream.ts';

/** How long a server may take to tear an environment down, milliseconds. */
const LEAVE_TIME = 5_000;

interface SessionOptions {
  environment: string;
  /** What says the task, see `taskFields`. */
  fields: Readonly<Record<string, unknown>>;
  secrets: SecretFields;
  signal: AbortSignal | undefined;
}

/** Headers of a session, and what ends all its requests. */
interface Ticket {
  server: OpenRewardServer;
  headers: { 'X-Session-ID': string };
  closing: AbortSignal;
}

/** Creates an environment for a task and keeps it alive until the session is closed. */
export async function openSession(
  server: OpenRewardServer,
  { signal, ...session }: SessionOptions,
): Promise<OpenRewardSession> {
  const what = `/create_session of ${server.url.shown('')}`; // it makes an id and nothing else
  const created = { what, body: {}, signal, repeatable: true };
  const { id } = await stream(server, '/create_session', created);
  const closing = new AbortController();
  const ticket = { server, headers: { 'X-Session-ID': id }, closing: closing.signal };
  let left: Promise<void> | undefined;
  let stop = (): void => {};
  const close = (): Promise<void> => {
    stop();
    closing.abort(ended(server));
    left ??= leave(ticket);
    return left;
  };
  try {
    await create(ticket, { ...session, signal });
  } catch (error) {
    await close();
    throw error;
  }
  stop = keepAlive(() => tell(ticket, '/ping', ticket.closing));
  return { id, ...requestsOf(ticket, session.environment), close };
}

/** A request to a session without any further data, made once. */
const tell = ({ server, headers }: Ticket, path: string, signal: AbortSignal): Promise<unknown> =>
  request({ ...server, retries: 0 }, path, { method: 'POST', headers, signal });

async function create(
  { server, headers }: Ticket,
  { environment, fields, secrets, signal }: SessionOptions,
): Promise<void> {
  const body = { env_name: environment, ...fields, ...secrets.body };
  try {
    await request(server, '/create', { headers: { ...headers, ...secrets.headers }, body, signal });
  } catch (error) {
    const refusal = refusalOf(error); // the id is new: it exists because an answer was lost on the way
    if (refusal?.message !== 'Session already exists') throw error;
  }
}

async function leave(ticket: Ticket): Promise<void> {
  const limit = { caller: ticket.server.caller, milliseconds: LEAVE_TIME };
  await withinTime('close', limit, async (within) => {
    await tell(ticket, '/delete', within).catch(() => {}); // nothing was created
    await tell(ticket, '/delete_session', within);
  }).catch(() => {}); // a server that went away has let go of it
}

function requestsOf(
  { server, headers, closing }: Ticket,
  environment: string,
): Omit<OpenRewardSession, 'id' | 'close'> {
  const path = (endpoint: string): string => `/${encodeURIComponent(environment)}${endpoint}`;
  const until = (signal: AbortSignal | undefined): AbortSignal =>
    AbortSignal.any(signal ? [closing, signal] : [closing]);
  const get = async <T>(endpoint: string, answer: Answer<T>, signal?: AbortSignal): Promise<T> => {
    const data = await request(server, path(endpoint), { headers, signal: until(signal) });
    return readAnswer(`${path(endpoint)} of ${server.url.shown('')}`, data, answer);
  };
  const prompt: OpenRewardSession['prompt'] = ({ signal } = {}) =>
    get('/prompt', ANSWERS.prompt, signal);
  return {
    prompt,
    messages: ({ signal } = {}) =>
      whereMissing(get('/messages', ANSWERS.messages, signal), async () => [
        { role: 'user', blocks: await prompt({ signal }) },
      ]),
    tools: ({ signal } = {}) =>
      whereMissing(get('/task_tools', ANSWERS.tools, signal), () =>
        get('/tools', ANSWERS.tools, signal),
      ),
    call: async (name, input, { signal } = {}) => {
      const what = `the call of ${name} at ${server.url.shown(path(''))}`;
      const body = { name, input };
      const asked = { what, body, headers, signal: until(signal), repeatable: false };
      const { text } = await stream(server, path('/call'), asked);
      const result = readAnswer(what, parseJson(text, server.hide), ANSWERS.call);
      if ('code' in result) throw refused(what, result);
      return result;
    },
  };
}

/** What an older server has in place of an endpoint. */
async function whereMissing<T>(newer: Promise<T>, older: () => Promise<T>): Promise<T> {
  try {
    return await newer;
  } catch (error) {
    if (refusalOf(error)?.code !== 'HTTP 404') throw error;
    return older();
  }
}

function ended({ url }: OpenRewardServer): EfEnvError {
  return new EfEnvError(
    'server',
    `openReward: the session at ${url.shown('')} has ended. Start another.`,
  );
}

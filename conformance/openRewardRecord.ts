/** What a server of conformance/openReward.py says, `body` being JSON and `answer` the text as it came. */
export interface RewardRecord {
  method: 'GET' | 'POST';
  path: string;
  body?: unknown;
  status: number;
  /** Those that tell a client something. */
  headers: Record<string, string>;
  answer: string;
}

/** A session from its creation on. */
export interface RewardSessionRecord {
  create: unknown;
  exchanges: RewardRecord[];
}

type Request = Pick<RewardRecord, 'method' | 'path' | 'body'>;

const get = (path: string): Request => ({ method: 'GET', path });
const post = (path: string, body?: unknown): Request => ({ method: 'POST', path, body });
const call = (env: string, name: string, input: object): Request =>
  post(`/${env}/call`, { name, input });
const OPENING = (env: string): Request[] => [
  get(`/${env}/messages`),
  get(`/${env}/prompt`),
  get(`/${env}/task_tools`),
];
const ENDING = [post('/ping'), post('/delete'), post('/delete_session'), post('/ping')];

const REQUESTS: Request[] = [
  get('/health'),
  get('/version'),
  get('/list_environments'),
  get('/splits'),
  get('/nowhere/splits'),
  get('/steps/nowhere/splits'),
  ...['steps', 'capital', 'dialogue'].flatMap((env) => [
    get(`/${env}/splits`),
    get(`/${env}/tools`),
    post(`/${env}/num_tasks`, { split: 'train' }),
    post(`/${env}/tasks`, { split: 'train' }),
  ]),
  post('/steps/num_tasks', { split: 'test' }),
  post('/capital/num_tasks', { split: 'hard' }),
  post('/steps/task', { split: 'train', index: 1 }),
  post('/steps/task', { split: 'train', index: 99 }),
  post('/steps/task_range', { split: 'train', start: 1, stop: 3 }),
  post('/steps/task_range', { split: 'train', start: -1 }),
  post('/steps/tasks', { split: 'nowhere' }),
  post('/steps/tasks', {}),
  post('/create', { env_name: 'steps', split: 'train', index: 0 }), // no session
];

const steps = { env_name: 'steps', task_spec: { numbers: [3, 4] } };
const place = (env_name: string, split: string, index: number): object => ({
  ...{ env_name, split, index },
});
const guess = (number: unknown): Request => call('steps', 'guess', { number });

/** Sessions: how each is created, and what it is asked. */
const SESSIONS: { create: unknown; requests: Request[] }[] = [
  {
    create: steps,
    requests: [
      ...OPENING('steps'),
      guess(3),
      guess(9),
      guess('x'),
      call('steps', 'nothing', {}),
      call('steps', 'fail', {}),
      guess(4),
      guess(5),
      ...ENDING,
      guess(6),
      get('/steps/prompt'),
      post('/delete'),
    ],
  },
  { create: steps, requests: [guess(9), guess(3), guess(4)] },
  { create: steps, requests: [guess(3), guess(4)] },
  {
    create: steps,
    requests: [
      call('steps', 'recite', {}),
      call('steps', 'draw', {}),
      call('steps', 'sleep', { seconds: 0.05 }),
      call('steps', 'sleep', { seconds: 0.05 }),
      post('/steps/call', { name: 'sleep', input: { seconds: 0.05 }, task_id: '<task>' }), // resumed
      post('/steps/call', { name: 'sleep', input: { seconds: 0.05 }, task_id: 'gone' }),
      post('/create', steps), // a second time
    ],
  },
  { create: steps, requests: [call('steps', 'sleep', { seconds: 0.05 }), guess(3)] },
  { create: steps, requests: [call('steps', 'fail', {}), guess(3)] },
  { create: steps, requests: [call('steps', 'tell', { word: 'password' })] },
  ...['train', 'test'].flatMap((split) =>
    [0, 1, 2, 3].map((index) => {
      const first = (split === 'train' ? 3 : 50) + index;
      const requests = [...OPENING('steps'), guess(first), guess(first + 1), ...ENDING];
      return { create: place('steps', split, index), requests };
    }),
  ),
  {
    create: place('capital', 'train', 0),
    requests: [...OPENING('capital'), call('capital', 'answer', { answer: 'Paris' }), ...ENDING],
  },
  {
    create: place('capital', 'train', 0),
    requests: [call('capital', 'answer', { answer: 'Rome' })],
  },
  {
    create: place('dialogue', 'train', 0),
    requests: [...OPENING('dialogue'), call('dialogue', 'clock', {}), ...ENDING],
  },
  {
    create: { ...steps, task_spec: { numbers: [3, 4], broken: true } },
    requests: [...OPENING('steps'), guess(3), ...ENDING],
  },
  {
    create: { ...steps, task_spec: { numbers: [3, 4], picture: true } },
    requests: [...OPENING('steps'), ...ENDING],
  },
  {
    create: { ...steps, task_spec: { numbers: [3, 4], setup: 27 } }, // longer than a request waits
    requests: [get('/steps/messages'), ...OPENING('steps'), ...ENDING],
  },
  { create: place('nowhere', 'train', 0), requests: [] },
  { create: place('steps', 'nowhere', 0), requests: [] },
  { create: place('steps', 'train', 99), requests: [] },
  { create: { env_name: 'steps' }, requests: [] },
];

const SHOWN_HEADERS = ['content-type', 'location', 'retry-after', 'x-backend-state'];

/** What the server says to the script above; its ids as `<session>` and `<task>`. */
export async function recordOpenReward(
  url: string,
): Promise<{ http: RewardRecord[]; sessions: RewardSessionRecord[] }> {
  const http: RewardRecord[] = [];
  for (const request of [...REQUESTS, post('/create_session', {})])
    http.push(await exchange(url, request));
  const sessions: RewardSessionRecord[] = [];
  for (const { create, requests } of SESSIONS) {
    const opened = await exchange(url, post('/create_session', {}));
    const id = idIn(opened.answer);
    const names: Record<string, string> = { [id]: '<session>' };
    const exchanges: RewardRecord[] = [];
    let task = '';
    for (const request of [post('/create', create), ...requests]) {
      const sent = JSON.parse(JSON.stringify(request).replace('<task>', task));
      const seen = await exchange(url, sent, id);
      if (request.path.endsWith('/call') && seen.answer.includes('event: task_id')) {
        task = idIn(seen.answer);
        names[task] = '<task>';
      }
      exchanges.push({ ...seen, ...request });
    }
    await exchange(url, post('/delete'), id);
    const text = JSON.stringify({ create, exchanges });
    const named = Object.entries(names).reduce(
      (all, [own, name]) => all.replaceAll(own, name),
      text,
    );
    sessions.push(JSON.parse(named));
  }
  const opening = http.at(-1)!; // create_session
  opening.answer = opening.answer.replaceAll(idIn(opening.answer), '<session>');
  return { http, sessions };
}

/** The data of the first event. */
const idIn = (stream: string): string => /^data: (.+?)\r?$/m.exec(stream)![1]!;

async function exchange(url: string, request: Request, session?: string): Promise<RewardRecord> {
  const response = await fetch(url + request.path, {
    method: request.method,
    redirect: 'manual',
    headers: {
      'content-type': 'application/json',
      ...(session !== undefined && { 'X-Session-ID': session }),
    },
    body: request.body === undefined ? null : JSON.stringify(request.body),
  });
  const headers = SHOWN_HEADERS.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  const answer = await response.text();
  return { ...request, status: response.status, headers: Object.fromEntries(headers), answer };
}

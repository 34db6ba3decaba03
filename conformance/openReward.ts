import { writeFileSync } from 'node:fs';
import {
  collect,
  type OpenRewardClient,
  type OpenRewardSession,
  openReward,
  openRewardClient,
  type Policy,
} from '@molrl/ef-env';
import { rate, reason, report } from './claims.ts';
import { cuttingProxy } from './cuttingProxy.ts';
import { recordOpenReward } from './openRewardRecord.ts';

/**
 * Our client against a real server of the Open Reward Standard, with the environments of openReward.py (which says how to
 * start it), of the package openreward or ors-sdk. Prints what held. With RECORD.json it writes the exchange that
 * ef-env's tests replay:
 * `node --conditions=@molrl/source --import tsx conformance/openReward.ts http://127.0.0.1:8080 [RECORD.json]`
 */
const [url = 'http://127.0.0.1:8080', recordFile] = process.argv.slice(2);
const SECRET = 'open sesame é';
const LONG = `${Array.from({ length: 1100 }, (_, i) => String(i).padStart(7)).join(' ')} é世🌍 end`;
const CALLS = 300;

/** What a tool says. */
async function said(session: OpenRewardSession, name: string, input = {}): Promise<string> {
  const { blocks } = await session.call(name, input);
  return blocks.map((block) => (block.type === 'text' ? block.text : block.mimeType)).join('\n');
}

const json = JSON.stringify;

/** @returns whether the server knows terminal tools and messages. */
async function lists(client: OpenRewardClient): Promise<boolean> {
  const names = await client.environments();
  report('environments', names.slice(0, 2).join() === 'steps,capital', names);
  const splits = await client.splits();
  report('splits', json(splits.map(({ type }) => type)) === '["train","test"]');
  report('numTasks', (await client.numTasks('train')) === 4);
  report('rows', json((await client.rows('test'))[3]) === '{"split":"test","index":3}');
  report('tasks', json((await client.tasks('test'))[0]) === '{"numbers":[50,51]}');
  const place = { split: 'train', index: 1 };
  report('task', json(await client.task(place)) === '{"numbers":[4,5]}');
  report(
    'taskRange',
    json(await client.taskRange('train', { start: -1 })) === '[{"numbers":[6,7]}]',
  );
  const { tools } = await client.tools();
  report(
    'tools',
    tools.some(
      ({ name, parameters }) => name === 'guess' && 'number' in Object(parameters.properties),
    ),
  );
  const far = await reason(client.session({ split: 'train', index: 99 }));
  report('a task that is not there is refused in words', far.includes('Invalid index'), far);
  const wrong = await reason(openRewardClient({ url, environment: 'stepz' }).splits());
  report(
    'so is an environment, with the nearest name',
    wrong.includes("Did you mean 'steps'?"),
    wrong,
  );
  return names.includes('dialogue');
}

async function sessions(client: OpenRewardClient): Promise<void> {
  const [one, two] = await Promise.all(
    [0, 1].map((index) => client.session({ split: 'train', index })),
  );
  if (!one || !two) throw new Error('there are two');
  const prompt = await one.prompt();
  const [message] = await one.messages();
  report('prompt and messages', json(message) === json({ role: 'user', blocks: prompt }));
  report('tools of the task', (await one.tools()).tools.length === 7);
  const first = await one.call('guess', { number: 3 });
  const gave = first.reward === 0.5 && !first.finished && json(first.metadata) === '{"found":1}';
  report('call', gave, json(first));
  report('each session has its own state', (await two.call('guess', { number: 4 })).reward === 0.5);
  const words = await reason(one.call('guess', { number: 'x' }));
  report('a wrong argument is refused in words', words.includes('valid integer'), words);
  const unknown = await reason(one.call('nothing', {}));
  report('an unknown tool too', unknown.includes("'nothing' is not a valid tool"));
  const broken = await reason(one.call('fail', {}));
  report(
    'an exception in a tool, of several lines',
    broken.includes('the disk is full; of numbers'),
    broken,
  );
  const text = await said(one, 'recite');
  report('a long answer arrives whole, blanks and all', text === LONG, `${text.length} characters`);
  report('an image is one', (await said(one, 'draw')) === 'image/png');
  const last = await one.call('guess', { number: 4 });
  report('the end', last.finished && last.reward === 0.5);
  await Promise.all([one.close(), two.close(), one.close()]);
  const closed = await reason(one.prompt());
  report('close ends it', closed.includes('has ended'));
  const ping = { method: 'POST', headers: { 'X-Session-ID': one.id } };
  report('for the server as well', (await fetch(`${url}/ping`, ping)).status === 404);
}

async function secrets(): Promise<void> {
  const client = openRewardClient({
    url,
    apiKey: 'key-of-the-user',
    secrets: { password: SECRET },
  });
  const session = await client.session({ split: 'train', index: 0 });
  const length = await said(session, 'secret', { word: 'password' });
  report('the environment gets the secret', length === String(SECRET.length), length);
  report(
    'a policy never sees it',
    (await said(session, 'tell', { word: 'password' })) === 'It is [hidden].',
  );
  await session.close();
}

/** Through a proxy that cuts streams and counts requests. */
async function brokenStreams(): Promise<void> {
  const proxy = await cuttingProxy(url);
  const client = openRewardClient({ url: proxy.url, retries: 3 });
  const session = await client.session({ split: 'train', index: 0 });
  proxy.cutAfter('event: task_id');
  report(
    'a stream that broke early is resumed',
    (await said(session, 'sleep', { seconds: 1 })) === 'Slept 1 times.',
  );
  proxy.cutAfter('event: chunk');
  report('and one that broke in the answer', (await said(session, 'recite')) === LONG);
  report('both by a second request', proxy.count('/call') === 4, `${proxy.count('/call')} of 4`);
  report('nothing ran twice', (await said(session, 'sleep', { seconds: 0 })) === 'Slept 2 times.');
  proxy.cutAfter('');
  const lost = await reason(session.call('sleep', { seconds: 0 }));
  report('one without an id is not repeated', lost.includes('is not known'), lost);
  const begin = performance.now();
  const controller = new AbortController();
  const long = session.call('sleep', { seconds: 3 }, { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 100);
  const gone = await reason(long);
  report('a call ends by its signal', gone === 'enough' && performance.now() - begin < 1000);
  report('and the session goes on', (await session.call('guess', { number: 3 })).reward === 0.5);
  await session.close();
  await startingUp(client, proxy.count);
  await proxy.close();
}

/** openreward lets a request wait for 25 s, then says that it is starting; ors-sdk waits. */
async function startingUp(
  client: OpenRewardClient,
  count: (path: string) => number,
): Promise<void> {
  const before = count('/ping');
  const session = await client.session({ numbers: [8, 9], setup: 27 });
  const begin = performance.now();
  const waited = (await session.messages()).length === 1 && performance.now() - begin > 20_000;
  report(
    'an environment that starts up is waited for',
    waited,
    `${Math.round(performance.now() - begin)} ms`,
  );
  report('and kept alive', count('/ping') - before >= 2, `${count('/ping') - before} pings`);
  await session.close();
  const broken = await client.session({ numbers: [8, 9], broken: true });
  const words = await reason(broken.messages());
  report('one that does not start says why', words.includes('the sandbox did not start'), words);
  await broken.close();
}

/** Says the same for all turns, or the numbers of the task one after the other. */
const saying = (text: (turn: number) => string): Policy => ({
  generate: async (conversations, { numGenerations = 1 }) =>
    conversations.flatMap((segments) =>
      Array.from({ length: numGenerations }, () => ({
        ...{ speaker: 'assistant' as const, kind: 'policy' as const, turn: 0 },
        text: text(segments.filter(({ kind }) => kind === 'policy').length),
      })),
    ),
});

const call = (name: string, args: object): string =>
  `<tool_call>\n${json({ name, arguments: args })}\n</tool_call>`;

async function collections(newer: boolean): Promise<void> {
  const options = { groupSize: 5, maxTokens: 1, seed: 0 };
  const row = { split: 'train', index: 2 };
  const game = openReward({ url, sessions: 4, rewards: 'sum' });
  const guesses = saying((turn) => call('guess', { number: 5 + turn }));
  const tasks = [row, { numbers: [5, 6] }, row, row];
  const episodes = await collect(game, guesses, { ...options, tasks });
  const whole = episodes.filter(({ stop, reward }) => stop === 'done' && reward === 1);
  report('collect', whole.length === 20, `${whole.length} of 20 episodes of 2 turns`);
  const told = episodes.flatMap(({ segments }) => segments.map(({ text }) => text));
  report('metadata are not shown', !told.some((text) => text.includes('found"')));
  if (!newer) return;
  const question = openReward({ url, environment: 'capital' });
  const answers = await collect(
    question,
    saying(() => '<think>Hm.</think>\nParis'),
    {
      ...options,
      tasks: [{ split: 'train', index: 0 }],
    },
  );
  const right = answers.every(({ reward, stop }) => reward === 1 && stop === 'done');
  report('a plain answer goes to the terminal tool', right);
  const clerk = openReward({ url, environment: 'dialogue' });
  const [talk] = await collect(
    clerk,
    saying(() => call('clock', {})),
    {
      ...options,
      tasks: [{ split: 'train', index: 0 }],
    },
  );
  const speakers = talk?.segments.map(({ speaker }) => speaker).join();
  const wanted = 'system,user,assistant,tool,assistant,user,assistant,tool';
  report('a conversation is one', speakers === wanted, speakers);
}

/** Calls a second of one session, beside bare requests of the same. */
async function speed(client: OpenRewardClient): Promise<void> {
  const session = await client.session({ split: 'train', index: 0 });
  const bare = async (): Promise<unknown> =>
    (
      await fetch(`${url}/steps/call`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'X-Session-ID': session.id },
        body: json({ name: 'guess', input: { number: -1 } }),
      })
    ).text();
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 3; round++) {
    ours.push(await rate(() => session.call('guess', { number: -1 }), CALLS));
    theirs.push(await rate(bare, CALLS));
  }
  console.log(`openRewardClient: ${ours.join(', ')} calls/s; bare fetch: ${theirs.join(', ')}`);
  await session.close();
}

const client = openRewardClient({ url });
const newer = await lists(client);
await sessions(client);
await secrets();
await collections(newer);
await speed(client);
await brokenStreams();
if (recordFile) {
  const { version } = (await (await fetch(`${url}/version`)).json()) as { version: string };
  const provenance = `openreward ${version} with conformance/openReward.py, recorded ${new Date().toISOString().slice(0, 10)} by conformance/openReward.ts`;
  const exchange = { provenance, ...(await recordOpenReward(url)) };
  writeFileSync(recordFile, `${json(exchange, null, 1)}\n`);
}

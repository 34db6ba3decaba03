import { writeFileSync } from 'node:fs';
import { collect, type OpenEnvSession, openEnv, openEnvClient, type Policy } from '@molrl/ef-env';
import { rate, reason, report } from './claims.ts';
import { ask, connect, recordOpenEnv } from './openEnvRecord.ts';

/**
 * Our client against a real OpenEnv server: the echo environment that `openenv init echo_env` writes, started with
 * `max_concurrent_envs=4`. Prints what held. With RECORD.json it writes the exchange that ef-env's tests replay.
 * Recording and the bare speed need Node 22 or later, the rest runs on 20:
 * `node --conditions=@molrl/source --import tsx conformance/openEnv.ts http://127.0.0.1:8000 [RECORD.json]`
 */
const [url = 'http://127.0.0.1:8000', recordFile] = process.argv.slice(2);
const PLACES = 4;
const STEPS = 1000;

async function sessions(): Promise<void> {
  const client = openEnvClient({ url });
  report('health', (await client.health()).status === 'healthy');
  report('metadata', typeof (await client.metadata()).name === 'string');
  report('schema', 'properties' in ((await client.schema()).action as object));
  const [one, two] = [await client.session(), await client.session()];
  report('reset', (await one.reset({ seed: 1 })).done === false);
  await two.reset();
  const { observation, reward } = await one.step({ message: 'hello' });
  report('step', observation.echoed_message === 'hello' && reward === 0.5);
  const counts = [(await one.state()).step_count, (await two.state()).step_count];
  report('each session has its own state', counts.join() === '1,0', counts);
  const words = await reason(one.step({ text: 'x' }));
  report('a wrong action is refused in words', words.includes('message: Field required'), words);
  report('and the session goes on', (await one.step({ message: 'x' })).reward === 0.1);
  await places(client.session, [one, two]);
}

async function places(
  session: () => Promise<OpenEnvSession>,
  held: OpenEnvSession[],
): Promise<void> {
  while (held.length < PLACES) held.push(await session());
  const fifth = await session();
  const words = await reason(fifth.reset());
  report('a full server refuses', words.includes('CAPACITY_REACHED'), words);
  await Promise.all([...held, fifth].map((each) => each.close()));
  let reopened = 0;
  for (; reopened < 20; reopened++) {
    const next = await Promise.all(Array.from({ length: PLACES }, session));
    const refusals = await Promise.all(next.map((each) => reason(each.reset())));
    await Promise.all(next.map((each) => each.close()));
    if (refusals.some((refusal) => refusal !== 'nothing')) break;
  }
  report('places are free once close resolves', reopened === 20, `${reopened} of 20 rounds of 4`);
}

async function collection(): Promise<void> {
  const policy: Policy = {
    generate: async (conversations, { numGenerations = 1 }) =>
      Array.from({ length: conversations.length * numGenerations }, () => ({
        speaker: 'assistant',
        kind: 'policy',
        turn: 0,
        text: 'hello',
      })),
  };
  const echo = openEnv({ url, sessions: PLACES, action: (message) => ({ message }) });
  const episodes = await collect(echo, policy, {
    tasks: Array.from({ length: 20 }, () => ({})),
    groupSize: 2,
    maxTurns: 3,
    maxTokens: 1,
    seed: 0,
  });
  const whole = episodes.filter(({ stop, reward }) => stop === 'max-turns' && reward === 0.5);
  report('collect', whole.length === 40, `${whole.length} of 40 episodes of 3 turns`);
  const told = episodes.flatMap(({ segments }) => segments.map(({ text }) => text));
  report('metadata are not shown', !told.some((text) => text.includes('original_message')));
  const http = await reason(
    openEnvClient({ url, transport: 'http' })
      .session()
      .then((session) => session.step({ message: 'x' })),
  );
  report('HTTP, which keeps nothing, is refused', http.includes('step_count is 0'), http);
}

/** Steps a second of one session, beside a bare WebSocket that sends the same message. */
async function speed(): Promise<void> {
  const session = await openEnvClient({ url }).session();
  await session.reset();
  const bare = typeof WebSocket === 'undefined' ? null : await connect(url);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 3; round++) {
    ours.push(await rate(() => session.step({ message: 'x' }), STEPS));
    if (bare)
      theirs.push(await rate(() => ask(bare, { type: 'step', data: { message: 'x' } }), STEPS));
  }
  console.log(`openEnvClient: ${ours.join(', ')} steps/s; bare WebSocket: ${theirs.join(', ')}`);
  await session.close();
  bare?.close();
}

await sessions();
await collection();
await speed();
if (recordFile) {
  const provenance = `openenv-core 0.3.0, the echo environment of \`openenv init\` with max_concurrent_envs=4, recorded ${new Date().toISOString().slice(0, 10)} by conformance/openEnv.ts`;
  const exchange = { provenance, ...(await recordOpenEnv(url)) };
  writeFileSync(recordFile, `${JSON.stringify(exchange, null, 1)}\n`);
}

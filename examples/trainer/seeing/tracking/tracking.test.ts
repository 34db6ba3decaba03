import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSettings } from '../../config/checkSettings.ts';
import { childTracker } from './childTracker.ts';
import { crc32c, maskedCrc32c } from './crc32c.ts';
import { forgiving, openTrackers } from './openTrackers.ts';
import { tensorboardRecord } from './tensorboardEvent.ts';
import { trackedRow } from './trackedRow.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molrl-tracking-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = { out: '', project: 'p', name: 'n', id: 'i', config: {}, done: 0 };

describe('crc32c', () => {
  // RFC 3720, B.4
  test.each([
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(255), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Buffer.from('123456789'), 0xe3069283],
  ])('of known bytes', (bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
    expect(maskedCrc32c(bytes)).toBe((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
  });
});

describe('tensorboardRecord', () => {
  test('has the bytes that tensorboard 2.21 writes of the same event', () => {
    // event_pb2.Event(wall_time=1.5, step=300, summary=…(tag='reward', simple_value=0.25)) through its RecordWriter
    const record = tensorboardRecord({ wallTime: 1.5, step: 300, scalars: { reward: 0.25 } });
    expect(record.toString('hex')).toBe(
      '1d00000000000000602fdf2309000000000000f83f10ac022a0f0a0d0a06726577617264150000803e2453d477',
    );
    const start = tensorboardRecord({ wallTime: 2, step: 4, sessionStart: true });
    expect(start.toString('hex')).toBe(
      '0f000000000000006d532b0909000000000000004010043a0208017601b5eb',
    );
    const version = tensorboardRecord({ wallTime: 2, fileVersion: 'brain.Event:2' });
    expect(version.toString('hex')).toBe(
      '1800000000000000a37f4b220900000000000000401a0d627261696e2e4576656e743a32ff2ee0e7',
    );
  });
});

describe('trackedRow', () => {
  const settings = checkSettings({
    ...{ environment: 'codewords', stages: ['collect', 'mol', 'grpo', 'eval'] },
    mol: { updates: 7 },
    grpo: { updates: 5 },
  });
  test('steps count the updates of all stages before; tags tell stages apart', () => {
    const row = { stage: '3-grpo', step: 2, reward: 0.5, 'eval/accuracy': 1, note: 'text' };
    expect(trackedRow(settings, row)).toEqual({
      step: 9,
      scalars: { 'grpo/reward': 0.5, 'eval/accuracy': 1 },
    });
    expect(trackedRow(settings, { stage: '4-eval', step: 0 }).step).toBe(12);
  });
});

describe('tensorboard files', () => {
  test('a resumed run writes a file of its own, sorted last, also when the clock went back', async () => {
    const out = await mkdtemp(join(folder, 'run-'));
    await writeFile(join(out, 'events.out.tfevents.9000000000.host.1'), '');
    const settings = checkSettings({ environment: 'codewords' });
    for (const step of [1, 2]) {
      const tracker = openTrackers({
        state: { settings, stage: 0, progress: undefined },
        ...{ out, onFailure: expect.unreachable },
      });
      tracker.log(step, { 'grpo/reward': step });
      await tracker.close();
    }
    const names = (await readdir(out)).sort();
    expect(names.map((name) => name.split('.')[3])).toEqual([
      ...['9000000000', '9000000001', '9000000002'],
    ]);
    const [, , last] = await Promise.all(names.map((name) => readFile(join(out, name))));
    const scalar = (wallTime: number) =>
      tensorboardRecord({ wallTime, step: 2, scalars: { 'grpo/reward': 2 } });
    const wallTime = last!.readDoubleLE(last!.length - scalar(0).length + 13); // behind length, its checksum and a key
    expect(last!.subarray(-scalar(0).length)).toEqual(scalar(wallTime));
  });
});

describe('childTracker', () => {
  const node = (program: string) => [process.execPath, '-e', program] as const;

  test('hands the run and its rows over, and waits for the end', async () => {
    const file = join(folder, 'lines');
    const program = `process.stdin.pipe(require('fs').createWriteStream(${JSON.stringify(file)}))`;
    const tracker = childTracker(node(program), { run });
    tracker.log(3, { reward: 1 });
    await tracker.close();
    expect(await readFile(file, 'utf8')).toBe(
      `${JSON.stringify({ run })}\n{"step":3,"scalars":{"reward":1}}\n`,
    );
  });

  test.each([
    ['dies', [...node("console.error('no key'); process.exit(1)")], /^no key$/],
    ['is not there', ['/no/such/program'], /ENOENT/],
    ['never ends', [...node('setInterval(() => {}, 1000)')], /ended with SIGKILL/],
  ] as const)('one that %s is told once, and the run goes on', async (what, command, message) => {
    const said: string[] = [];
    const tracker = forgiving(
      () =>
        childTracker(command as never, { run, endTimeout: what === 'never ends' ? 300 : 30_000 }),
      (error) => said.push(error.message),
    );
    for (let step = 0; step < 3; step++) tracker.log(step, { x: 1 });
    await tracker.close();
    tracker.log(4, { x: 1 });
    await tracker.close();
    expect(said).toEqual([expect.stringMatching(message)]);
  });
});

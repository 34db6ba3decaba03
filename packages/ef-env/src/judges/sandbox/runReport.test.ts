import { expect, onTestFinished, test, vi } from 'vitest';
import { type RunReport, recordRun } from './runReport.ts';
import type { WorkerMessage } from './workerMessages.ts';

function record(messages: unknown[], { tests = 1, outputBytes = 8 } = {}): RunReport | null {
  let report: RunReport | null = null;
  const recorder = recordRun({ tests, outputBytes }, (ended) => {
    report ??= ended;
  });
  for (const message of messages) recorder.take(message as WorkerMessage); // some are none, on purpose
  return report;
}
const print = (text: string): WorkerMessage => ({ kind: 'output', stream: 'stdout', text });
const tested: WorkerMessage = { kind: 'tested', result: null, exception: null };
const finished: WorkerMessage = { kind: 'finished', reusable: true };

test('what is printed belongs to the test that comes to an end next', () => {
  const report = record([print('a'), tested, print('b'), tested, finished], { tests: 2 });
  expect(report?.tests.map(({ stdout }) => stdout)).toEqual(['a', 'b']);
  expect(report).toMatchObject({ cut: null, reusable: true });
});

test('output is cut at the limit, counted in bytes, never inside a character', () => {
  const report = record([print('1234567'), print('\u{1F600}')]);
  expect(report).toMatchObject({ cut: 'output-limit', unfinished: { stdout: '1234567' } });
});

test('what a test printed before it began again does not count', () => {
  const restarted: WorkerMessage = { kind: 'restarted' };
  const report = record([print('1234567'), restarted, print('7654321'), tested, finished]);
  expect(report).toMatchObject({ cut: null, tests: [{ stdout: '7654321' }] });
});

test('a lone surrogate is replaced', () => {
  expect(record([print('\ud83d'), tested, finished])?.tests[0]?.stdout).toBe('\ufffd');
});

test('a byte order mark at the beginning of a print is kept', () => {
  expect(record([print('\ufeffa'), tested, finished])?.tests[0]?.stdout).toBe('\ufeffa');
});

test.each([
  ['`finished` before all tests', [finished]],
  ['a message of another kind', [{ kind: 'pass' }]],
  ['no message at all', [null]],
])('%s is a crash', (_, messages) => {
  expect(record(messages)).toMatchObject({ cut: 'crash', reusable: false });
});

test('a result of more than 16 million characters counts as output', () => {
  const result = 'x'.repeat(2 ** 24 + 1);
  expect(record([{ kind: 'tested', result, exception: null }])?.cut).toBe('output-limit');
});

test('time is counted while tests run, not between them', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const started: WorkerMessage = { kind: 'started' };
  let milliseconds = 0;
  const recorder = recordRun({ tests: 2, outputBytes: 8 }, (ended) => {
    milliseconds = ended.milliseconds;
  });
  for (const step of [started, 30, tested, 5000, started, 12, tested, 700, finished]) {
    if (typeof step === 'number') vi.advanceTimersByTime(step);
    else recorder.take(step);
  }
  expect(milliseconds).toBe(42);
});

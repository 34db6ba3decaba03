import { expect, test } from 'vitest';
import { importAgentTrace } from './importAgentTrace.ts';
import { importConversation } from './importConversation.ts';
import { validateTrajectory } from './validateTrajectory.ts';

test('prompt, attempts and answers of a conversation get their turns', () => {
  const trajectory = importConversation(
    {
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: '1 + 1?' },
      ],
      completion: [
        { role: 'assistant', content: '3' },
        { role: 'user', content: 'Too large.' },
        { role: 'assistant', content: '2' },
      ],
      reward: 1,
    },
    { id: 'a' },
  );
  expect(trajectory.segments.map(({ kind, turn }) => `${kind} ${turn}`)).toEqual([
    'prompt 0',
    'prompt 0',
    'policy 0',
    'environment 0',
    'policy 1',
  ]);
  expect(trajectory.reward).toBe(1);
  expect(() => validateTrajectory(trajectory)).not.toThrow();
});

test('importAgentTrace marks logs, outputs and errors in bytes, not the words around them', () => {
  const observation =
    'Observation:\nExecution logs:\né = 5\n\nCall id: call_1\nError:\nNameError: name\nTry again, please.\n';
  const trajectory = importAgentTrace(
    {
      messages: [
        { role: 'user', content: 'New task:\nCount.' },
        { role: 'assistant', content: '<code>\nx\n</code>' },
        { role: 'user', content: observation },
        { role: 'assistant', content: '<code>\nfinal_answer(5)\n</code>' },
      ],
    },
    { id: 'trace' },
  );
  const raw = Buffer.from(observation);
  const spans = trajectory.segments[2]?.spans ?? [];
  expect(
    spans.map(({ start, end, label }) => [label, raw.subarray(start, end).toString()]),
  ).toEqual([
    ['logs', 'é = 5\n'],
    ['error', 'NameError: name'],
  ]);
  expect(() => validateTrajectory(trajectory)).not.toThrow();
});

test('throws `format` for a conversation without an assistant or with a strange role', () => {
  expect(() => importConversation({ prompt: 'hi' }, { id: 'x' })).toThrow(
    /'x' has no assistant message/,
  );
  expect(() =>
    importConversation({ messages: [{ role: 'robot', content: '' }] }, { id: 'x' }),
  ).toThrow(/message 0 of 'x' needs a role/);
});

import { expect, test } from 'vitest';
import { sessionSlots } from './sessionSlots.ts';

const turns = async (): Promise<void> => {
  for (let i = 0; i < 5; i++) await Promise.resolve();
};

test('places are given in the order they were asked for, never more than there are', async () => {
  const slots = sessionSlots(2);
  const held: number[] = [];
  const places = [0, 1, 2, 3].map(async (who) => {
    const giveBack = await slots.take();
    held.push(who);
    return giveBack;
  });
  await turns();
  expect(held).toEqual([0, 1]);
  const giveBack = await places[1]!;
  giveBack();
  giveBack(); // the second time gives nothing back
  await turns();
  expect(held).toEqual([0, 1, 2]);
});

test('who stops waiting takes no place', async () => {
  const slots = sessionSlots(1);
  const giveBack = await slots.take();
  const controller = new AbortController();
  const tired = slots.take(controller.signal);
  const patient = slots.take();
  controller.abort(new Error('tired'));
  await expect(tired).rejects.toThrow('tired');
  await expect(slots.take(controller.signal)).rejects.toThrow('tired');
  giveBack();
  await expect(patient).resolves.toBeTypeOf('function');
});

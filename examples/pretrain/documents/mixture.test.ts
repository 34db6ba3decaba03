import { createRandom, gymTask } from '@molrl/ef-env';
import { loadTokenizer } from '@molrl/qwen3';
import { beforeAll, describe, expect, test } from 'vitest';
import { SHIPPED_MODEL } from '../../trainer/model/findModel.ts';
import { readShippedText } from '../../trainer/model/generalText.ts';
import { chainEpisode } from './chains.ts';
import { gymDocument } from './gym.ts';
import { type Drawn, documentsOf } from './mixture.ts';
import { sumDocument } from './sums.ts';

let sources: Parameters<typeof documentsOf>[1];
beforeAll(async () => {
  const tokenizer = await loadTokenizer(SHIPPED_MODEL);
  sources = { tokenizer, text: (await readShippedText(tokenizer)).train };
});

const drawn = (seed: number, steps: number): Drawn[] =>
  Array.from({ length: steps }, (_, step) =>
    documentsOf({ seed, step, tokens: 4096 }, sources),
  ).flat();
const draw = <T>(count: number, one: (random: ReturnType<typeof createRandom>) => T): T[] => {
  const random = createRandom(5);
  return Array.from({ length: count }, () => one(random));
};

describe('documents', () => {
  test('depend on seed and step, and on nothing that was drawn before', () => {
    const third = documentsOf({ seed: 3, step: 2, tokens: 4096 }, sources);
    expect(drawn(3, 3).slice(-third.length)).toEqual(third);
    expect(drawn(4, 1)).not.toEqual(drawn(3, 1));
  });

  test('have their share of the tokens, within four points', () => {
    const all = drawn(0, 30);
    const total = all.reduce((sum, { ids }) => sum + ids.length, 0);
    const share = (kind: Drawn['kind']): number =>
      all.filter((one) => one.kind === kind).reduce((sum, { ids }) => sum + ids.length, 0) / total;
    expect(Math.abs(share('text') - 0.12)).toBeLessThan(0.04);
    expect(Math.abs(share('episodes') - 0.24)).toBeLessThan(0.04);
    expect(Math.abs(share('gym') - 0.16)).toBeLessThan(0.04);
    expect(Math.abs(share('misc') - 0.03)).toBeLessThan(0.04);
  });

  test('a mistake is read and not learned, what is said of it is', () => {
    const { tokenizer } = sources;
    const corrected = drawn(1, 4).find(
      ({ kind, roles }) => kind === 'sums' && roles.includes('ignore'),
    );
    const { ids, roles } = corrected!; // there is one
    const of = (role: string): string =>
      tokenizer.decode(Array.from(ids).filter((_, i) => roles[i] === role));
    expect(of('ignore')).toMatch(/<think>[\s\S]*=/);
    expect(of('text')).toMatch(/Wrong\. Column \d/);
    const learned = drawn(1, 4).filter(({ kind }) => kind === 'episodes');
    expect(learned.every(({ roles: all }) => all.every((role) => role === 'text'))).toBe(true);
  });
});

describe('what is asked later is not learned before', () => {
  test('sums of three digits and three', () => {
    const asked = draw(300, sumDocument).map(([question]) => String(question));
    const digits = new Set(
      asked.map((question) =>
        question
          .split(' + ')
          .map(({ length }) => length)
          .join(),
      ),
    );
    expect([...digits].sort()).toEqual(['2,2', '2,3', '3,2', '3,4', '4,3', '4,4']);
  });

  test('puzzles of level 0: two people, a grid of four rows, a number below ten times one', () => {
    const asked = draw(300, gymDocument).map(([question]) => String(question));
    const people = asked.flatMap((question) => question.match(/says:/g)?.length ?? []);
    expect([...new Set(people)].sort()).toEqual([3, 4]);
    const rows = asked.flatMap((question) =>
      question.startsWith('Ones') ? question.split('\n').length - 2 : [],
    );
    expect([...new Set(rows)].sort()).toEqual([6, 8]);
    const level0 = draw(400, (random) =>
      gymTask('simple_equations', { level: 0, seed: random.integer(2 ** 32) }),
    );
    const known = new Set(level0.map(({ question }) => question));
    const equations = asked.filter((question) => question.startsWith('Solve'));
    expect(equations.length).toBeGreaterThan(60);
    expect(equations.filter((question) => known.has(question)).length).toBeLessThan(3);
  });

  test('no word means the same in all episodes', () => {
    const said = draw(1200, chainEpisode).flat().join('\n');
    const meanings = new Set(Array.from(said.matchAll(/Step \d: rav (\w+)/g), ([, name]) => name));
    expect(meanings.size).toBe(8);
  });
});

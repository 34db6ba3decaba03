import { describe, expect, test } from 'vitest';
import { GYM_FAMILIES, type GymFamilyName } from './gymFamilies.ts';
import { gymScore } from './gymScore.ts';
import { gymTask } from './gymTask.ts';

const NAMES = Object.keys(GYM_FAMILIES) as GymFamilyName[];

/** Tasks of a family without a generator's randomness. */
const task = (family: GymFamilyName, data: unknown, answer: string | null = null) => ({
  family,
  question: '',
  answer,
  data,
});

describe.each(NAMES)('%s', (family) => {
  const levels = [...Array(GYM_FAMILIES[family].levels).keys()];

  test('its own answers are right at every level, by both scorings', () => {
    for (const level of levels) {
      for (const seed of [1, 2]) {
        const made = gymTask(family, { level, seed });
        expect(gymScore(made, ` ${made.answer} \n`)).toEqual({ score: 1, mistake: null });
        expect(gymScore(made, made.answer, { scoring: 'reasoning-gym', maxValue: 99 }).score).toBe(
          1,
        );
      }
    }
  });

  test('the same seed gives the same task, another seed another one', () => {
    const [a, b, c] = [1, 1, 2].map((seed) => gymTask(family, { level: levels.at(-1)!, seed }));
    expect(a).toEqual(b);
    expect(a!.question).not.toBe(c!.question);
  });

  test('nothing, junk and the answer with words around it earn nothing and say why', () => {
    const made = gymTask(family, { seed: 3 });
    const junk = [
      null,
      '',
      '{[(<answer',
      '__proto__',
      `${'('.repeat(3000)}`,
      `The one true solution: ${made.answer}`,
    ];
    for (const answer of junk) {
      const { score, mistake } = gymScore(made, answer);
      expect(score).toBe(0);
      expect(mistake).toMatch(/\.$/);
    }
  });
});

describe('strict scoring where the reference can be gamed', () => {
  const both = (t: ReturnType<typeof task>, answer: string): (number | null)[] =>
    (['reasoning-gym', 'strict'] as const).map((scoring) => gymScore(t, answer, { scoring }).score);

  test('puzzle24 compares the numbers used', () => {
    const t = task('puzzle24', { numbers: [10, 5, 9, 6] });
    expect(both(t, '6*4*5/5')).toEqual([1, 0]);
    expect(gymScore(t, '6*4*5/5').mistake).toBe('4 is not one of the numbers.');
    expect(both(task('puzzle24', { numbers: [7, 7, 1, 2] }), '7*7/2*1')).toEqual([1, 0]); // int(24.5)
  });

  test('countdown wants the exact target', () => {
    expect(
      both(task('countdown', { numbers: [300000, 3, 1], target: 100001 }), '300000/3 + 1'),
    ).toEqual([1, 1]);
    expect(
      both(task('countdown', { numbers: [300000, 3, 1], target: 100000 }), '300000/3 + 1'),
    ).toEqual([1, 0]);
  });

  test('number_sorting forgives nothing', () => {
    const t = task(
      'number_sorting',
      { original_numbers: ['3', '1', '2'], direction: 'ascending' },
      "['1', '2', '3']",
    );
    expect(both(t, '[1.9, 2.9, 3.9]')).toEqual([1, 0]);
  });

  test('game_of_life pays for the whole board only', () => {
    const t = task('game_of_life', {}, '[[0,0,0],[0,1,0],[0,0,0]]');
    expect(both(t, '[[0,0,0],[0,0,0],[0,0,0]]')).toEqual([8 / 9, 0]);
    expect(both(t, '[[0,0,0,1],[0,1,0],[0,0,0],[1]]')).toEqual([1, 0]);
  });

  test('spell_backward refuses letters after the word', () => {
    expect(both(task('spell_backward', { word: 'sun' }, 'nus'), 'nusxyz')[1]).toBe(0);
  });

  test('junk around a number earns nothing, other ways to write it do', () => {
    const t = task('gcd', { numbers: [82, 316] }, '2');
    expect(both(t, '42')).toEqual([0.5, 0]);
    expect(both(t, '2.0')).toEqual([1 / 3, 1]);
    expect(gymScore(t, '41').mistake).toBe('41 does not divide 316.');
    expect(gymScore(t, '1').mistake).toBe(
      '1 divides all of them but is not the greatest that does.',
    );
  });

  test.each([
    'maze', 'basic_arithmetic', 'letter_counting', 'gcd', 'lcm', 'base_conversion', 'simple_equations', 'rotate_matrix', 'caesar_cipher', 'largest_island', 'chain_sum',
  ] as const)('%s: text around the answer earns a share in the reference and nothing here, blanks are forgiven', (family) => {
    const made = gymTask(family, { level: 1, seed: 2 });
    const [reference, strict] = both(made, `It is ${made.answer}, I think`);
    expect(reference).toBeGreaterThan(0);
    expect(reference).toBeLessThan(1);
    expect(strict).toBe(0);
    expect(both(made, ` ${made.answer} `)[1]).toBe(1);
  }); // biome-ignore format: a list

  test('knights_knaves: words that belong to nobody are refused', () => {
    const made = gymTask('knights_knaves', { seed: 2 });
    const text = `Surely ${made.answer}.`;
    expect(both(made, text)).toEqual([1, 0]);
    expect(gymScore(made, text).mistake).toMatch(/^'surely' is nobody here/);
  });

  test('propositional_logic: contradictory premises and malformed text conclude nothing', () => {
    const t = task('propositional_logic', { premises: ['P', '¬P'], variables: ['P', 'Q'] });
    expect(both(t, '(Q ∧ Q)')).toEqual([1, 0]);
    const open = task('propositional_logic', { premises: ['(P ∧ Q)'], variables: ['P', 'Q'] });
    expect(both(open, '(P ∨ Q')[1]).toBe(0);
    expect(both(open, '(P ∨ Q)')).toEqual([1, 1]);
    expect(both(open, 'P')).toEqual([0.25, 1]); // a variable alone is a conclusion like any other
    expect(both(open, '(P ∧ Q)')).toEqual([1, 0]);
  });

  test('a part of a sudoku, of the knights or of a factorisation earns nothing', () => {
    const grid = {
      puzzle: [
        [0, 2, 3, 4],
        [3, 4, 1, 2],
        [2, 1, 4, 3],
        [4, 3, 2, 1],
      ],
      solution: [
        [1, 2, 3, 4],
        [3, 4, 1, 2],
        [2, 1, 4, 3],
        [4, 3, 2, 1],
      ],
    };
    const t = task('mini_sudoku', grid, '1 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1');
    expect(both(t, '2 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1')[1]).toBe(0);
    expect(gymScore(t, '2 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1').mistake).toBe(
      'Row 1, column 1: row 1 has the 2 twice.',
    );
    expect(both(task('prime_factorization', { number: 12 }, '2 × 2 × 3'), '4 × 3')).toEqual([
      0.5, 0,
    ]);
    expect(both(task('prime_factorization', { number: 12 }, '2 × 2 × 3'), 'twelve')).toEqual([
      null,
      0,
    ]);
    for (const answer of [
      '3 ** 13',
      '× 3 × 13',
      '3 × × 13',
      '13 × 3 ×',
      '**3 × 13**',
      '3 13',
      '3 + 13',
      '',
    ])
      expect(gymScore(task('prime_factorization', { number: 39 }, '3 × 13'), answer).score).toBe(0);
    for (const answer of ['3 × 13', '13*3', '3 x 13', '3·13', '3 ⋅ 13'])
      expect(gymScore(task('prime_factorization', { number: 39 }, '3 × 13'), answer).score).toBe(1);
    const island = task(
      'knights_knaves',
      {
        statements: [
          ['lying', 1],
          ['telling-truth', 1],
        ],
        names: ['Ada', 'Ben'],
        knight_knave_terms: { knight: 'knight', knave: 'knave' },
      },
      'Ada is a knight, Ben is a knave',
    );
    expect(both(island, 'Ada is a knave, Ben is a knave')).toEqual([expect.closeTo(0.65), 0]);
    expect(gymScore(island, 'Ada is a knave, Ben is a knave').mistake).toBe(
      'If that were so, Ada would be a knave who says something true.',
    );
  });

  test('what does not exist is refused', () => {
    const graph = task('graph_color', {
      puzzle: { vertices: [0, 1], edges: [[0, 1]], color_options: [1, 2] },
    });
    expect(both(graph, '{"0": 1, "1": 2, "9": 1}')).toEqual([1, 0]);
    expect(both(graph, '{"0": true, "1": 2}')).toEqual([1, 0]);
    expect(gymScore(graph, '{"0": 1, "1": 1}').mistake).toBe(
      'Vertices 0 and 1 are joined and have the same colour.',
    );
    const ladder = task('word_ladder', { start_word: 'CAT', end_word: 'COG' });
    const isWord = (word: string): boolean => word !== 'CXT';
    const chain = 'CAT,CXT,COT,COG';
    expect(gymScore(ladder, chain, { scoring: 'reasoning-gym', isWord }).score).toBe(0.5);
    expect(gymScore(ladder, chain, { isWord })).toEqual({ score: 0, mistake: 'CXT is no word.' });
  });

  test('other ways to write a right answer are right', () => {
    const queens = task('n_queens', {
      puzzle: Array.from({ length: 4 }, () => ['_', '_', '_', '_']),
      valid_answers: ['_ Q _ _\n_ _ _ Q\nQ _ _ _\n_ _ Q _'],
    });
    expect(both(queens, '_ _ Q _\nQ _ _ _\n_ _ _ Q\n_ Q _ _')).toEqual([0, 1]);
    const grid = {
      matrix: [
        [1, 0],
        [1, 1],
      ],
      num_rotations: 1,
      solution: [
        [1, 1],
        [1, 0],
      ],
    };
    expect(both(task('rotate_matrix', grid, '1 1\n1 0'), '[[1, 1], [1, 0]]')).toEqual([0, 1]);
    expect(both(task('spiral_matrix', grid, '1 0 1 1'), '[1, 0, 1, 1]')).toEqual([0.1, 1]);
    expect(both(task('binary_matrix', grid, '1 0\n2 1'), ' 1 0\n2 1')).toEqual([0, 1]);
    expect(
      both(
        task('caesar_cipher', { rotation: 1, cipher_text: 'TVO', clear_text: 'SUN' }, 'SUN'),
        'sun',
      ),
    ).toEqual([0, 1]);
    expect(
      both(task('simple_equations', { equation: '2*x + 1 = 7', variable: 'x' }, '3'), 'x = 3'),
    ).toEqual([0.2, 1]);
  });

  test('longer solutions that work earn a part', () => {
    const hanoi = gymTask('tower_of_hanoi', { seed: 1 });
    const [first] = hanoi.answer!.split('\n');
    const [, disk, from, to] = /(\d+) from Peg (\d+) to Peg (\d+)/.exec(first!)!;
    const longer = `${first}\nMove disk ${disk} from Peg ${to} to Peg ${from}\n${hanoi.answer}`;
    const least = hanoi.answer!.split('\n').length;
    expect(gymScore(hanoi, longer)).toEqual({
      score: least / (least + 2),
      mistake: `It works, but ${least + 2} moves are more than needed.`,
    });
    const path = task('shortest_path', { matrix: [['*', 'O', '#']], solution: [] }, 'right right');
    expect(gymScore(path, 'right left right right').score).toBe(0.5);
    expect(gymScore(path, 'right down').mistake).toBe('Step 2 (down) leaves the grid.');
  });
});

test('throws `option` for a family or level that does not exist', () => {
  expect(() => gymTask('gcd', { level: 9, seed: 1 })).toThrowErrorMatchingInlineSnapshot(
    `[EfEnvError: gymTask: gcd has the levels 0 to 3, got 9.]`,
  );
  // @ts-expect-error not a family
  expect(() => gymTask('gdc', { seed: 1 })).toThrow(/unknown family 'gdc'/);
});

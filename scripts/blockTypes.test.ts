import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blockTypeFaults } from './blockTypes.ts';
import { repositoryRoot } from './repositoryRoot.ts';

const block = (code: string) => ({ file: join(repositoryRoot, 'README.md'), line: 10, code });

test('blocks are checked under strict, each a module of its own, with our packages and the names of Node and browsers', () => {
  const faults = blockTypeFaults(
    [
      block(
        "import { groupAdvantages } from '@molrl/grpo';\nconst a = groupAdvantages([1], { numGenerations: 1 });\na;",
      ),
      block("import { groupAdvantages } from '@molrl/grpo';\n\ngroupAdvantages([1], {});"),
      block('const a = 1;\nfunction f(x) { return x; }\nf(a);'),
      block("new Worker('a.js');\nprocess.exit();\nawait fetch('x');"),
      block('const a = ;'),
    ],
    join(repositoryRoot, '.molrl', 'docs', 'types-test'),
  );
  expect(faults).toEqual([
    expect.stringMatching(/^README\.md:12: .*GroupAdvantagesOptions/),
    "README.md:11: Parameter 'x' implicitly has an 'any' type.",
    'README.md:10: Expression expected.',
  ]);
});

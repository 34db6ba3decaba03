import { expect, test } from 'vitest';
import { programTexts } from '../../../../../../scripts/programTexts.ts';

test('programTexts.ts is what `npx vitest run --project ef-env programTexts -u` writes', async () => {
  const written = programTexts(new URL('programs/', import.meta.url), {
    why: 'The functions of the interpreter as text: so they need no loader, wherever the worker is built or run.',
    avoid: ['`'], // QuickJS calls `concat` for template literals, which the program may have replaced
  });
  await expect(written).toMatchFileSnapshot('programTexts.ts');
});

import { expect, test } from 'vitest';
import { programTexts } from '../../../../../../scripts/programTexts.ts';

test('programTexts.ts is what `npx vitest run --project tensor-gpu programTexts -u` writes', async () => {
  const written = programTexts(new URL('programs/', import.meta.url), {
    why: 'What threads of the pool run, as text: so it needs no loader, wherever the package is built or run.',
  });
  await expect(written).toMatchFileSnapshot('programTexts.ts');
});

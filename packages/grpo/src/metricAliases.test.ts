import { expect, test } from 'vitest';
import { metricAliases } from './metricAliases.ts';

test('metricAliases renames what has a counterpart', () => {
  expect(metricAliases({ 'clip_ratio/region_mean': 0.1, mine: 1 }, 'verl')).toEqual({
    'actor/pg_clipfrac': 0.1,
  });
});

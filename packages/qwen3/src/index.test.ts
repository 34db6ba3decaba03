import { expect, test } from 'vitest';
import * as qwen3 from './index.ts';

test('the public names', () => {
  expect(Object.keys(qwen3).sort()).toMatchInlineSnapshot(`
    [
      "Qwen3",
      "Qwen3Error",
      "TINY_CONFIG",
      "addGradients",
      "addLora",
      "createQwen3",
      "createTokenizer",
      "encodeChat",
      "formatConfig",
      "generate",
      "generateByForward",
      "loadAdapter",
      "loadGguf",
      "loadModel",
      "loadQwen3",
      "loadTokenizer",
      "mergeLora",
      "openSafetensors",
      "packedBatch",
      "parameterShapes",
      "parseConfig",
      "qwen3Policy",
      "readSafetensors",
      "renderChat",
      "renderSegments",
      "ropeTables",
      "sampleSeeds",
      "saveAdapter",
      "saveGguf",
      "saveModel",
      "saveQwen3",
      "scoreLogprobs",
      "scoreTargets",
      "selectTargets",
      "stream",
      "targetRows",
      "tokenBatch",
      "withoutAdapter",
      "writeSafetensors",
    ]
  `);
});

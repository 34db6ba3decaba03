import { expect, test } from 'vitest';
import * as api from './index.ts';

test('exports these names and no others', () => {
  expect(Object.keys(api).sort()).toMatchInlineSnapshot(`
    [
      "Tape",
      "TensorGpuError",
      "adamw",
      "adamw8bit",
      "add",
      "attention",
      "checkFusedOp",
      "createDecoder",
      "createKvCache",
      "decodeMemory",
      "defineFusedOp",
      "defineKernel",
      "embedding",
      "formatProfile",
      "headNormRope",
      "learningRateSchedule",
      "linear",
      "lmHead",
      "lossFromGradient",
      "mapTensor",
      "muon",
      "onFusedMismatch",
      "openCpu",
      "profile",
      "quantize",
      "record",
      "registerGradients",
      "reshape",
      "rmsNorm",
      "rope",
      "sampleToken",
      "samplingProbabilities",
      "seededUniform",
      "selectRows",
      "storedTensor",
      "swiglu",
      "verify",
      "weightTensor",
      "weightVersion",
    ]
  `);
});

import { runSuite } from '../qwen3Suite.ts';
import type { SuiteResult } from '../suiteResult.ts';

/** A file that `saveGguf` wrote, as gguf-py reads it, beside the one it came from. */
interface Written {
  /** Would gguf-py's `quantize` have written the same bytes? */
  tensors: Record<string, boolean>;
  extra: string[];
  types: string[];
  /** Fields with another value, and fields that are not there, than in the file it came from. */
  unequal: string[];
  missing: string[];
}

/** Fields that say how the file is stored or was made, not what the model is. */
const OTHERWISE = /^GGUF\.|^general\./;

/** Files written as F32, F16, BF16 and Q8_0: tensors bit for bit, and everything the model and its tokenizer need. */
export function writtenSuite(dtypes: readonly string[], files: unknown): Promise<SuiteResult> {
  return runSuite('gguf out', (check) => {
    for (const [i, file] of (files as Written[]).entries()) {
      const dtype = dtypes[i]!;
      for (const [name, isSame] of Object.entries(file.tensors))
        check.that(`${dtype}: ${name}`, isSame);
      check.that(`${dtype}: no other tensors`, file.extra.length === 0, file.extra.join());
      check.that(
        `${dtype}: types`,
        file.types.every((type) => type === 'F32' || type === dtype),
        file.types.join(),
      );
      const unequal = file.unequal.filter((key) => !OTHERWISE.test(key));
      check.that(`${dtype}: the same values`, unequal.length === 0, unequal.join());
      const missing = file.missing.filter((key) => !OTHERWISE.test(key));
      check.that(
        `${dtype}: nothing left out`,
        missing.join() === 'tokenizer.ggml.add_space_prefix',
        missing.join(),
      );
    }
  });
}

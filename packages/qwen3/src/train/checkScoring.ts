import { Qwen3Error } from '../base/errors.ts';
import {
  checkBoolean,
  checkChoice,
  checkOptionNames,
  checkWholeNumbers,
} from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { checkMask } from '../chat/samplingMask.ts';
import { checkBatch } from '../model/checkBatch.ts';
import { checkLanguageModel, type LanguageModel, type ModelInput } from '../model/languageModel.ts';
import { checkScoringTemperature } from './checkScoringTemperature.ts';
import type { RefInput, ScoreTargetsOptions } from './scoredTargets.ts';
import type { ChosenTargets } from './targets.ts';

const CALLER = 'scoreTargets';

/** @throws {Qwen3Error} for what `scoreTargets` cannot take. */
export function checkScoring(
  model: LanguageModel,
  chosen: { batch: ModelInput; targets: ChosenTargets },
  options: ScoreTargetsOptions,
): void {
  checkLanguageModel(CALLER, 'model', model);
  checkOptions(model, options);
  checkChosen(model, chosen);
  const { ref, refInput } = options;
  if (refInput) checkRefInput(options.ref, refInput, chosen.targets);
  else if (ref) checkTree(ref, chosen.batch);
}

function checkChosen(
  model: LanguageModel,
  { batch, targets }: { batch: ModelInput; targets: ChosenTargets },
): void {
  checkBatch(CALLER, batch, ['inputIds']);
  checkTree(model, batch);
  if (!targets?.rows || !targets.ids) {
    throw new Qwen3Error(
      'option',
      `${CALLER}: targets must be what selectTargets returns, got ${showValue(targets)}.`,
    );
  }
  checkTargets(targets, { places: batch.B * batch.T, vocabulary: model.head().shape[0]! }); // [V, H]
}

function checkTree({ sharesPrefixes }: LanguageModel, { tree }: ModelInput): void {
  if (!tree || sharesPrefixes) return;
  throw new Qwen3Error(
    'option',
    `${CALLER}: the prefixes of batch stand once, which this model does not read (sharesPrefixes is not true). Pack it without { sharePrefixes: true }.`,
  );
}

function checkRefInput(ref: LanguageModel, refInput: RefInput, { ids }: ChosenTargets): void {
  checkOptionNames(`${CALLER}: refInput`, refInput, ['batch', 'targets', 'adapter']);
  const { adapter, targets } = refInput;
  if (adapter !== undefined) checkChoice(`${CALLER}: refInput.adapter`, adapter, ['on', 'off']);
  checkChosen(ref, refInput);
  const other = ids.findIndex((id, i) => targets.ids[i] !== id);
  if (other < 0 && targets.ids.length === ids.length) return;
  throw new Qwen3Error(
    'shape',
    `${CALLER}: refInput must have the targets of the model, one for each in the same order, got ${targets.ids.length} for ${ids.length}${other < 0 ? '' : ` and id ${targets.ids[other]} for ${ids[other]} at ${other}`}. Give the teacher the same completions.`,
  );
}

function checkOptions(model: LanguageModel, options: ScoreTargetsOptions): void {
  checkOptionNames(CALLER, options, [
    ...['ref', 'kl', 'jsdBeta', 'refInput', 'entropy', 'balanceLoss'],
    ...['gradientCheckpointing', 'temperature'],
  ]);
  const { ref, kl, jsdBeta, refInput, entropy, balanceLoss, gradientCheckpointing, temperature } =
    options;
  if (entropy !== undefined) checkBoolean(`${CALLER}: entropy`, entropy);
  if (balanceLoss !== undefined) checkBoolean(`${CALLER}: balanceLoss`, balanceLoss);
  if (gradientCheckpointing !== undefined)
    checkBoolean(`${CALLER}: gradientCheckpointing`, gradientCheckpointing);
  if (temperature !== undefined) checkScoringTemperature(CALLER, temperature);
  if (kl !== undefined) checkChoice(`${CALLER}: kl`, kl, ['reverse', 'forward', 'jsd']);
  if (jsdBeta !== undefined) checkJsdBeta(jsdBeta, kl);
  if (ref === undefined) {
    if (kl === undefined && refInput === undefined) return;
    throw new Qwen3Error(
      'option',
      `${CALLER}: ${kl === undefined ? 'refInput' : 'kl'} needs ref, the frozen base. Give the model itself if it has an adapter, else a second copy.`,
    );
  }
  checkLanguageModel(CALLER, 'ref', ref);
  if (ref !== model || ref.adapter || refInput) return;
  throw new Qwen3Error(
    'option',
    `${CALLER}: ref is the model itself, which has no adapter to switch off. Add one (addLora), or load the base a second time.`,
  );
}

function checkJsdBeta(jsdBeta: unknown, kl: ScoreTargetsOptions['kl']): void {
  const fits = typeof jsdBeta === 'number' && jsdBeta > 0 && jsdBeta < 1;
  if (fits && kl === 'jsd') return;
  throw new Qwen3Error(
    'option',
    `${CALLER}: jsdBeta must be a number above 0 and below 1, for kl 'jsd', got ${showValue(jsdBeta)} for ${showValue(kl)}. At its ends take kl 'forward' or 'reverse'.`,
  );
}

function checkTargets(
  { rows, ids, samplingMask }: ChosenTargets,
  { places, vocabulary }: { places: number; vocabulary: number },
): void {
  checkWholeNumbers(`${CALLER}: targets.rows`, rows, {
    below: places,
    hint: ' Are the targets of another batch?',
  });
  checkWholeNumbers(`${CALLER}: targets.ids`, ids, {
    below: vocabulary,
    hint: ' Was another tokenizer used?',
  });
  if (rows.length !== ids.length || rows.length === 0) {
    throw new Qwen3Error(
      'shape',
      `${CALLER}: targets must have one id per row and at least one, got ${rows.length} rows and ${ids.length} ids. Leave out batches without a target.`,
    );
  }
  checkMask(`${CALLER}: targets.samplingMask`, samplingMask, ids);
  const seen = new Set<number>();
  for (let i = 0; i < rows.length; i++) {
    if (!seen.has(rows[i]!)) {
      seen.add(rows[i]!);
      continue;
    }
    throw new Qwen3Error(
      'option',
      `${CALLER}: targets.rows[${i}] is ${rows[i]} a second time. A position predicts one token.`,
    );
  }
}

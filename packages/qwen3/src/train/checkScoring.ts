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

/** @throws {Qwen3Error} for what `scoreTargets` and its kin cannot take, in the name of `caller`. */
export function checkScoring(
  caller: string,
  scored: { model: LanguageModel; batch: ModelInput; targets: ChosenTargets },
  options: ScoreTargetsOptions,
): void {
  const { model } = scored;
  checkLanguageModel(caller, 'model', model);
  checkOptions(caller, model, options);
  checkChosen(caller, scored);
  const { ref, refInput } = options;
  if (ref && refInput) checkRefInput(caller, { ref, refInput }, scored.targets);
  else if (ref) checkTree(caller, ref, scored.batch);
}

function checkChosen(
  caller: string,
  { model, batch, targets }: { model: LanguageModel; batch: ModelInput; targets: ChosenTargets },
): void {
  checkBatch(caller, batch, ['inputIds']);
  checkTree(caller, model, batch);
  if (!targets?.rows || !targets.ids) {
    throw new Qwen3Error(
      'option',
      `${caller}: targets must be what selectTargets returns, got ${showValue(targets)}.`,
    );
  }
  checkTargets(caller, targets, { places: batch.B * batch.T, vocabulary: model.head().shape[0]! }); // [V, H]
}

function checkTree(caller: string, { sharesPrefixes }: LanguageModel, { tree }: ModelInput): void {
  if (!tree || sharesPrefixes) return;
  throw new Qwen3Error(
    'option',
    `${caller}: the prefixes of batch stand once, which this model does not read (sharesPrefixes is not true). Pack it without { sharePrefixes: true }.`,
  );
}

function checkRefInput(
  caller: string,
  { ref, refInput }: { ref: LanguageModel; refInput: RefInput },
  { ids }: ChosenTargets,
): void {
  checkOptionNames(`${caller}: refInput`, refInput, ['batch', 'targets', 'adapter']);
  const { adapter, targets } = refInput;
  if (adapter !== undefined) checkChoice(`${caller}: refInput.adapter`, adapter, ['on', 'off']);
  checkChosen(caller, { ...refInput, model: ref });
  const other = ids.findIndex((id, i) => targets.ids[i] !== id);
  if (other < 0 && targets.ids.length === ids.length) return;
  throw new Qwen3Error(
    'shape',
    `${caller}: refInput must have the targets of the model, one for each in the same order, got ${targets.ids.length} for ${ids.length}${other < 0 ? '' : ` and id ${targets.ids[other]} for ${ids[other]} at ${other}`}. Give the teacher the same completions.`,
  );
}

function checkOptions(caller: string, model: LanguageModel, options: ScoreTargetsOptions): void {
  checkOptionNames(caller, options, [
    ...['ref', 'kl', 'jsdBeta', 'refInput', 'entropy', 'balanceLoss'],
    ...['gradientCheckpointing', 'temperature'],
  ]);
  const { ref, kl, jsdBeta, refInput, entropy, balanceLoss, gradientCheckpointing, temperature } =
    options;
  if (entropy !== undefined) checkBoolean(`${caller}: entropy`, entropy);
  if (balanceLoss !== undefined) checkBoolean(`${caller}: balanceLoss`, balanceLoss);
  if (gradientCheckpointing !== undefined)
    checkBoolean(`${caller}: gradientCheckpointing`, gradientCheckpointing);
  if (temperature !== undefined) checkScoringTemperature(caller, temperature);
  if (kl !== undefined) checkChoice(`${caller}: kl`, kl, ['reverse', 'forward', 'jsd']);
  if (jsdBeta !== undefined) checkJsdBeta(caller, jsdBeta, kl);
  if (ref === undefined) {
    if (kl === undefined && refInput === undefined) return;
    throw new Qwen3Error(
      'option',
      `${caller}: ${kl === undefined ? 'refInput' : 'kl'} needs ref, the frozen base. Give the model itself if it has an adapter, else a second copy.`,
    );
  }
  checkLanguageModel(caller, 'ref', ref);
  if (ref !== model || ref.adapter || refInput) return;
  throw new Qwen3Error(
    'option',
    `${caller}: ref is the model itself, which has no adapter to switch off. Add one (addLora), or load the base a second time.`,
  );
}

function checkJsdBeta(caller: string, jsdBeta: unknown, kl: ScoreTargetsOptions['kl']): void {
  const fits = typeof jsdBeta === 'number' && jsdBeta > 0 && jsdBeta < 1;
  if (fits && kl === 'jsd') return;
  throw new Qwen3Error(
    'option',
    `${caller}: jsdBeta must be a number above 0 and below 1, for kl 'jsd', got ${showValue(jsdBeta)} for ${showValue(kl)}. At its ends take kl 'forward' or 'reverse'.`,
  );
}

function checkTargets(
  caller: string,
  { rows, ids, samplingMask }: ChosenTargets,
  { places, vocabulary }: { places: number; vocabulary: number },
): void {
  checkWholeNumbers(`${caller}: targets.rows`, rows, {
    below: places,
    hint: ' Are the targets of another batch?',
  });
  checkWholeNumbers(`${caller}: targets.ids`, ids, {
    below: vocabulary,
    hint: ' Was another tokenizer used?',
  });
  if (rows.length !== ids.length || rows.length === 0) {
    throw new Qwen3Error(
      'shape',
      `${caller}: targets must have one id per row and at least one, got ${rows.length} rows and ${ids.length} ids. Leave out batches without a target.`,
    );
  }
  checkMask(`${caller}: targets.samplingMask`, samplingMask, ids);
  const seen = new Set<number>();
  for (let i = 0; i < rows.length; i++) {
    if (!seen.has(rows[i]!)) {
      seen.add(rows[i]!);
      continue;
    }
    throw new Qwen3Error(
      'option',
      `${caller}: targets.rows[${i}] is ${rows[i]} a second time. A position predicts one token.`,
    );
  }
}

import {
  ARMS,
  checkPlan,
  DEFAULTS,
  ENVIRONMENTS,
  LORA_RATES,
  type Plan,
  SPEAKS,
} from '../run/plan.ts';
import { byId, element } from './elements.ts';

type Settings = Omit<Plan, 'model'>;
type NumberSetting = {
  [K in keyof Settings]: Settings[K] extends number ? K : never;
}[keyof Settings];

/** Settings that most people leave as they are, and what they are called. */
const MORE: Partial<Record<NumberSetting, string>> = {
  lora: 'LoRA rank (0: train all weights)',
  episodes: 'Episodes with feedback',
  molUpdates: 'Updates of MoL',
  molLearningRate: 'Learning rate of MoL',
  alpha: 'Weight of the KL terms (alpha)',
  batchSize: 'Episodes per update of MoL',
  grpoUpdates: 'Updates of GRPO',
  grpoLearningRate: 'Learning rate of GRPO',
  prompts: 'Prompts per update of GRPO',
  numGenerations: 'Attempts per prompt',
};

/** What was chosen in the form. */
export interface Choice {
  settings: Settings;
  files: File[];
}

const form = byId<'form'>('choice');
const control = (name: string): HTMLInputElement | HTMLSelectElement =>
  form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement; // of index.html, and below

/** Fills the form, and keeps it to what goes together. */
export function prepareChoice(): void {
  const more = byId('more');
  for (const [name, label] of Object.entries(MORE))
    more.append(
      element('label', {}, [
        label,
        element('input', { name, type: 'number', step: 'any', min: '0' }),
      ]),
    );
  const numbers = { ...DEFAULTS };
  for (const name of ['seed', ...Object.keys(MORE)] as NumberSetting[])
    control(name).value = String(numbers[name]);
  control('model').addEventListener('change', fitModel);
  control('environment').addEventListener('change', fitArm);
  control('lora').addEventListener('change', fitRates);
  fitModel();
  fitArm();
}

/** The file picker takes files, or a folder. Models of one's own get an adapter, and an environment in English. */
function fitModel(): void {
  const kind = control('model').value;
  const own = kind !== 'shipped';
  const picker = control('files') as HTMLInputElement;
  byId<'label'>('own').hidden = !own;
  picker.webkitdirectory = kind === 'folder';
  control('lora').value = own ? '16' : '0';
  control('environment').value = own ? 'codewordsChat' : 'codewords';
  fitArm();
  fitRates();
}

function fitArm(): void {
  const arm = control('arm') as HTMLSelectElement;
  const speaks = SPEAKS[environmentChosen()];
  if (!speaks) arm.value = 'grpo';
  for (const option of arm.options) option.disabled = option.value === 'mol+grpo' && !speaks;
}

function fitRates(): void {
  const rates = Number(control('lora').value) > 0 ? LORA_RATES : DEFAULTS;
  control('molLearningRate').value = String(rates.molLearningRate);
  control('grpoLearningRate').value = String(rates.grpoLearningRate);
}

const environmentChosen = (): Plan['environment'] =>
  ENVIRONMENTS.find((name) => name === control('environment').value) ?? 'codewords';

/** Reads the form. @throws {Error} One line for what cannot be. */
export function readChoice(): Choice {
  const files = filesChosen();
  const settings: Settings = {
    ...DEFAULTS,
    environment: environmentChosen(),
    arm: ARMS.find((name) => name === control('arm').value) ?? 'grpo',
  };
  for (const name of ['seed', ...Object.keys(MORE)] as NumberSetting[])
    settings[name] = Number(control(name).value);
  checkPlan({ ...settings, model: { name: '', fingerprint: '' } });
  return { settings, files };
}

export function filesChosen(): File[] {
  if (control('model').value === 'shipped') return [];
  const files = [...((control('files') as HTMLInputElement).files ?? [])];
  if (files.length === 0) throw new Error('model: choose its files first.');
  return files;
}

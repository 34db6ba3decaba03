import type { OwnFiles } from '../protocol.ts';
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

type Settings = Omit<Plan, 'model' | 'data'>;
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
  own: OwnFiles;
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
  control('environment').addEventListener('change', fitEnvironment);
  control('lora').addEventListener('change', fitRates);
  fitModel();
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
  fitEnvironment();
  fitRates();
}

function fitEnvironment(): void {
  byId<'label'>('ownRows').hidden = environmentChosen() !== 'rows';
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
  const own = ownFiles();
  const settings: Settings = {
    ...DEFAULTS,
    environment: environmentChosen(),
    arm: ARMS.find((name) => name === control('arm').value) ?? 'grpo',
  };
  for (const name of ['seed', ...Object.keys(MORE)] as NumberSetting[])
    settings[name] = Number(control(name).value);
  const unread = { name: own.rows?.name ?? '', fingerprint: 'unread' }; // the worker reads the files
  checkPlan({ ...settings, model: unread, data: unread });
  return { settings, own };
}

/** The files of one's own that the form asks for. @throws {Error} One line for those that are not chosen. */
export function ownFiles(): OwnFiles {
  const chosen = (name: string): File[] => [...((control(name) as HTMLInputElement).files ?? [])];
  const model = control('model').value === 'shipped' ? undefined : chosen('files');
  if (model?.length === 0) throw new Error('model: choose its files first.');
  const rows = environmentChosen() === 'rows' ? chosen('rows') : undefined;
  if (rows?.length === 0) throw new Error('rows: choose their file first.');
  return { model: model ?? [], rows: rows?.[0] };
}

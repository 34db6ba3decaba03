// Trains away from the page, so that it never stands still. Requests are carried out one after the other, between two updates.
import { getFiles, removeFiles, saveAdapter, saveModel } from '@molrl/qwen3';
import text from '../../mol-rl/text/train.txt?raw';
import type { Learner } from '../../trainer/method/learner.ts';
import type { OwnFiles, Reply, Request } from '../protocol.ts';
import { digestOf } from '../run/digest.ts';
import { type OwnData, readOwnRows } from '../run/ownRows.ts';
import { pack, unpack } from '../run/pack.ts';
import { checkPlan, type Plan } from '../run/plan.ts';
import { type RunFile, readRunFile, writeRunFile } from '../run/runFile.ts';
import { type Saved, Session, type SessionOptions } from '../run/session.ts';
import { bothAnswers } from './chat.ts';
import { keepModel, keptModel, readFile, removeFile, writeFile } from './disk.ts';
import { type Engine, openEngine } from './engine.ts';
import { type FoundModel, findModel, loadLearner } from './models.ts';

const CHECKPOINT = 'checkpoint.bin';
const ROWS = 'rows.data';
/** A checkpoint after an update, if the last is older than this. What was done since is done again after a refresh. */
const EVERY_MS = 5_000;

/** A run with all that it holds. */
interface Run {
  session: Session;
  learner: Learner;
  over: boolean;
  savedAt: number;
}

let engine: Engine | undefined;
let wanted: 'auto' | 'cpu' = 'auto';
let run: Run | undefined;
let running = false;

const reply = (message: Reply): void => postMessage(message);

/** One job at a time, in the order they came. */
let last: Promise<void> = Promise.resolve();
function inTurn(job: () => Promise<void>): void {
  last = last.then(job).catch((error: Error) => {
    if (isLost(error)) return; // told and mended by onLost
    setRunning(false);
    reply({ say: 'error', text: error.message });
  });
}

const isLost = (error: unknown): boolean => (error as { code?: string }).code === 'device-lost';

addEventListener('message', ({ data }: MessageEvent<Request>): void => {
  if (data.do === 'lose') {
    engine?.lose(); // at once, in the middle of whatever runs
    return;
  }
  if (data.do === 'pause') running = false; // takes effect before what waits in the queue
  inTurn(() => carryOut(data));
});

async function carryOut(request: Exclude<Request, { do: 'lose' }>): Promise<void> {
  if (request.do === 'open') return open(request.device);
  if (request.do === 'start') return start(request.plan, request.own);
  if (request.do === 'replay') return replay(readRunFile(request.text), request.own);
  if (request.do === 'forget') return forget();
  const { session, learner } = current();
  if (request.do === 'train') return train();
  if (request.do === 'pause') return pause();
  if (request.do === 'step') return advance();
  if (request.do === 'save') return save();
  if (request.do === 'rate') {
    session.setLearningRate(request.learningRate);
    await save();
    return showRun();
  }
  if (request.do === 'chat')
    return reply({
      ...{ say: 'chat', question: request.text },
      ...(await bothAnswers(learner, request.text)),
    });
  if (request.do === 'share')
    return reply({ say: 'files', files: { 'run.json': new Blob([await share()]) } });
  return reply({ say: 'files', files: await exported(learner) });
}

function current(): Run {
  if (run) return run;
  throw new Error('There is no run yet: choose and press Start.');
}

async function open(device: 'auto' | 'cpu'): Promise<void> {
  wanted = device;
  await reopen();
  await resume();
}

async function reopen(): Promise<void> {
  run = undefined;
  engine?.dispose();
  engine = await openEngine(wanted, onLost);
  reply({ say: 'opened', device: engine.name, notice: engine.notice });
}

/** The device went away with all tensors: another one goes on from the checkpoint. */
function onLost(error: Error): void {
  const before = running;
  running = false;
  reply({ say: 'notice', text: `${error.message} Going on from the last checkpoint.` });
  inTurn(async () => {
    await reopen();
    await resume();
    if (before && run) train();
  });
}

/** Goes on with the run of the checkpoint, if there is one. */
async function resume(): Promise<void> {
  const file = await readFile(CHECKPOINT);
  if (file === undefined) return reply({ say: 'run', view: undefined });
  const saved = (await unpack(file)) as Saved; // written by `save`
  const found = await findModel(await keptModel());
  if (found.identity.fingerprint !== saved.plan.model.fingerprint) {
    await forget();
    throw new Error('The model of the last run is not here any more. Begin a new run.');
  }
  const data = await keptData(saved.plan);
  await begin(found, saved.plan, { saved, rows: data?.rows });
}

async function start(settings: Omit<Plan, 'model' | 'data'>, own: OwnFiles): Promise<void> {
  const data = await chooseRows(own.rows); // first: a file that cannot be read leaves the last run as it is
  const found = await choose(own.model);
  const plan = checkPlan({ ...settings, model: found.identity, data: data?.identity });
  await begin(found, plan, { rows: data?.rows });
  await save();
}

async function choose(files: readonly File[]): Promise<FoundModel> {
  await end();
  if (files.length > 0) await keepModel(files);
  else await removeFile('model');
  return findModel(files);
}

/** Reads rows of one's own, and keeps their file over a refresh. */
async function chooseRows(file: File | undefined): Promise<OwnData | undefined> {
  if (file === undefined) return undefined;
  const data = await rowsOf(file.name, file);
  await writeFile(ROWS, file);
  return data;
}

async function rowsOf(name: string, file: Blob): Promise<OwnData> {
  return readOwnRows(name, new Uint8Array(await file.arrayBuffer()));
}

/** The rows that a run plays, as they were kept. */
async function keptData({ data }: Plan): Promise<OwnData | undefined> {
  if (data === undefined) return undefined;
  const file = await readFile(ROWS);
  const kept = file && (await rowsOf(data.name, file));
  if (kept?.identity.fingerprint === data.fingerprint) return kept;
  await forget();
  throw new Error('The rows of the last run are not here any more. Begin a new run.');
}

async function begin(
  found: FoundModel,
  plan: Plan,
  from: Pick<SessionOptions, 'saved' | 'actions' | 'rows'>,
): Promise<void> {
  await end();
  const learner = await loadLearner(found, plan.lora);
  const session = new Session(learner, plan, { text, ...from });
  run = { session, learner, over: false, savedAt: performance.now() };
  showRun();
}

async function end(): Promise<void> {
  running = false;
  run?.session.dispose();
  run?.learner.dispose();
  run = undefined;
}

async function forget(): Promise<void> {
  await end();
  await removeFile(CHECKPOINT);
  await removeFile(ROWS);
  reply({ say: 'run', view: undefined });
}

function showRun(): void {
  const { session, over } = current();
  const { plan, updates, actions, learningRate } = session;
  reply({ say: 'run', view: { plan, updates, actions, learningRate, running, over } });
}

function setRunning(now: boolean): void {
  running = now;
  reply({ say: 'running', running, over: run?.over ?? false });
}

/** Each update is a job of its own: what a person asks comes between two. */
function train(): void {
  if (running) return;
  setRunning(true);
  const next = async (): Promise<void> => {
    if (!running) return;
    await advance();
    if (running) inTurn(next);
  };
  inTurn(next);
}

async function advance(): Promise<void> {
  const now = current();
  const update = await now.session.next();
  if (update === undefined) now.over = true;
  else reply({ say: 'update', update, learningRate: now.session.learningRate });
  const isDue = performance.now() - now.savedAt > EVERY_MS;
  if (now.over || !running || isDue) await save();
  if (now.over) setRunning(false);
}

async function pause(): Promise<void> {
  setRunning(false);
  await save();
}

async function save(): Promise<void> {
  const now = current();
  await writeFile(CHECKPOINT, pack(await now.session.snapshot()));
  now.savedAt = performance.now();
}

async function share(): Promise<string> {
  const { plan, actions, updates } = current().session;
  const digest = await digestOf(await current().session.snapshot());
  return writeRunFile({ plan, actions, updates: updates.length, device: engine!.name, digest }); // a run has one
}

/** Makes a shared run again, from its beginning, and compares the bits. */
async function replay(file: RunFile, own: OwnFiles): Promise<void> {
  const { data: played } = file.plan;
  const data = played && (await chooseRows(own.rows));
  if (data?.identity.fingerprint !== played?.fingerprint)
    throw new Error(
      `run file: it played the rows of ${played?.name}, and ${data ? 'other rows are' : 'no file is'} chosen. Choose that file, then replay.`,
    );
  const found = await choose(own.model);
  if (found.identity.fingerprint !== file.plan.model.fingerprint)
    throw new Error(
      `run file: it trained ${file.plan.model.name}, and another model is chosen. Choose that model, then replay.`,
    );
  await begin(found, file.plan, { actions: file.actions, rows: data?.rows });
  setRunning(true);
  const next = async (): Promise<void> => {
    if (!running) return;
    if (current().session.updates.length < file.updates) {
      await advance();
      return inTurn(next);
    }
    setRunning(false);
    await save();
    const same = (await digestOf(await current().session.snapshot())) === file.digest;
    reply({ say: 'notice', text: `Replayed ${file.updates} steps: ${verdict(same, file)}` });
  };
  inTurn(next);
}

function verdict(same: boolean, { device }: RunFile): string {
  if (same) return 'the same bits.';
  return device === engine?.name
    ? 'other bits, although the device is the same. Browser or version may differ.'
    : `other bits: it ran on ${device}, this is ${engine?.name}.`;
}

async function exported(learner: Learner): Promise<Record<string, Blob>> {
  const folder = 'exported';
  await removeFiles(folder);
  if (learner.model.adapter) await saveAdapter(learner.model, folder, { baseModel: null });
  else await saveModel(learner.model, folder, { dtype: 'float32' });
  const files = await getFiles(folder);
  await removeFiles(folder);
  return files;
}

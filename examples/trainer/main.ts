import { checkSettings, shorthand } from './config/checkSettings.ts';
import { readCommandLine } from './config/commandLine.ts';
import { readGiven } from './config/readSettings.ts';
import { endProcess } from './harness/endProcess.ts';
import { linkLastRun, makeRunFolder, newRunFolder } from './harness/runFolder.ts';
import { listCheckpoints, type RunState, readRunState } from './harness/runState.ts';
import { findModel, SHIPPED_MODEL } from './model/findModel.ts';

async function main(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2).filter((argument) => argument !== '--'));
  if (line.resume && line.out === undefined)
    throw new Error('--resume: also give --out DIR, the folder of the run to continue.');
  const out = line.out ?? newRunFolder();
  const given = await readGiven(line);
  const found = line.resume ? await resumed(out, given) : undefined;
  const settings = found?.settings ?? checkSettings(given, { quick: line.quick });
  await findModel(settings.model ?? SHIPPED_MODEL);
  if (!found) await openFolder(out);
  await linkLastRun(out);
  const { train } = await import('./train.ts'); // all that computes: seconds, which a wrong setting need not wait for
  await train({ out, given, settings, found, threads: line.threads, control: line.control });
}

/** The state of an interrupted run. Going on with other settings would be neither run. */
async function resumed(out: string, given: Record<string, unknown>): Promise<RunState> {
  const state = await readRunState(out, (file) =>
    process.stdout.write(
      `${file} is damaged (its checksum does not match its content); going on from the one before.\n`,
    ),
  );
  const other = firstDifference({ ...shorthand(given) }, state.settings, '');
  if (!other) return state;
  const { path, asked, stored } = other;
  throw new Error(
    `--resume: the run was started with ${path} ${JSON.stringify(stored) ?? '(none)'}, got ${JSON.stringify(asked)}. Leave the setting out, or start a new run in another --out.`,
  );
}

function firstDifference(
  given: Record<string, unknown>,
  stored: Record<string, unknown> | undefined,
  prefix: string,
): { path: string; asked: unknown; stored: unknown } | undefined {
  for (const [name, asked] of Object.entries(given)) {
    const before = stored?.[name];
    if (JSON.stringify(asked) === JSON.stringify(before)) continue;
    if (typeof asked !== 'object' || asked === null || Array.isArray(asked))
      return { path: `${prefix}${name}`, asked, stored: before };
    const inside = firstDifference(
      asked as Record<string, unknown>,
      before as Record<string, unknown> | undefined,
      `${prefix}${name}.`,
    );
    if (inside) return inside;
  }
  return undefined;
}

/** A new folder, or one without a run in it. */
async function openFolder(out: string): Promise<void> {
  if ((await listCheckpoints(out)).length > 0) {
    throw new Error(
      `--out: ${out} holds a run already. Add --resume to continue it, or give another folder.`,
    );
  }
  await makeRunFolder(out);
}

endProcess(main());

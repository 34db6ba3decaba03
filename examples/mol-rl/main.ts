import { existsSync } from 'node:fs';
import { kebab } from '../trainer/config/kebab.ts';
import { endProcess } from '../trainer/harness/endProcess.ts';
import { makeRunFolder } from '../trainer/harness/runFolder.ts';
import { findModel, SHIPPED_MODEL } from '../trainer/model/findModel.ts';
import { type Checkpoint, hasCheckpoint, readCheckpoint } from './harness/checkpoint.ts';
import { check, type Options, parseOptions, type Settings } from './harness/options.ts';
import { trajectoriesFile } from './harness/runFiles.ts';

async function main(): Promise<void> {
  const options = parseOptions(
    process.argv.slice(2).filter((argument) => argument !== '--'),
    process.env,
  );
  const checkpoint = await openCheckpoint(options);
  await findModel(checkpoint.settings.model ?? SHIPPED_MODEL);
  const { wholeRun } = await import('./wholeRun.ts'); // all that computes: seconds, which a wrong option need not wait for
  await wholeRun(options, checkpoint);
}

/** A new checkpoint, or with --resume the one in the folder. */
async function openCheckpoint(options: Options): Promise<Checkpoint> {
  const { out, resume, settings } = options;
  if (resume) {
    const found = await readCheckpoint(out);
    check(found.settings);
    refuseOtherSettings(found.settings, options.given);
    return found;
  }
  // Episodes of a run without its checkpoint would be taken for this run's.
  if ((await hasCheckpoint(out)) || existsSync(trajectoriesFile(out))) {
    throw new Error(
      `--out: ${out} holds a run already. Add --resume to continue it, or give another folder.`,
    );
  }
  await makeRunFolder(out);
  return { settings, evaluations: {}, seconds: {}, mismatch: 0, taught: {}, metricsBytes: 0 };
}

/** Continuing with other settings would be neither run. */
function refuseOtherSettings(stored: Settings, given: Partial<Settings>): void {
  for (const [name, value] of Object.entries(given)) {
    const before = stored[name as keyof Settings]; // keys were checked by parseOptions
    const same = Array.isArray(value)
      ? [...value].sort().join() === [...(before as string[])].sort().join() // arm, the only list
      : before === value;
    if (!same) {
      throw new Error(
        `--resume: the run was started with --${kebab(name)} ${before ?? '(none)'}, got ${value}. Leave the option out, or start a new run in another --out.`,
      );
    }
  }
}

endProcess(main());

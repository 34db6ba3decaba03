import { kebab } from '../trainer/config/kebab.ts';
import { endProcess } from '../trainer/harness/endProcess.ts';
import { makeRunFolder } from '../trainer/harness/runFolder.ts';
import { findModel, SHIPPED_MODEL } from '../trainer/model/findModel.ts';
import { hasJob, type Job, readJob } from './job.ts';
import { check, type Options, parseOptions, type Settings } from './options.ts';

async function main(): Promise<void> {
  const options = parseOptions(
    process.argv.slice(2).filter((argument) => argument !== '--'),
    process.env,
  );
  const job = await openJob(options);
  await findModel(job.settings.model ?? SHIPPED_MODEL);
  const { wholeJob } = await import('./wholeJob.ts'); // all that computes: seconds, which a wrong option need not wait for
  await wholeJob(options, job);
}

/** A new job, or with --resume the one in the folder. */
async function openJob({ out, resume, settings, given }: Options): Promise<Job> {
  if (resume) {
    const found = await readJob(out);
    check(found.settings);
    refuseOtherSettings(found.settings, given);
    return found;
  }
  if (await hasJob(out)) {
    throw new Error(
      `--out: ${out} holds a run already. Add --resume to continue it, or give another folder.`,
    );
  }
  await makeRunFolder(out);
  return { settings };
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

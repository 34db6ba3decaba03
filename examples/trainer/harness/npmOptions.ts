import type { Option } from 'commander';

/**
 * The arguments that npm took for itself: `npm start --quick` without `--` reaches the job as the variable
 * `npm_config_quick`, `--seeds=3` as `npm_config_seeds`.
 *
 * @throws {Error} One line for `npm start --seeds 3`: npm keeps the name and drops its value among the arguments.
 */
export function optionsTakenByNpm(
  options: readonly Option[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  if (env.npm_lifecycle_event !== 'start') return [];
  return options.flatMap((option) => {
    const name = option.long ?? '';
    const value = env[`npm_config_${name.slice(2).replaceAll('-', '_')}`];
    if (value === undefined || value === '') return [];
    if (option.isBoolean()) return value === 'true' ? [name] : [];
    if (value !== 'true') return [name, value];
    throw new Error(
      `${name}: npm kept this option for itself and lost its value. Put -- before the options: npm start -- ${name} ${/<.*>/.exec(option.flags)?.[0] ?? ''}, or write ${name}=….`,
    );
  });
}

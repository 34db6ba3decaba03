import type { Command } from 'commander';

/** Errors of a command line say where its options are listed; a word that is no option is one. */
export const pointToHelp = (command: Command): Command =>
  command
    .configureOutput({
      outputError: (text, write) =>
        write(`${text.replace(/\.?\s*$/, '.')} All options: ${command.name()} --help\n`),
    })
    .allowExcessArguments(false);

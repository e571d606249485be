import { LIMIT_NAMES, LIMITS, meaningOf } from '../../../domain/job/limits.ts';
import type { RunnerName } from '../../../domain/job/specs.ts';
import type { OptionTable } from './grammar.ts';

/** The options of a verb whose jobs that runner sees to: a limit each. */
export function limitOptions(runner: RunnerName): OptionTable {
  return Object.fromEntries(limitsOf(runner).map(({ option }) => [option, { takes: 'value' }]));
}

/** Their lines in its help. */
export function limitHelp(runner: RunnerName): string {
  return limitsOf(runner)
    .map(({ option, unit, help }) => {
      const said = `--${option} ${unit === 'bytes' ? 'SIZE' : 'D'}`;
      return `  ${said.padEnd(24)} ${help}`;
    })
    .join('\n');
}

function limitsOf(runner: RunnerName) {
  return LIMIT_NAMES.flatMap((limit) => {
    const meaning = meaningOf(limit, runner);
    return meaning ? [{ ...LIMITS[limit], help: meaning.help }] : [];
  });
}

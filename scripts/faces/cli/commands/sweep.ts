import { formatBytes } from '../../../domain/base/bytes.ts';
import { WHY_REMOVED } from '../../../domain/job/retention.ts';
import { byJob } from '../../../use-cases/reading/left-running.ts';
import { type SweepReport, sweepAll } from '../../../use-cases/upkeep/sweep.ts';
import type { Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE } from '../exit-codes.ts';
import { nameAndPid } from '../render/processes.ts';

export const sweep: Command = {
  options: {},
  rest: 'nothing',
  help: `Puts all workspaces in order, and says what it did: finds the true end of jobs whose worker is gone, ends the
foreground jobs of sessions that are over, drops what the dead held, ends jobs whose directory
is gone or damaged, and removes what nobody uses any more and the finished jobs beyond what is to be kept (setup
--keep-days, --keep-size).
Safe at any time; nothing that lives and is wanted is touched. What a job that has ended left running is named, with the
line that ends it.

Usage: codex-companion sweep

${COMMON_HELP}

Examples:
  codex-companion sweep
  codex-companion sweep --json
`,
  async run(call) {
    const workspaces = await sweepAll(call.context);
    const cancelOf = (id: string) => call.out.command('cancel', id);
    call.out.answer({ workspaces }, () => {
      const lines = workspaces.flatMap((report) => describe(report, cancelOf));
      return lines.length === 0 ? 'All was in order.\n' : `${lines.join('\n')}\n`;
    });
    return EXIT_DONE;
  },
};

function describe(report: SweepReport, cancelOf: (id: string) => string): string[] {
  const lines = [
    ...report.settled.map(({ id, outcome }) => `${id} had ended: ${outcome}`),
    ...report.ended.map(
      ({ id, outcome, left }) =>
        `${id} was due to end: ${outcome}${left.length > 0 ? `, ${left.length} left` : ''}`,
    ),
    ...count(report.leasesDropped, 'lease of a dead holder dropped', 'leases of dead holders dropped'),
    ...(report.brokerRetired ? ['the dead broker was taken off the record'] : []),
    ...count(report.sessionsForgotten, 'session that is over forgotten', 'sessions that are over forgotten'),
    ...report.runtimesRemoved.map((directory) => `removed ${directory}`),
    ...report.jobsRemoved.map(
      ({ id, bytes, why }) => `${id} removed (${formatBytes(bytes)}; ${WHY_REMOVED[why]})`,
    ),
    ...[...byJob(report.leftRunning)].map(
      ([id, processes]) =>
        `${id} has ended and left running ${processes.map(nameAndPid).join(', ')}: ${cancelOf(id)}`,
    ),
    ...report.notSwept.map(({ id }) => `${id} could not be put in order`),
  ];
  return lines.map((line) => `${report.workspace}: ${line}`);
}

function count(number: number, one: string, many: string): string[] {
  return number === 0 ? [] : [`${number} ${number === 1 ? one : many}`];
}

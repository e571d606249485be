import { formatBytes } from '../../../domain/base/bytes.ts';
import { VERSION } from '../../../domain/base/version.ts';
import { onOneLine } from '../../../domain/text/harmless.ts';
import { officialPluginNote } from '../../../hosts/official-plugin.ts';
import { codexTooOld } from '../../../use-cases/doctor/check-setup.ts';
import { type Examination, examine } from '../../../use-cases/doctor/examine.ts';
import type { DiskUse } from '../../../use-cases/upkeep/retention.ts';
import type { Command } from '../command.ts';
import { COMMON_HELP } from '../common-help.ts';
import { EXIT_DONE } from '../exit-codes.ts';

export const doctor: Command = {
  options: {},
  rest: 'nothing',
  help: `Looks at everything and changes nothing: where the state is and whose, brokers and who holds them, jobs without
a worker, jobs that cannot be read, processes of jobs that have ended, whether the official plugin is enabled too, and
whether Codex is too old.

Usage: codex-companion doctor

${COMMON_HELP}

codex-companion sweep puts in order what can be; codex-companion setup looks at Codex itself.

Examples:
  codex-companion doctor
  codex-companion doctor --json
`,
  async run(call) {
    const { context, out } = call;
    const found = await examine(context);
    const tooOld = await codexTooOld(context);
    const { workspaceRoot } = context.layout;
    const bothPlugins = officialPluginNote(context.environment, workspaceRoot);
    const report = {
      version: VERSION,
      program: call.program,
      node: { version: process.version, program: process.execPath },
      workspaceRoot,
      origin: call.origin(),
      ...found,
      bothPlugins: bothPlugins !== undefined,
      problems: [...found.problems, bothPlugins, tooOld].filter((problem) => typeof problem === 'string'),
    };
    out.answer(report, () => render(report));
    return EXIT_DONE;
  },
};

/** `12 jobs on disk, 340 MB, 3 not read yet; a sweep removes 2 (120 MB)` */
function diskText({ jobs, bytes, unread, removable }: DiskUse): string {
  const due = removable.reduce((sum, one) => sum + one.bytes, 0);
  return [
    `${jobs} ${jobs === 1 ? 'job' : 'jobs'} on disk, ${formatBytes(bytes)}`,
    ...(unread > 0 ? [`${unread} not read yet`] : []),
    ...(removable.length > 0 ? [`a sweep removes ${removable.length} (${formatBytes(due)})`] : []),
  ].join(', ');
}

function lostText({ lostJobs }: { lostJobs: number }): string {
  return lostJobs === 0 ? '' : `${lostJobs} without a recorder, `;
}

function render(report: Examination & { version: string; program: string; workspaceRoot: string }): string {
  const { stateRoot, workspaces, problems, platform } = report;
  const root = stateRoot.exists
    ? `${stateRoot.path} (mode ${stateRoot.mode})`
    : `${stateRoot.path} (not there yet)`;
  const lines = [
    '# Codex Companion Doctor',
    '',
    `- version: ${report.version} (${report.program}), node ${process.version}`,
    `- state: ${root}`,
    `- workspace: ${onOneLine(report.workspaceRoot)}`,
    ...workspaces.map(
      (one) =>
        `- ${onOneLine(one.workspaceRoot || one.directory)}: ${one.liveJobs} live, ${lostText(one)}${one.finishedJobs} finished, ${one.brokers.length} broker(s); ${diskText(one.disk)}`,
    ),
    ...(platform.missing.length > 0 ? [`- ${platform.name} does not tell us everything:`] : []),
    ...platform.missing.map((sentence) => `  - ${sentence}`),
    '',
    ...(problems.length === 0
      ? ['Nothing is wrong.']
      : ['Found:', ...problems.map((problem) => `- ${problem}`)]),
  ];
  return `${lines.join('\n')}\n`;
}

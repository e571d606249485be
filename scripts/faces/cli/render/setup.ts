import { formatBytes } from '../../../domain/base/bytes.ts';
import type { RetentionLimits } from '../../../domain/job/retention.ts';
import type { Settings } from '../../../domain/workspace/workspace-state.ts';
import type { SetupReport } from '../../views/setup-report.ts';

export function renderSetup(report: SetupReport): string {
  const checks = [
    `node: ${report.node.detail}`,
    `npm: ${report.npm.detail}`,
    `codex: ${report.codex.detail}`,
    `auth: ${report.auth.detail}`,
    `approval policy of tasks: ${report.approvals.detail}`,
    `session runtime: ${report.sessionRuntime.label} (${report.sessionRuntime.detail})`,
    `review gate: ${reviewGateText(report.reviewGateEnabled)}`,
    `parallel Codex jobs: ${parallelText(report)}`,
    `finished jobs: ${keptText(report)}`,
    `commands in the background: ${promotionText(report.promoteBackground)}`,
    `closed sessions: ${report.wakeClosedSession ? 'woken headless at the end of their jobs' : 'not woken'}`,
    `desktop notifications: ${desktopText(report)}`,
  ];
  const parts = [
    `# Codex Setup\n\nStatus: ${report.ready ? 'ready' : 'needs attention'}`,
    list('Checks:', checks),
    list('Done:', report.actionsTaken),
    list('Next:', report.nextSteps),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

function list(heading: string, items: string[]): string {
  return items.length === 0 ? '' : [heading, ...items.map((item) => `- ${item}`)].join('\n');
}

/** Nothing asks Codex at Stop yet: who has switched it on is not to rely on it. */
export function reviewGateText(enabled: boolean): string {
  return enabled ? 'enabled, without effect: it is not built yet' : 'disabled';
}

/** Codex has no place for it behind its permission check (docs/pre-tool-use.md). */
function promotionText(on: boolean): string {
  return on ? 'become jobs in Claude Code (npm run dev &)' : 'stay as they are';
}

/** Off without a word of what would be in the way. */
function desktopText({ desktopNotifications, desktopObstacle }: SetupReport): string {
  if (!desktopNotifications) return 'off';
  return desktopObstacle === null
    ? 'at the end of background jobs'
    : `on, but none can be shown: ${desktopObstacle}`;
}

export function keptText({ keepDays, keepBytes }: RetentionLimits): string {
  const age =
    keepDays === null ? [] : [`for ${keepDays} ${keepDays === 1 ? 'day' : 'days'} after they were read`];
  const size = keepBytes === null ? [] : [`up to ${formatBytes(keepBytes)}`];
  const limits = [...age, ...size];
  return limits.length === 0 ? 'kept for ever' : `kept ${limits.join(', ')}`;
}

export function parallelText({ maxParallel }: Pick<Settings, 'maxParallel'>): string {
  return maxParallel === null ? 'any number' : `at most ${maxParallel} at once, the others queue`;
}

import { framed } from '../../../domain/text/harmless.ts';
import { listJobs } from '../../../use-cases/jobs/listing.ts';
import { otherWorkspaces } from '../../../use-cases/reading/find-job.ts';
import { liveElsewhere } from '../../../use-cases/reading/live-elsewhere.ts';
import { type WorkspaceStatus, workspaceStatus } from '../../views/workspace-status.ts';
import type { Call } from '../command.ts';
import { lookOf } from '../render/paint.ts';
import { renderStatus } from '../render/status.ts';
import { lineFormat } from './format.ts';
import { listScreen } from './screen.ts';
import { wishOf } from './wish.ts';

/** Shows the jobs that a call asks for, in the form that it asks for. */
export async function showList(call: Call): Promise<void> {
  const { options, out, context } = call;
  const format = options.text('format');
  const line = format === undefined ? undefined : lineFormat(format);
  const wish = wishOf(call);
  const isGlobal = options.has('global');
  const others = isGlobal ? otherWorkspaces(context) : [];
  const layouts = [context.layout, ...others] as const;
  if (options.has('quiet')) {
    const { live, finished } = await listJobs(layouts, call.origin(), wish);
    const ids = [
      ...live.map(({ reading }) => reading.facts.request.id),
      ...finished.map(({ job }) => job.id),
    ];
    out.say(ids.map((id) => `${id}\n`).join(''));
    return;
  }
  const status = await workspaceStatus(layouts, call.origin(), wish);
  if (line) {
    const lines = viewsIn(status).map((view) => `${line(view)}\n`);
    if (!out.forModel) out.say(lines.join(''));
    else {
      out.head();
      out.data(lines.map((text) => framed(text)).join(''));
    }
    return;
  }
  out.answer(status, () => {
    if (out.forModel) return renderStatus(status, out);
    const elsewhere = isGlobal ? 0 : liveElsewhere(context.layout);
    const isFiltered = Object.keys(wish.filter).length > 0;
    return listScreen({ status, elsewhere, isGlobal, isFiltered }, lookOf(call));
  });
}

function viewsIn({ running, latestFinished, recent }: WorkspaceStatus) {
  return [...running, ...(latestFinished ? [latestFinished] : []), ...recent];
}

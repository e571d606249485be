import { readSettlement } from '../../../state/job/notice-files.ts';
import { forgetOwnedJob, oweNotice } from '../../../state/session/owned-jobs.ts';
import type { NoticeWay } from './way.ts';

/** The session that asked is owed the notice: its next hook tells it, whichever other way is open besides. */
export const nextHook: NoticeWay = {
  name: 'next-hook',
  begin({ layout, request, facts }) {
    if (!request.origin) return;
    const isRead = readSettlement(facts.directory) !== null;
    (isRead ? forgetOwnedJob : oweNotice)(layout.root, request.origin, request.id);
  },
};

/* replies.h - files of responses among the logs of a run, told from the requests that they answer.
 */
#ifndef TGR_INGEST_REPLIES_H
#define TGR_INGEST_REPLIES_H

#include "engine/ingest/state.h"

/* Takes the files that begin with responses out of the inputs. TGR_ERR_INPUT where nothing else is
 * there. The options have been read, and their files checked. */
tgr_status tgr_replies_take_out(tgr_ingest_state *in);

/* Reads them. */
tgr_status tgr_replies_read(tgr_ingest_state *in);

void tgr_replies_free(tgr_ingest_state *in);

#endif

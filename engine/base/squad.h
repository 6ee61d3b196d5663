/* squad.h - threads that make one call together, again and again, and sleep in between.
 *
 * OpenMP's threads wait for each other awake, which takes processors from whoever else has work:
 * from a thread that writes, or another program. These are for calls of milliseconds.
 */
#ifndef TGR_BASE_SQUAD_H
#define TGR_BASE_SQUAD_H

typedef struct tgr_squad tgr_squad;

/* Of `count` members, the caller among them; fewer where the system has no more threads. NULL where
 * memory is short. */
tgr_squad *tgr_squad_new(int count);
void tgr_squad_free(tgr_squad *squad); /* NULL allowed */

/* Calls `call` once in each thread, with numbers from 0 (the caller) up to below `count`; returns
 * when all have. What the caller did before is seen by all, and what they did by the caller. */
void tgr_squad_run(tgr_squad *squad, void (*call)(void *user, int member), void *user);

#endif

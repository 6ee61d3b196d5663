/* numbers.h - numbers as people write and read them. */
#ifndef TGR_CLI_NUMBERS_H
#define TGR_CLI_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include <tagroute/policy.h>
#include <tagroute/status.h>

#define TGR_CLI_NUMBER_SIZE 40

/* Each writes into text, which has TGR_CLI_NUMBER_SIZE bytes, and returns it. */
char *tgr_cli_count(char *text, uint64_t count);    /* 14,037 */
char *tgr_cli_weight(char *text, double queries);   /* 14,037; 0.251 */
char *tgr_cli_rate(char *text, double value);       /* 14.0 k, 3.41 M */
char *tgr_cli_money(char *text, double usd);        /* $11.17, $0.00210; - where not known */
char *tgr_cli_duration(char *text, double seconds); /* 0.4 s, 3 min 20 s, 1 h 05 min */
char *tgr_cli_share(char *text, double share);      /* 37.4 % */
char *tgr_cli_fraction(char *text, double value, int decimals); /* 0.7631; - where not known */
char *tgr_cli_threshold(char *text, tgr_policy policy, double threshold); /* reads back the same */

/* Parsers give TGR_ERR_ARGUMENT with a sentence that names the option. */
tgr_status tgr_cli_parse_double(const char *option, const char *text, double *value,
                                tgr_error *error);
tgr_status tgr_cli_parse_integer(const char *option, const char *text, long least, long most,
                                 long *value, tgr_error *error);
tgr_status tgr_cli_parse_share(const char *option, const char *text, double *value,
                               tgr_error *error); /* 5% or 0.05 */
/* "I/N", such as 1/4 for the first of four. NULL text: 0 of 0, which stands for everything. */
tgr_status tgr_cli_parse_shard(const char *text, uint32_t *shard, uint32_t *shards,
                               tgr_error *error);
tgr_status tgr_cli_parse_size(const char *option, const char *text, size_t *value,
                              tgr_error *error); /* 64M; K, M, G are powers of 1024 */

/* A list of numbers and of ranges START:STOP:STEP, separated by commas. *values is malloc'd. */
tgr_status tgr_cli_parse_numbers(const char *option, const char *text, double **values,
                                 size_t *count, tgr_error *error);

#endif

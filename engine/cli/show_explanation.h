/* show_explanation.h - an explanation, and the tags that decide most, for people. */
#ifndef TGR_CLI_SHOW_EXPLANATION_H
#define TGR_CLI_SHOW_EXPLANATION_H

#include <stdio.h>

#include <tagroute/explain.h>

void tgr_cli_show_explanation(const tgr_explanation *explanation, FILE *file);

void tgr_cli_show_top(const tgr_top *top, const tgr_top_options *options, FILE *file);

#endif

# Why a query goes where it goes.
set(explain_rooms base kernels log store router scorer policy simulate judge solve tagger judgements ingest engine rows explain)
tgr_test(test_explain ${explain_rooms})

# Why a query goes where it goes.
<<<<<<< HEAD
set(explain_rooms base kernels log store router scorer policy simulate judge solve tagger judgements ingest engine explain)
=======
set(explain_rooms base kernels log store router scorer policy simulate judge solve tagger judgements ingest engine rows explain)
>>>>>>> main
tgr_test(test_explain ${explain_rooms})

/* interface.h - what the Python package uses of tagroute's public interface, for cffi. The compiler
 * checks every line against the headers; "..." leaves out members that are not used. */
typedef enum { TGR_OK = 0, TGR_ERR_ARGUMENT, TGR_ERR_UNSUPPORTED, TGR_ERR_UNREACHABLE,
               TGR_ERR_INPUT, TGR_ERR_IO, TGR_ERR_NOMEM, TGR_ERR_CANCELLED, TGR_ERR_INTERNAL,
               ... } tgr_status;
typedef struct { tgr_status status; char message[...]; } tgr_error;
void tgr_free(void *memory);
const char *tgr_version(void);

typedef int... sig_atomic_t;
typedef enum { TGR_DETAIL, TGR_NOTE, TGR_WARNING, ... } tgr_level;
typedef struct { const char *phase; uint64_t done; uint64_t total; const char *unit;
                 uint64_t queries; ...; } tgr_progress;
typedef struct { size_t size; int threads;
                 void (*progress)(void *user, const tgr_progress *progress);
                 void (*message)(void *user, tgr_level level, const char *sentence);
                 void *user; const volatile sig_atomic_t *cancel; uint64_t memory; ...; } tgr_run;
extern "Python" void _on_progress(void *user, const tgr_progress *progress);
extern "Python" void _on_message(void *user, tgr_level level, const char *sentence);

/* routers */
typedef struct tgr_router tgr_router;
tgr_status tgr_router_load(const char *path, tgr_router **router, tgr_error *error);
tgr_status tgr_router_save(const tgr_router *router, const char *path, tgr_error *error);
void tgr_router_free(tgr_router *router);
size_t tgr_router_models(const tgr_router *router);
size_t tgr_router_tags(const tgr_router *router);
size_t tgr_router_reference(const tgr_router *router);
const char *tgr_router_model(const tgr_router *router, size_t model);
const char *tgr_router_tag(const tgr_router *router, size_t tag);
const float *tgr_router_weights(const tgr_router *router);
const float *tgr_router_bias(const tgr_router *router);
const double *tgr_router_counts(const tgr_router *router);
const char *tgr_router_digest(const tgr_router *router);
typedef struct { size_t size; const char *map; const char *const *aliases; size_t alias_count;
                 const char *const *prices; size_t price_count;
                 const char *const *completion_tokens; size_t completion_token_count;
                 const char *const *costs; size_t cost_count; ...; } tgr_price_options;
tgr_status tgr_router_set_prices(tgr_router *router, const tgr_price_options *options,
                                 const tgr_run *run, tgr_error *error);

/* fitting */
typedef enum { TGR_COUNT_RAW, TGR_COUNT_BINARY, TGR_COUNT_LOG, TGR_COUNT_DEFAULT, ... } tgr_count;
typedef struct { size_t size; const char *const *inputs; size_t input_count; const char *scorer;
                 const char *reference; const char *const *models; size_t model_count;
                 const char *split; double min_count; tgr_count count; double rewards[3];
                 double kappa; double alpha; ...; } tgr_fit_options;
typedef struct { uint64_t queries; uint64_t training; uint64_t tags_seen; uint64_t tags;
                 uint64_t models; uint64_t judged; uint64_t derived; uint64_t assumed_ties;
                 double parameter; ...; } tgr_fit_report;
void tgr_fit_options_init(tgr_fit_options *options);
tgr_status tgr_fit(const tgr_fit_options *options, const tgr_price_options *prices,
                   tgr_router **router, tgr_fit_report *report, const tgr_run *run,
                   tgr_error *error);

typedef struct { size_t size; const char *const *inputs; size_t input_count; const char *model;
                 const char *split; double parameter; uint64_t memory; ...; }
    tgr_add_model_options;
void tgr_add_model_options_init(tgr_add_model_options *options);
tgr_status tgr_router_add_model(tgr_router *router, const tgr_add_model_options *options,
                                const tgr_price_options *prices, tgr_fit_report *report,
                                const tgr_run *run, tgr_error *error);

/* rows */
typedef enum { TGR_POLICY_MARGIN, TGR_POLICY_UTILITY, TGR_POLICY_SLACK, ... } tgr_policy;
tgr_status tgr_policy_by_name(const char *name, tgr_policy *policy, tgr_error *error);
typedef enum { TGR_NUMBER_U8, TGR_NUMBER_U16, TGR_NUMBER_U32, TGR_NUMBER_U64, TGR_NUMBER_I8,
               TGR_NUMBER_I16, TGR_NUMBER_I32, TGR_NUMBER_I64, TGR_NUMBER_F32, TGR_NUMBER_F64,
               ... } tgr_number_type;
typedef struct { const void *data; uint64_t count; tgr_number_type type; } tgr_numbers;
typedef struct { size_t size; uint64_t rows; uint32_t columns; tgr_numbers indptr;
                 tgr_numbers indices; tgr_numbers counts; const char *const *tags;
                 const double *prompt_tokens; const uint8_t *eligible; ...; } tgr_rows;
typedef struct { size_t size; tgr_policy policy; const double *thresholds; size_t threshold_count;
                 const char *fallback; const double *costs; ...; } tgr_decide_options;
typedef struct { size_t size; int16_t *model; float *margin; double *cost; float *score; ...; }
    tgr_decided;
typedef struct { uint64_t no_known_tag; uint64_t fell_back; uint64_t undecided;
                 uint64_t unknown_tags; ...; } tgr_decided_counts;
void tgr_decide_options_init(tgr_decide_options *options);
tgr_status tgr_decide_rows(const tgr_router *router, const tgr_rows *rows,
                           const tgr_decide_options *options, const tgr_decided *decided,
                           tgr_decided_counts *counts, const tgr_run *run, tgr_error *error);
typedef struct { const int32_t *codes; const char *const *names; size_t name_count; ...; }
    tgr_codes;
typedef struct { size_t size; const char *const *ids; tgr_codes split; tgr_codes category;
                 const char *const *models; size_t model_count; const float *score;
                 const float *cost; const float *completion_tokens; const int8_t *outcome;
                 bool compress; bool compact; const double *weight; ...; } tgr_row_facts;
tgr_status tgr_save_rows(const tgr_rows *rows, const tgr_row_facts *facts, const char *path,
                         const tgr_run *run, tgr_error *error);

/* simulating */
typedef enum { TGR_QUALITY_AUTO, TGR_QUALITY_SCORE, TGR_QUALITY_ACCEPT, ... } tgr_quality;
typedef struct { size_t size; const char *const *inputs; size_t input_count; tgr_policy policy;
                 const double *thresholds; size_t threshold_count; size_t grid;
                 const char *fallback; const char *split; tgr_quality quality; size_t bootstrap;
                 uint64_t seed; ...; } tgr_simulate_options;
typedef struct tgr_simulation tgr_simulation;
void tgr_simulate_options_init(tgr_simulate_options *options);
tgr_status tgr_simulate(const tgr_router *router, const tgr_simulate_options *options,
                        tgr_simulation **simulation, const tgr_run *run, tgr_error *error);
void tgr_simulation_free(tgr_simulation *simulation);
tgr_status tgr_simulation_json(const tgr_simulation *simulation, char **text, size_t *length,
                               tgr_error *error);

/* tagging */
typedef struct tgr_text_tagger tgr_text_tagger;
tgr_status tgr_text_tagger_load(const char *path, tgr_text_tagger **tagger, tgr_error *error);
tgr_status tgr_text_tagger_of_router(const tgr_router *router, tgr_text_tagger **tagger,
                                     tgr_error *error);
void tgr_text_tagger_free(tgr_text_tagger *tagger);
uint32_t tgr_text_tagger_tags(const tgr_text_tagger *tagger);
uint32_t tgr_text_tagger_known(const tgr_text_tagger *tagger);
const char *tgr_text_tagger_tag(const tgr_text_tagger *tagger, uint32_t column);
typedef struct { size_t size; uint64_t count; const char *bytes; const uint64_t *offsets;
                 const char *const *categories; bool known_only; ...; } tgr_tag_texts_options;
typedef struct { uint64_t rows; uint64_t nonzeros; uint32_t columns; const int64_t *indptr;
                 const int32_t *indices; const uint16_t *counts; uint64_t untagged; ...; }
    tgr_tagged_texts;
tgr_status tgr_tag_texts(const tgr_text_tagger *tagger, const tgr_tag_texts_options *options,
                         tgr_tagged_texts **tagged, const tgr_run *run, tgr_error *error);
void tgr_tagged_texts_free(tgr_tagged_texts *tagged);

/* explaining */
typedef struct { size_t size; const char *input; const char *id; uint64_t row; const char *text;
                 const char *category; double prompt_tokens; tgr_policy policy; double threshold;
                 const char *fallback; double align_min; const char *why_not;
                 const tgr_rows *rows; ...; } tgr_explain_options;
typedef struct tgr_explanation tgr_explanation;
void tgr_explain_options_init(tgr_explain_options *options);
tgr_status tgr_explain(const tgr_router *router, const tgr_explain_options *options,
                       tgr_explanation **explanation, const tgr_run *run, tgr_error *error);
void tgr_explanation_free(tgr_explanation *explanation);
tgr_status tgr_explanation_json(const tgr_explanation *explanation, char **text, tgr_error *error);

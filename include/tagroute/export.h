/* export.h - which symbols leave the library.
 *
 * The library is built with hidden visibility; what carries TGR_API is its whole public face.
 */
#ifndef TAGROUTE_EXPORT_H
#define TAGROUTE_EXPORT_H

#if defined(__GNUC__)
#define TGR_API __attribute__((visibility("default")))
#define TGR_PRINTF(format_index, first_argument)                                                   \
    __attribute__((format(printf, format_index, first_argument)))
#else
#define TGR_API
#define TGR_PRINTF(format_index, first_argument)
#endif

#endif

/* h5.c - HDF5 files and the objects in them: opened with care, failures turned into sentences. */
#include "engine/store/h5.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/base/memory.h"
#include "engine/store/blocks.h"

#define TEXTS_MAX 1048576 /* strings of one attribute */
#define TEXT_MAX  1048576 /* bytes of one string */

void tgr_h5_quiet_begin(tgr_h5_quiet *quiet)
{
    quiet->function = NULL;
    quiet->data = NULL;
    H5Eget_auto2(H5E_DEFAULT, &quiet->function, &quiet->data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void tgr_h5_quiet_end(const tgr_h5_quiet *quiet)
{
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, quiet->function, quiet->data);
}

bool tgr_h5_is_threadsafe(void)
{
    hbool_t safe = false;
    return H5is_library_threadsafe(&safe) >= 0 && safe;
}

void tgr_h5_close(hid_t id)
{
    if (id > 0 && H5Iis_valid(id) > 0) {
        H5Idec_ref(id);
    }
}

/* HDF5 keeps the operating system's errno only inside its descriptions: "..., errno = 28, ...". */
static herr_t find_errno(unsigned depth, const H5E_error2_t *entry, void *data)
{
    (void)depth;
    int *found = data;
    const char *at = entry->desc ? strstr(entry->desc, "errno = ") : NULL;
    if (at && *found == 0) {
        *found = (int)strtol(at + strlen("errno = "), NULL, 10);
    }
    return 0;
}

static int stack_errno(void)
{
    int found = 0;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_errno, &found);
    return found;
}

tgr_status tgr_h5_readable(bool ok, const char *path, const char *what, tgr_error *error)
{
    if (ok) {
        return TGR_OK;
    }
    int reason = stack_errno();
    if (reason) {
        return tgr_fail_io(error, path, "read", reason);
    }
    return tgr_fail(error, TGR_ERR_INPUT, "%s: %s cannot be read: the file is damaged", path, what);
}

/* The world's refusals, told apart before HDF5 sees the file. Non-blocking, so that a pipe cannot
 * hang. */
static tgr_status check_openable(const char *path, tgr_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return tgr_fail_io(error, path, "open", errno);
    }
    struct stat about;
    int failed = fstat(fd, &about);
    int reason = errno;
    close(fd);
    if (failed) {
        return tgr_fail_io(error, path, "open", reason);
    }
    if (S_ISDIR(about.st_mode)) {
        return tgr_fail_io(error, path, "open", EISDIR);
    }
    if (!S_ISREG(about.st_mode)) {
        return tgr_fail(error, TGR_ERR_INPUT, "%s: not a regular file, as HDF5 needs", path);
    }
    return TGR_OK;
}

/* Why H5Fopen refused; reason: the operating system's. */
static tgr_status not_opened(const char *path, int reason, tgr_error *error)
{
    if (reason == EAGAIN || reason == EWOULDBLOCK) {
        return tgr_fail(error, TGR_ERR_IO,
                        "%s: another program has it open for writing; try again later", path);
    }
    if (reason) {
        return tgr_fail_io(error, path, "open", reason);
    }
    if (H5Fis_hdf5(path) > 0) {
        return tgr_fail(error, TGR_ERR_INPUT,
                        "%s: a damaged HDF5 file (cut off, or never closed); copy or write it anew",
                        path);
    }
    return tgr_fail(error, TGR_ERR_INPUT, "%s: not an HDF5 file", path);
}

/* *reason: the operating system's, asked before HDF5 is called again and forgets. */
static hid_t open_file(const char *path, bool lock, int *reason)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), file = H5I_INVALID_HID;
    if (access > 0 && H5Pset_fapl_sec2(access) >= 0 &&
        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_file_locking(access, lock, true) >= 0) {
        file = H5Fopen(path, H5F_ACC_RDONLY, access);
    }
    *reason = file < 0 ? stack_errno() : 0;
    if (access > 0) {
        H5Pclose(access);
    }
    return file;
}

/* Some file systems (NFS, Lustre) have no locks, and say so in different ways. */
static hid_t open_unlocked_if_need_be(const char *path, int *reason)
{
    hid_t file = open_file(path, true, reason);
    if (*reason == ENOLCK || *reason == ENOSYS || *reason == EOPNOTSUPP) {
        H5Eclear2(H5E_DEFAULT);
        file = open_file(path, false, reason);
    }
    return file;
}

tgr_status tgr_h5_open(const char *path, tgr_h5_file *file, tgr_error *error)
{
    *file = (tgr_h5_file){.fd = -1, .path = path};
    tgr_status status = check_openable(path, error);
    if (status != TGR_OK) {
        return status;
    }
    file->readers = tgr_block_readers_new();
    if (!file->readers) {
        return tgr_fail_memory(error, path);
    }
    int reason;
    file->id = open_unlocked_if_need_be(path, &reason);
    if (file->id < 0) {
        status = not_opened(path, reason, error);
        file->id = 0;
        tgr_h5_file_close(file);
        return status;
    }
    void *handle = NULL;
    struct stat about;
    if (H5Fget_vfd_handle(file->id, H5P_DEFAULT, &handle) < 0 || !handle ||
        fstat(*(int *)handle, &about)) {
        tgr_h5_file_close(file);
        return tgr_fail(error, TGR_ERR_IO, "%s: cannot tell the file's size", path);
    }
    file->fd = *(int *)handle;
    file->size = (uint64_t)about.st_size;
    return TGR_OK;
}

void tgr_h5_file_close(tgr_h5_file *file)
{
    tgr_h5_close(file->id);
    tgr_block_readers_free(file->readers);
    file->readers = NULL;
    file->id = 0;
    file->fd = -1;
}

tgr_h5_name tgr_h5_name_of(hid_t object, const char *member)
{
    tgr_h5_name name;
    char parent[192] = "";
    if (H5Iget_name(object, parent, sizeof(parent)) < 0) {
        parent[0] = 0;
    }
    const char *separator = !member || strcmp(parent, "/") == 0 ? "" : "/";
    snprintf(name.text, sizeof(name.text), "%s%s%.48s", parent, separator, member ? member : "");
    return name;
}

tgr_status tgr_h5_child(const tgr_h5_file *file, hid_t group, const char *name, hid_t *id,
                        tgr_error *error)
{
    *id = 0;
    if (!name[0] || strchr(name, '/') || strcmp(name, ".") == 0) {
        return TGR_OK;
    }
    htri_t exists = H5Lexists(group, name, H5P_DEFAULT);
    if (exists == 0) {
        return TGR_OK;
    }
    tgr_h5_name full = tgr_h5_name_of(group, name);
    H5L_info_t info;
    tgr_status status =
        tgr_h5_readable(exists > 0 && H5Lget_info(group, name, &info, H5P_DEFAULT) >= 0, file->path,
                        full.text, error);
    if (status != TGR_OK) {
        return status;
    }
    if (info.type != H5L_TYPE_HARD) {
        return tgr_fail(
            error, TGR_ERR_INPUT,
            "%s: %s is a soft or external link, which is not followed; store the data itself",
            file->path, full.text);
    }
    *id = H5Oopen(group, name, H5P_DEFAULT);
    if (*id < 0) {
        *id = 0;
        return tgr_h5_readable(false, file->path, full.text, error);
    }
    return TGR_OK;
}

tgr_status tgr_h5_group(const tgr_h5_file *file, hid_t group, const char *name, hid_t *id,
                        tgr_error *error)
{
    tgr_status status = tgr_h5_child(file, group, name, id, error);
    if (status == TGR_OK && *id > 0 && H5Iget_type(*id) != H5I_GROUP) {
        tgr_h5_close(*id);
        *id = 0;
        return tgr_fail(error, TGR_ERR_INPUT, "%s: %s is not a group", file->path,
                        tgr_h5_name_of(group, name).text);
    }
    return status;
}

/* Opens an attribute; *id is 0 where there is none. */
static tgr_status open_attribute(const tgr_h5_file *file, hid_t object, const char *name, hid_t *id,
                                 hssize_t *points, tgr_error *error)
{
    *id = 0;
    *points = 0;
    htri_t exists = H5Aexists(object, name);
    if (exists == 0) {
        return TGR_OK;
    }
    *id = exists > 0 ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    hid_t space = *id > 0 ? H5Aget_space(*id) : -1;
    *points = space > 0 ? H5Sget_simple_extent_npoints(space) : -1;
    tgr_status status = tgr_h5_readable(*points >= 0, file->path, name, error);
    tgr_h5_close(space);
    if (status != TGR_OK) {
        tgr_h5_close(*id);
        *id = 0;
    }
    return status;
}

/* Copies the strings of an attribute of fixed-length strings, `width` bytes each. */
static tgr_status copy_fixed(hid_t attribute, hid_t type, size_t width, char **texts, size_t count)
{
    char *bytes = tgr_mem_zalloc(count, width);
    tgr_status status = bytes ? TGR_OK : TGR_ERR_NOMEM;
    if (bytes && H5Aread(attribute, type, bytes) < 0) {
        status = TGR_ERR_INPUT;
    }
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        const char *text = bytes + i * width;
        texts[i] = tgr_mem_string_n(text, strnlen(text, width));
        status = texts[i] ? TGR_OK : TGR_ERR_NOMEM;
    }
    tgr_mem_free(bytes);
    return status;
}

static tgr_status copy_variable(hid_t attribute, hid_t type, char **texts, size_t count)
{
    char **read = tgr_mem_zalloc(count, sizeof(*read));
    tgr_status status = read ? TGR_OK : TGR_ERR_NOMEM;
    if (read && H5Aread(attribute, type, read) < 0) {
        status = TGR_ERR_INPUT;
    }
    for (size_t i = 0; status == TGR_OK && i < count; i++) {
        texts[i] = tgr_mem_string(read[i] ? read[i] : "");
        status = texts[i] ? TGR_OK : TGR_ERR_NOMEM;
    }
    for (size_t i = 0; read && i < count; i++) {
        H5free_memory(read[i]);
    }
    tgr_mem_free(read);
    return status;
}

static tgr_status read_texts(const tgr_h5_file *file, hid_t attribute, const char *name,
                             char **texts, size_t count, tgr_error *error)
{
    hid_t type = H5Aget_type(attribute);
    hid_t memory = H5Tcopy(H5T_C_S1);
    bool variable = type > 0 && H5Tis_variable_str(type) > 0;
    size_t width = type > 0 ? H5Tget_size(type) : 0;
    bool ok = memory > 0 && width > 0 && width <= TEXT_MAX && count <= TEXTS_MAX / width * 64 + 1 &&
              H5Tset_cset(memory, H5Tget_cset(type)) >= 0 &&
              H5Tset_size(memory, variable ? H5T_VARIABLE : width) >= 0 &&
              (variable || H5Tset_strpad(memory, H5T_STR_NULLPAD) >= 0);
    tgr_status status = TGR_ERR_INPUT;
    if (ok) {
        status = variable ? copy_variable(attribute, memory, texts, count)
                          : copy_fixed(attribute, memory, width, texts, count);
    }
    if (status == TGR_ERR_NOMEM) {
        status = tgr_fail_memory(error, name);
    } else {
        status = tgr_h5_readable(status == TGR_OK, file->path, name, error);
    }
    tgr_h5_close(memory);
    tgr_h5_close(type);
    return status;
}

static bool attribute_holds_text(hid_t attribute)
{
    hid_t type = H5Aget_type(attribute);
    bool text = type > 0 && H5Tget_class(type) == H5T_STRING;
    tgr_h5_close(type);
    return text;
}

tgr_status tgr_h5_text_attribute(const tgr_h5_file *file, hid_t object, const char *name,
                                 char **text, tgr_error *error)
{
    *text = NULL;
    hid_t attribute;
    hssize_t points;
    tgr_status status = open_attribute(file, object, name, &attribute, &points, error);
    if (status == TGR_OK && attribute > 0 && points == 1 && attribute_holds_text(attribute)) {
        status = read_texts(file, attribute, name, text, 1, error);
    }
    tgr_h5_close(attribute);
    return status;
}

void tgr_h5_texts_free(char **texts, size_t count)
{
    for (size_t i = 0; texts && i < count; i++) {
        tgr_mem_free(texts[i]);
    }
    tgr_mem_free(texts);
}

tgr_status tgr_h5_texts_attribute(const tgr_h5_file *file, hid_t object, const char *name,
                                  char ***texts, size_t *count, tgr_error *error)
{
    *texts = NULL;
    *count = 0;
    hid_t attribute;
    hssize_t points;
    tgr_status status = open_attribute(file, object, name, &attribute, &points, error);
    if (status != TGR_OK || attribute == 0) {
        return status;
    }
    if (points > TEXTS_MAX || (points > 0 && !attribute_holds_text(attribute))) {
        status = tgr_fail(error, TGR_ERR_INPUT, "%s: the attribute %s is not a list of names",
                          file->path, name);
    } else if (!(*texts = tgr_mem_zalloc((size_t)points, sizeof(**texts)))) {
        status = tgr_fail_memory(error, "an attribute");
    } else if (points > 0) {
        *count = (size_t)points;
        status = read_texts(file, attribute, name, *texts, *count, error);
        if (status != TGR_OK) {
            tgr_h5_texts_free(*texts, *count);
            *texts = NULL;
            *count = 0;
        }
    }
    tgr_h5_close(attribute);
    return status;
}

tgr_status tgr_h5_pair_attribute(const tgr_h5_file *file, hid_t object, const char *name,
                                 bool *found, int64_t pair[2], tgr_error *error)
{
    *found = false;
    hid_t attribute;
    hssize_t points;
    tgr_status status = open_attribute(file, object, name, &attribute, &points, error);
    if (status != TGR_OK || attribute == 0) {
        return status;
    }
    hid_t type = H5Aget_type(attribute);
    if (points == 2 && type > 0 && H5Tget_class(type) == H5T_INTEGER) {
        status = tgr_h5_readable(H5Aread(attribute, H5T_NATIVE_INT64, pair) >= 0, file->path, name,
                                 error);
        *found = status == TGR_OK;
    }
    tgr_h5_close(type);
    tgr_h5_close(attribute);
    return status;
}

/* target.c - the file that HDF5 writes into, as a driver of its virtual file layer. */
#include "engine/store/target.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/error.h"
#include "engine/store/h5.h"

/* ---- the driver ------------------------------------------------------------------------ */

typedef struct driver_info { /* handed over in the properties of the file */
    tgr_target *target;
} driver_info;

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t maximum)
{
    (void)name;
    (void)flags;
    (void)maximum;
    const driver_info *info = H5Pget_driver_info(access);
    return info ? &info->target->driver : NULL;
}

static herr_t driver_close(H5FD_t *file)
{
    (void)file; /* the target is its owner's */
    return 0;
}

static herr_t driver_query(const H5FD_t *file, unsigned long *flags)
{
    (void)file;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t driver_get_eoa(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const tgr_target *)file)->eoa;
}

static herr_t driver_set_eoa(H5FD_t *file, H5FD_mem_t type, haddr_t address)
{
    (void)type;
    ((tgr_target *)file)->eoa = address;
    return 0;
}

static haddr_t driver_get_eof(const H5FD_t *file, H5FD_mem_t type)
{
    (void)type;
    return ((const tgr_target *)file)->eof;
}

/* What was never written, or not with effect, reads as zeros. */
static herr_t driver_read(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address,
                          size_t size, void *buffer)
{
    (void)type;
    (void)transfer;
    tgr_target *own = (tgr_target *)file;
    int fd = own->output.fd;
    char *to = buffer;
    tgr_gather_settle(&own->gather, address, size);
    while (size > 0) {
        ssize_t got = pread(fd, to, size, (off_t)address);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            memset(to, 0, size);
            return got;
        }
        to += got;
        address += (haddr_t)got;
        size -= (size_t)got;
    }
    return 0;
}

static void keep_reason(tgr_target *target, int reason)
{
    target->reason = target->reason ? target->reason : reason;
    target->discard = true;
}

/* On their way to the disk at once: the fewer are left for the end, which waits for them. */
#define SEND_BYTES ((uint64_t)16 << 20)

/* Where gathered bytes go. */
static void put(void *user, const void *bytes, size_t length, uint64_t place)
{
    tgr_target *own = user;
    const char *from = bytes;
    while (length > 0 && !own->discard) {
        ssize_t written = pwrite(own->output.fd, from, length, (off_t)place);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            keep_reason(own, written < 0 ? errno : EIO);
            break;
        }
        from += written;
        place += (uint64_t)written;
        length -= (size_t)written;
        own->unsent += (uint64_t)written;
    }
    if (own->unsent >= SEND_BYTES) {
        tgr_write_begin(own->output.fd, 0, 0);
        own->unsent = 0;
    }
}

static herr_t driver_write(H5FD_t *file, H5FD_mem_t type, hid_t transfer, haddr_t address,
                           size_t size, const void *buffer)
{
    (void)type;
    (void)transfer;
    tgr_target *own = (tgr_target *)file;
    own->eof = address + size > own->eof ? address + size : own->eof;
    tgr_gather_write(&own->gather, buffer, size, address);
    return 0;
}

/* The file ends where HDF5 says that it does, if nothing was written there. */
static herr_t driver_truncate(H5FD_t *file, hid_t transfer, hbool_t closing)
{
    (void)transfer;
    (void)closing;
    tgr_target *own = (tgr_target *)file;
    if (own->eoa == own->eof) {
        return 0;
    }
    if (own->eoa >= own->least && !own->discard &&
        ftruncate(own->output.fd, (off_t)own->eoa) != 0) {
        keep_reason(own, errno);
    }
    own->eof = own->eoa;
    return 0;
}

static const H5FD_class_t driver = {
#ifdef H5FD_CLASS_VERSION
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)513, /* of those that are free for anyone's use */
#endif
    .name = "tagroute",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(driver_info),
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .get_eoa = driver_get_eoa,
    .set_eoa = driver_set_eoa,
    .get_eof = driver_get_eof,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

/* ---- the target ------------------------------------------------------------------------ */

/* The driver is held until the file is closed: HDF5 lets go of its own hold on it before it calls
 * it for the last time. */
static bool set_driver(hid_t access, tgr_target *target)
{
    const driver_info info = {target};
    hid_t registered = H5FDregister(&driver);
    target->registered = registered > 0 ? registered : 0;
    return registered > 0 && H5Pset_driver(access, registered, &info) >= 0;
}

static void release_driver(tgr_target *target)
{
    if (target->registered > 0) {
        H5FDunregister(target->registered);
    }
    target->registered = 0;
}

tgr_status tgr_target_create(tgr_target *target, tgr_error *error)
{
    target->eoa = target->eof = 0;
    if (!tgr_gather_open(&target->gather, put, target)) {
        return tgr_fail_memory(error, "blocks of a file");
    }
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    hid_t file = -1;
    if (access > 0 && creation > 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0 &&
        H5Pset_alignment(access, TGR_H5_ALIGN_FROM, TGR_H5_PAGE) >= 0 &&
        set_driver(access, target) && H5Pset_obj_track_times(creation, 0) >= 0) {
        file = H5Fcreate(target->output.temporary, H5F_ACC_TRUNC, creation, access);
    }
    target->file = file > 0 ? file : 0;
    tgr_h5_close(creation);
    tgr_h5_close(access);
    if (file <= 0) {
        release_driver(target);
        tgr_gather_close(&target->gather);
    }
    return tgr_target_check(target, file > 0, error);
}

tgr_status tgr_target_open(tgr_target *target, const char *path, tgr_error *error)
{
    *target = (tgr_target){.output = {.fd = -1}};
    tgr_status status = tgr_output_open(&target->output, path, error);
    return status == TGR_OK ? tgr_target_create(target, error) : status;
}

tgr_status tgr_target_check(const tgr_target *target, bool ok, tgr_error *error)
{
    if (target->reason) {
        return tgr_fail_io(error, target->output.path, "write", target->reason);
    }
    if (!ok) {
        return tgr_fail(error, TGR_ERR_IO,
                        "%s: cannot write: the HDF5 library failed, short of memory perhaps",
                        target->output.path);
    }
    return TGR_OK;
}

static bool close_file(tgr_target *target)
{
    hid_t file = target->file;
    target->file = 0;
    bool closed = file == 0 || H5Fclose(file) >= 0;
    tgr_gather_settle(&target->gather, 0, UINT64_MAX / 2);
    tgr_gather_close(&target->gather);
    release_driver(target);
    return closed;
}

tgr_status tgr_target_close(tgr_target *target, tgr_error *error)
{
    bool closed = close_file(target);
    return tgr_target_check(target, closed, error);
}

tgr_status tgr_target_commit(tgr_target *target, tgr_error *error)
{
    tgr_status status = tgr_target_close(target, error);
    return status == TGR_OK ? tgr_output_commit(&target->output, error) : status;
}

void tgr_target_abandon(tgr_target *target)
{
    target->discard = true;
    (void)close_file(target);
    if (target->output.path) {
        tgr_output_abandon(&target->output);
    }
}
